"""What is wrong in a file that a person edits: every problem at once, each with its place."""

from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct


class FileProblem(Struct, frozen=True, order=True):
    """One mistake. `line` and `column` count from 1; 0 means the file or folder as a whole."""

    path: Path
    line: int
    column: int
    text: str

    def __str__(self) -> str:
        place = f":{self.line}:{self.column}" if self.line else ""
        return f"{self.path}{place}: {self.text}"


class FileProblems(Exception):  # noqa: N818 - a refusal of input, not a defect
    """A file or a folder of files cannot be used; `problems` holds at least one, in the order of the files."""

    def __init__(self, problems: Iterable[FileProblem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))
