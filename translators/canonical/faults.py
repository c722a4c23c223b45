"""Every fault of plain data (decoded JSON, or what a map produced) against a canonical struct, each with its pointer.

msgspec stops at the first fault and speaks of Python types; this walks on, and speaks to the sender. It runs only
after msgspec has said no, and it leaves the verdict on each single value to msgspec, so the two cannot disagree.
"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import msgspec
from msgspec import Struct, inspect

from translators.canonical.figures import Figure, decode_figure
from translators.canonical.times import Instant, LocalTime, check_instant


class Number(str):
    """A JSON number kept as written; nothing in the canonical objects is a number, figures are text."""

    __slots__ = ()


class Fault(Struct, frozen=True):
    """What is wrong at `pointer` (RFC 6901)."""

    code: str
    text: str
    pointer: str


def faults(value: Any, wanted: type[Any]) -> list[Fault]:
    """All faults of `value` against the struct `wanted`; empty when it fits."""
    found = list(_faults(value, inspect.type_info(wanted), ""))
    if found:
        return found
    try:
        msgspec.convert(value, wanted, dec_hook=decode_figure)
    except msgspec.ValidationError as error:
        sentence = str(error).rpartition(" - at ")[0] or str(error)
        return [Fault("value", sentence, _field_meant(sentence, value) if isinstance(value, dict) else "")]
    return []


def _faults(value: Any, wanted: inspect.Type, pointer: str) -> Iterator[Fault]:
    if value is None and isinstance(wanted, inspect.UnionType) and wanted.includes_none:
        return
    wanted = _without_null(wanted)
    while isinstance(wanted, inspect.Metadata):
        wanted = wanted.type
    if isinstance(wanted, inspect.StructType):
        yield from _struct_faults(value, wanted, pointer)
    elif isinstance(wanted, inspect.VarTupleType):
        yield from _list_faults(value, wanted, pointer)
    elif isinstance(wanted, inspect.DictType):
        yield from _dict_faults(value, pointer)
    else:
        sentence = _leaf_fault(value, wanted)
        if sentence is not None:
            yield Fault("value", sentence, pointer)


def _struct_faults(value: Any, wanted: inspect.StructType, pointer: str) -> Iterator[Fault]:
    if not isinstance(value, dict):
        yield Fault("value", f"an object is expected, not {_named(value)}", pointer)
        return
    before = False
    for name in value:
        known = next((field for field in wanted.fields if field.encode_name == name), None)
        if known is not None:
            for fault in _faults(value[name], known.type, f"{pointer}/{name}"):
                before = True
                yield fault
        elif name != wanted.tag_field:
            before = True
            yield Fault("unknown", f"unknown field `{name[:40]}`", f"{pointer}/{_escaped(name)}")
    for field in wanted.fields:
        if field.required and field.encode_name not in value:
            before = True
            yield Fault("missing", f"the field `{field.encode_name}` is missing", pointer)
    if not before and not wanted.tag_field:
        yield from _whole_faults(value, wanted.cls, pointer)


def _whole_faults(value: Any, cls: type[Any], pointer: str) -> Iterator[Fault]:
    """Faults of a struct whose fields are right each by itself."""
    try:
        msgspec.convert(value, cls, dec_hook=decode_figure)
    except msgspec.ValidationError as error:
        yield Fault("value", str(error), pointer + _field_meant(str(error), value))


def _field_meant(sentence: str, value: dict[str, Any]) -> str:
    """Where the thing stands that the sentence quotes first, as a pointer; nothing when that is not plain.

    Rules quote a field by its name (`totals.net`), a value as it is, or a line by its number (line `3` …).
    """
    if sentence.count("`") < 2:
        return ""
    before, quoted = sentence.split("`")[:2]
    if not before or before.startswith("unknown "):
        fields = [name for name, text in value.items() if text == quoted]
        return "/" + fields[0] if len(fields) == 1 else _named_field(quoted.split("."), value)
    parts = value.get(before.strip() + "s")
    if isinstance(parts, list):
        numbered = [index for index, part in enumerate(parts) if part.get("number") == quoted]
        return f"/{before.strip()}s/{numbered[0]}" if len(numbered) == 1 else ""
    return _named_field(quoted.split("."), value)


def _named_field(names: list[str], value: Any) -> str:
    """The pointer of the longest part of `names` that stands in the value."""
    pointer = ""
    for name in names:
        if not isinstance(value, dict) or name not in value:
            break
        pointer, value = f"{pointer}/{name}", value[name]
    return pointer


def _list_faults(value: Any, wanted: inspect.VarTupleType, pointer: str) -> Iterator[Fault]:
    if not isinstance(value, list | tuple):
        yield Fault("value", f"a list is expected, not {_named(value)}", pointer)
        return
    if wanted.min_length and len(value) < wanted.min_length:
        yield Fault("value", "the list may not be empty", pointer)
    for index, item in enumerate(value):
        yield from _faults(item, wanted.item_type, f"{pointer}/{index}")


def _dict_faults(value: Any, pointer: str) -> Iterator[Fault]:
    if not isinstance(value, dict):
        yield Fault("value", f"an object is expected, not {_named(value)}", pointer)
        return
    for name, text in value.items():
        if type(text) is not str:
            yield Fault("value", f"text is expected, not {_named(text)}", f"{pointer}/{_escaped(name)}")


def _leaf_fault(value: Any, wanted: inspect.Type) -> str | None:
    python_type = wanted.cls if isinstance(wanted, inspect.CustomType) else None
    if python_type is Figure:
        try:
            decode_figure(Figure, value if type(value) is not Number else 0)
        except (ValueError, TypeError) as error:
            return str(error)
        return None
    if isinstance(wanted, inspect.BoolType):
        return None if isinstance(value, bool) else f"true or false is expected, not {_named(value)}"
    if type(value) is not str:
        return f"text is expected, not {_named(value)}"
    return _text_fault(value, wanted)


def _text_fault(value: str, wanted: inspect.Type) -> str | None:
    shown = value if len(value) <= 40 else value[:40] + "…"
    if isinstance(wanted, inspect.LiteralType):
        if value in wanted.values:
            return None
        return f"`{shown}` is not one of {', '.join(map(str, wanted.values))}"
    if isinstance(wanted, inspect.StrType):
        return "the text may not be empty" if len(value) < (wanted.min_length or 0) else None
    return _time_fault(value, shown, wanted)


_TIMES: dict[type[inspect.Type], tuple[Any, str, str]] = {
    inspect.DateType: (date, "a date", "2026-11-23"),
    inspect.TimeType: (LocalTime, "a time without zone", "10:15:00"),
    inspect.DateTimeType: (Instant, "an instant in UTC", "2026-11-23T10:15:00Z"),
}


def _time_fault(value: str, shown: str, wanted: inspect.Type) -> str | None:
    python_type, name, example = _TIMES[type(wanted)]
    try:
        read = msgspec.convert(value, python_type)
    except msgspec.ValidationError:
        return f"`{shown}` is not {name}; write it as in {example}"
    try:
        if isinstance(read, datetime):
            check_instant(read)
    except ValueError as error:
        return str(error)
    return None


def _without_null(wanted: inspect.Type) -> inspect.Type:
    if isinstance(wanted, inspect.UnionType):
        rest = [each for each in wanted.types if not isinstance(each, inspect.NoneType)]
        return rest[0] if len(rest) == 1 else wanted
    return wanted


def _named(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Number | int | float):
        return "a number"
    if isinstance(value, dict):
        return "an object"
    return "a list" if isinstance(value, list | tuple) else "text"


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
