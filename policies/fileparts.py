"""What stands in files of rules beside the rules: address lists, zones, systems. To change one changes decisions."""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from policies.policyset import PolicySet
from policies.situations import Networks
from policies.written import Written
from translators.yamlfiles import YamlFile


class Part(Struct, frozen=True, kw_only=True):
    """One of them, named as its file has it: `zones partners`, `addresses office`."""

    kind: str
    name: str
    data: dict[str, Any]
    place: str


def parts(rules: PolicySet) -> dict[tuple[str, str], Part]:
    """By kind and name."""
    files = {one.ref.kind: one.file for one in rules.written}
    lists = {(one.ref.kind, _list_of(one)) for one in rules.written}
    found = (
        part
        for kind, file in files.items()
        for field, value in file.data.items()
        if field != "kind" and (kind, field) not in lists
        for part in _parts_of(kind, file, field, value)
    )
    return {(one.kind, one.name): one for one in found}


def networks(rules: PolicySet) -> Networks:
    """The address lists of a set."""
    return {
        name.removeprefix("addresses "): tuple(part.data.get("networks", ()))
        for (kind, name), part in parts(rules).items()
        if kind == "access" and name.startswith("addresses ")
    }


def _list_of(one: Written[Any]) -> str:
    return one.path.removeprefix("$.").partition("[")[0]


def _parts_of(kind: str, file: YamlFile, field: str, value: Any) -> Iterator[Part]:
    if not isinstance(value, list):
        yield Part(kind=kind, name=field, data={field: value}, place=_place(file, f"$.{field}"))
        return
    for number, one in enumerate(value):
        name = str(one["name"]) if isinstance(one, dict) and "name" in one else str(number)
        data = dict(one) if isinstance(one, dict) else {field: one}
        yield Part(kind=kind, name=f"{field} {name}", data=data, place=_place(file, f"$.{field}[{number}]"))


def _place(file: YamlFile, path: str) -> str:
    return f"{file.path.name}:{file.places[path][0]}"
