"""Code cross-references in files of their own, with effective dates: units, items, parties, any code list.

```yaml
table: units of Nordlicht
others: park
codes:
  - {from: PCE, to: C62}
  - {from: PK, to: XPK, until: 2026-12-31}
  - {from: PK, to: XBX, since: 2027-01-01}
```
"""

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from msgspec import Struct, field

from translators import yamlfiles
from translators.fileproblems import FileProblem, FileProblems
from translators.mapping.specs import Policy, Table


class Entry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`from` as the partner writes it, `to` as we do, from `since` to `until`, both included. `write`: see below.

    Where several codes mean the same, the one with `write: true` is written, else the first.
    """

    from_: str = field(name="from")
    to: str
    since: date | None = None
    until: date | None = None
    write: bool = False

    def holds_on(self, day: date | None) -> bool:
        """Whether the entry is in force; without a day, whether its end is open."""
        if day is None:
            return self.until is None
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


class TableFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file of codes."""

    table: str
    others: Policy = "refuse"
    codes: tuple[Entry, ...]


class CrossReference(Struct, frozen=True):
    """A table in both directions. `others`: what becomes of a code it does not have."""

    name: str
    others: Policy
    entries: tuple[Entry, ...]
    writes: dict[str, str] = {}

    def reading(self, day: date | None) -> dict[str, str]:
        """Partner's code -> canonical value, as in force on `day`; without a day, the entries with an open end."""
        return {entry.from_: entry.to for entry in self.entries if entry.holds_on(day)}

    def writing(self, day: date | None) -> dict[str, str]:
        """Canonical value -> the partner's code. A table that lets others pass changes nothing it is not told to."""
        codes: dict[str, str] = {}
        marked = [entry for entry in self.entries if entry.write]
        for entry in (*marked, *(() if self.others == "pass" else self.entries)):
            if entry.holds_on(day):
                codes.setdefault(entry.to, entry.from_)
        return {**codes, **self.writes}

    @property
    def is_dated(self) -> bool:
        """Whether the answer depends on the day."""
        return any(entry.since or entry.until for entry in self.entries)


def written_here(name: str, table: Table) -> CrossReference:
    """The cross-reference of a table that stands in a map."""
    entries = tuple(Entry(from_=code, to=value) for code, value in table.codes.items())
    return CrossReference(name, table.others, entries, table.writes)


def load_table(path: Path) -> CrossReference:
    """The table in a file. Raises FileProblems with file, line and column."""
    file = yamlfiles.load(path)
    spec = yamlfiles.convert(file, TableFile)
    problems = list(clashes(spec.codes, file, "$.codes"))
    if problems:
        raise FileProblems(problems)
    return CrossReference(spec.table, spec.others, spec.codes)


def clashes(codes: Sequence[Entry], file: yamlfiles.YamlFile, path: str) -> Iterator[FileProblem]:
    """Entries, written at `path`, that cannot be in force together or at all."""
    earlier: dict[str, list[Entry]] = {}
    for number, entry in enumerate(codes):
        where = f"{path}[{number}]"
        if entry.since and entry.until and entry.until < entry.since:
            yield file.problem(where, f"`{entry.from_}` ends before it begins")
        same = earlier.setdefault(entry.from_, [])
        if any(_overlap(one, entry) for one in same):
            yield file.problem(where, f"`{entry.from_}` has two meanings at one time; give them dates")
        same.append(entry)


def _overlap(one: Entry, other: Entry) -> bool:
    first, last = date.min, date.max
    return (one.since or first) <= (other.until or last) and (other.since or first) <= (one.until or last)
