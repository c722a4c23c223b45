"""One file of rules as its kind of rule gets it, and what a kind of rule is."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, Protocol

from msgspec import Struct

from policies.verdicts import RuleRef
from policies.written import Rule, Written
from translators.yamlfiles import FileProblem, YamlFile


class Read(Struct, frozen=True, kw_only=True):
    """A file of rules, read and converted. `lists` has its rules by the field they stand in, each with its place."""

    kind: str
    folder: Path
    file: YamlFile
    content: Any
    """As the kind's `FILE`."""
    lists: dict[str, list[Written[Any]]]
    others: Mapping[str, "Read"] = {}
    """All files of the set that could be read, by kind: for rules that name those of another kind."""
    revision: str = ""
    """Of the whole set; known when the rules are made ready, not yet when they are checked."""

    @property
    def default(self) -> RuleRef:
        """The rule nobody wrote, which decides when no other does."""
        return RuleRef(self.kind, "default", f"{self.kind}.yaml", 0)

    def every(self) -> Iterator[Written[Any]]:
        for written in self.lists.values():
            yield from written

    def problem(self, path: str, text: str) -> FileProblem:
        """A problem beside the rules, at a path like `$.zones[0]`."""
        return self.file.problem(path, text)


class KindOfRules(Protocol):
    """A kind of rule: one file, read as `FILE`, whose rules together answer questions of the gateway.

    1. The file is converted to `FILE`; each of its fields that is a tuple of rules becomes a list of `Read.lists`.
       Names, windows and conditions are checked for every kind alike.
    2. `check` tells what else is wrong, for all kinds before any is made ready.
    3. `__init__` makes the rules ready. It may raise FileProblems for what only shows then (a schema that does not
       compile). Afterwards the rules never change, and answering must be fast: hundreds of questions a second.
    """

    FILE: ClassVar[type[Struct]]

    def __init__(self, read: Read) -> None: ...

    @staticmethod
    def check(read: Read) -> Iterator[FileProblem]: ...


def rule_lists(content: Struct) -> Iterator[tuple[str, tuple[Rule, ...]]]:
    """The fields of a file that hold rules."""
    for name in content.__struct_fields__:
        value = getattr(content, name)
        if isinstance(value, tuple) and all(isinstance(one, Rule) for one in value):
            yield name, value
