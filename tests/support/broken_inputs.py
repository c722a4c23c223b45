"""Broken inputs and what is told of each: one folder, one file for each mistake, one table of expectations."""

from collections.abc import Callable
from pathlib import Path

from translators.findings import Finding

Told = Callable[[bytes], tuple[Finding, ...]]


class BrokenInputs:
    """A folder below tests/broken/translators with `expected.tsv`; `row` puts a finding into words."""

    def __init__(self, name: str, head: str, findings: Told, row: Callable[[Finding], tuple[str, ...]]) -> None:
        self.folder = Path(__file__).parents[1] / "broken" / "translators" / name
        self.suffix = f".{name}"
        self.names = sorted(path.stem for path in self.folder.glob(f"*{self.suffix}"))
        self._head = head
        self._findings = findings
        self._row = row

    def told(self, name: str) -> list[str]:
        """What is told of one file, a line for each finding that is more than information."""
        findings = self._findings((self.folder / (name + self.suffix)).read_bytes())
        return ["\t".join((name, *self._row(each))) for each in findings if each.severity != "information"]

    def expected(self, name: str) -> list[str]:
        """What should be told of it."""
        lines = (self.folder / "expected.tsv").read_text("utf-8").splitlines()[1:]
        return [line for line in lines if line.startswith(name + "\t")]

    def rewrite(self) -> None:
        """Write what is told now as what is expected: to be read with care before it is committed."""
        lines = [self._head, *(line for name in self.names for line in self.told(name))]
        (self.folder / "expected.tsv").write_text("\n".join(lines) + "\n", "utf-8")


def words(values: tuple[object, ...]) -> str:
    """Places in one cell, `-` for what is not known."""
    return " ".join("-" if each is None else str(each) for each in values)
