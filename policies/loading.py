"""From a folder of rules to a PolicySet, or to every problem found in it. The service, the check command and the
tests all come through here."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from policies.conditions import Condition, MistakenCondition, compile_condition
from policies.policyset import KINDS_OF_RULES, PolicySet
from policies.reading import Read, rule_lists
from policies.verdicts import RuleRef
from policies.written import Rule, Written, check_twice, check_window
from translators.yamlfiles import FileProblem, FileProblems, YamlFile, convert
from translators.yamlfiles import load as load_yaml
from translators.yamlsentences import suggest

__all__ = ["KINDS", "PolicySet", "load"]

KINDS: dict[str, type[Struct]] = {kind: rules.FILE for kind, rules in KINDS_OF_RULES.items()}
"""What a file may hold, by its `kind`. Every kind must be there: a missing file never means "anything goes"."""


def load(folder: Path) -> PolicySet:
    """Raises FileProblems with every problem found; nothing of a folder with a problem is ever used."""
    problems: list[FileProblem] = []
    found = {one.kind: one for one in _read(folder, problems)}
    read = {kind: replace(one, others=found) for kind, one in found.items()}
    for one in read.values():
        problems += _check(one)
    if problems:
        raise FileProblems(problems)
    digests = _digests(folder, read.values())
    revision = _revision(digests)
    parts: dict[str, Any] = {}
    for kind, rules in KINDS_OF_RULES.items():
        try:
            parts[kind] = rules(replace(read[kind], revision=revision))
        except FileProblems as mistakes:
            problems += mistakes.problems
    if problems:
        raise FileProblems(problems)
    if _digests(folder, read.values()) != digests:
        raise FileProblems([FileProblem(folder / "schemas", 0, 0, "the files changed while they were read; try again")])
    written = tuple(one for rules in read.values() for one in rules.every())
    return PolicySet(revision=revision, written=written, files=digests, **parts)


def _read(folder: Path, problems: list[FileProblem]) -> Iterator[Read]:
    """Every file that could be read and converted; notes what could not."""
    if not folder.is_dir():
        problems.append(FileProblem(folder, 0, 0, "there is no such folder of rules"))
        return
    kinds: dict[str, Path] = {}
    unread = False
    for path in sorted(folder.iterdir()):
        if path.suffix == ".yml":
            problems.append(FileProblem(path, 0, 0, "a file of rules ends in `.yaml`; this one would be overlooked"))
        if path.suffix != ".yaml":
            continue
        try:
            file = load_yaml(path)
            kind = _kind_of(file, kinds)
            kinds[kind] = path
            content = convert(file, KINDS[kind])
        except FileProblems as found:
            problems += found.problems
            unread = True
        else:
            yield _placed(kind, folder, file, content, problems)
    # Whatever stands in an unreadable file cannot be told missing.
    if not unread:
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


def _placed(kind: str, folder: Path, file: YamlFile, content: Struct, problems: list[FileProblem]) -> Read:
    """The rules of a file with their places, their conditions made ready."""
    name = file.path.relative_to(folder).as_posix()
    lists: dict[str, list[Written[Any]]] = {}
    for field, rules in rule_lists(content):
        lists[field] = []
        for number, rule in enumerate(rules):
            path = f"$.{field}[{number}]"
            ref = RuleRef(kind, rule.name, name, file.places[path][0])
            lists[field].append(Written(rule, ref, file, path, _condition(rule, file, f"{path}.when", problems)))
    return Read(kind=kind, folder=folder, file=file, content=content, lists=lists)


def _condition(rule: Rule, file: YamlFile, path: str, problems: list[FileProblem]) -> Condition | None:
    if rule.when is None:
        return None
    try:
        return compile_condition(rule.when, early=rule.is_early())
    except MistakenCondition as found:
        problems += [file.problem_inside(path, rule.when[: one.offset], one.text) for one in found.mistakes]
        return None


def _check(read: Read) -> Iterator[FileProblem]:
    if not read.lists["rules"]:
        yield read.problem("$.rules", "there is no rule")
    for one in read.every():
        yield from check_window(one)
    # The lists of a file share their names, which a refusal says without the list.
    yield from check_twice(read.every(), _name_of, "name", "the name")
    yield from KINDS_OF_RULES[read.kind].check(read)


def _name_of(rule: Rule) -> str:
    return rule.name


def _digests(folder: Path, read: Iterable[Read]) -> dict[str, str]:
    """SHA-256 by name: the files of rules as they were read, and everything under `schemas/`."""
    files = {one.file.path.relative_to(folder).as_posix(): one.file.content for one in read}
    for path in sorted((folder / "schemas").rglob("*")):
        if path.is_file():
            files[path.relative_to(folder).as_posix()] = path.read_bytes()
    return {name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())}


def _revision(digests: dict[str, str]) -> str:
    digest = hashlib.sha256()
    for name, content in digests.items():
        digest.update(f"{name}\0{content}\n".encode())
    return f"sha256:{digest.hexdigest()[:16]}"
