"""From a folder of rules to a PolicySet, or to every problem found in it. The service, the check command and the
tests all come through here."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, cast

from msgspec import Struct

from policies.access import AccessFile, AccessRule, check_access
from policies.caps import CapRule, check_cap
from policies.policyset import PolicySet
from policies.rates import LimitsFile, RateRule, check_rate
from policies.routing import RoutingFile, RoutingRule, check_routing
from policies.schemas import SchemaFileRule, SchemaRule, SchemasFile, check_schema, compile_schema
from policies.verdicts import RuleRef
from policies.versions import VersionRule, VersionsFile, check_versions
from policies.written import Rule, Written, check_twice, check_window
from translators.yamlfiles import FileProblem, FileProblems, YamlFile, convert
from translators.yamlfiles import load as load_yaml
from translators.yamlsentences import suggest

__all__ = ["KINDS", "PolicySet", "load"]

KINDS: dict[str, type[Struct]] = {
    "versions": VersionsFile,
    "limits": LimitsFile,
    "schemas": SchemasFile,
    "access": AccessFile,
    "routing": RoutingFile,
}
"""What a file may hold, by its `kind`. Every kind must be there: a missing file never means "anything goes"."""


class _Rules(Struct):
    """All rules read, by the list they stand in."""

    versions: list[Written[VersionRule]] = []
    rates: list[Written[RateRule]] = []
    caps: list[Written[CapRule]] = []
    schemas: list[Written[SchemaFileRule]] = []
    access: list[Written[AccessRule]] = []
    routing: list[Written[RoutingRule]] = []

    def lists(self) -> Iterator[tuple[str, list[Written[Any]]]]:
        for name in self.__struct_fields__:
            yield name, getattr(self, name)


def load(folder: Path) -> PolicySet:
    """Raises FileProblems with every problem found; nothing of a folder with a problem is ever used."""
    problems: list[FileProblem] = []
    rules = _Rules()
    for file in _read(folder, problems):
        _sort_in(file, folder, rules, problems)
    problems += _check(rules, folder)
    if problems:
        raise FileProblems(problems)
    revision = _revision(folder, rules)
    schemas = _compile(rules.schemas, folder)
    if _revision(folder, rules) != revision:
        raise FileProblems([FileProblem(folder / "schemas", 0, 0, "the files changed while they were read; try again")])
    return PolicySet(
        revision=revision,
        defaults={kind: RuleRef(kind, "default", f"{kind}.yaml", 0) for kind in KINDS},
        versions=rules.versions,
        rates=rules.rates,
        caps=rules.caps,
        schemas=schemas,
        access=rules.access,
        routing=rules.routing,
    )


def _read(folder: Path, problems: list[FileProblem]) -> Iterator[tuple[YamlFile, Struct]]:
    """Every file that could be read and converted; notes what could not."""
    if not folder.is_dir():
        problems.append(FileProblem(folder, 0, 0, "there is no such folder of rules"))
        return
    kinds: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix == ".yml":
            problems.append(FileProblem(path, 0, 0, "a file of rules ends in `.yaml`; this one would be overlooked"))
        if path.suffix != ".yaml":
            continue
        try:
            file = load_yaml(path)
            kind = _kind_of(file, kinds)
            kinds[kind] = path
            yield file, convert(file, KINDS[kind])
        except FileProblems as found:
            problems += found.problems
    # Whatever stands in an unreadable file cannot be told missing.
    if not problems:
        missing = [kind for kind in KINDS if kind not in kinds]
        problems += [FileProblem(folder, 0, 0, f"no file is of kind `{kind}`; write {kind}.yaml") for kind in missing]


def _kind_of(file: YamlFile, taken: dict[str, Path]) -> str:
    if not isinstance(file.data, dict):
        raise FileProblems([file.problem("$", "a file of rules begins with `kind:`")])
    kind = file.data.get("kind")
    if kind is None:
        raise FileProblems([file.problem("$", f"`kind` is required; {suggest('', KINDS)}")])
    if kind not in KINDS:
        raise FileProblems([file.problem("$.kind", f"`{kind}` is not known here; {suggest(str(kind), KINDS)}")])
    if kind in taken:
        raise FileProblems([file.problem("$.kind", f"`{taken[kind].name}` already holds the {kind}")])
    return str(kind)


def _sort_in(read: tuple[YamlFile, Struct], folder: Path, rules: _Rules, problems: list[FileProblem]) -> None:
    file, content = read
    kind = cast(Any, content).kind
    written = _written(file, folder, kind, cast(Any, content).rules, "rules")
    if kind == "limits":
        rules.rates += written
        rules.caps += _written(file, folder, kind, cast(LimitsFile, content).caps, "caps")
    else:
        getattr(rules, kind).extend(written)
    if not written:
        problems.append(file.problem("$.rules", "there is no rule"))


def _written(file: YamlFile, folder: Path, kind: str, rules: Iterable[Rule], field: str) -> list[Written[Any]]:
    name = file.path.relative_to(folder).as_posix()
    placed = []
    for number, rule in enumerate(rules):
        path = f"$.{field}[{number}]"
        placed.append(Written(rule, RuleRef(kind, rule.name, name, file.places[path][0]), file, path))
    return placed


def _check(rules: _Rules, folder: Path) -> Iterator[FileProblem]:
    for _, written in rules.lists():
        for one in written:
            yield from check_window(one)
    # The two lists of limits.yaml share their names, which a refusal says without the list.
    lists: list[list[Written[Any]]] = [[*rules.rates, *rules.caps]]
    lists += [rules.versions, rules.schemas, rules.access, rules.routing]
    for together in lists:
        yield from check_twice(together, _name_of, "name", "the name")
    yield from check_versions(rules.versions)
    yield from _each(rules.rates, check_rate)
    yield from _each(rules.caps, check_cap)
    yield from _each(rules.schemas, lambda one: check_schema(one, folder))
    yield from _each(rules.access, check_access)
    yield from _each(rules.routing, check_routing)


def _name_of(rule: Rule) -> str:
    return rule.name


def _each(written: Iterable[Written[Any]], check: Callable[[Any], Iterator[FileProblem]]) -> Iterator[FileProblem]:
    for one in written:
        yield from check(one)


def _compile(written: list[Written[SchemaFileRule]], folder: Path) -> list[SchemaRule]:
    problems = []
    compiled = []
    for one in written:
        try:
            compiled.append(SchemaRule(one, compile_schema(folder / one.rule.schema)))
        except ValueError as error:
            problems.append(one.problem("schema", str(error)))
    if problems:
        raise FileProblems(problems)
    return compiled


def _revision(folder: Path, rules: _Rules) -> str:
    """Over names and bytes: the files of rules as they were read, and everything under `schemas/`."""
    files: dict[str, bytes] = {}
    for _, written in rules.lists():
        files.update((one.ref.file, one.file.content) for one in written)
    for path in sorted((folder / "schemas").rglob("*")):
        if path.is_file():
            files[path.relative_to(folder).as_posix()] = path.read_bytes()
    digest = hashlib.sha256()
    for name, content in sorted(files.items()):
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return f"sha256:{digest.hexdigest()[:16]}"
