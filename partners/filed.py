"""Profiles as they lie in files: read, and with the place of everything in them."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Generic, TypeVar

from msgspec import Struct

from partners.profile import Partner, Plant
from translators.yamlfiles import FileProblem, FileProblems, YamlFile, convert, load

P = TypeVar("P", Partner, Plant)


class Filed(Struct, Generic[P], frozen=True):
    """A profile with the file it came from."""

    profile: P
    file: YamlFile

    def problem(self, path: str, text: str, *, at_key: bool = False) -> FileProblem:
        return self.file.problem(f"$.{path}", text, at_key=at_key)

    def says(self, path: str) -> bool:
        """Whether the file itself writes this key, rather than leaving it to its default."""
        return f"$.{path}" in self.file.keys

    @property
    def revision(self) -> str:
        """Names the content of this one file."""
        return revision({self.file.path.name: self.file.content})


def read_folder(folder: Path, type: type[P], problems: list[FileProblem]) -> list[Filed[P]]:  # noqa: A002 - as in convert
    """Every `*.yaml` in the folder; what is wrong with one is added to `problems` and the others are read on."""
    if not folder.is_dir():
        problems.append(FileProblem(folder, 0, 0, "there is no such folder"))
        return []
    found: list[Filed[P]] = []
    for path in sorted(folder.iterdir()):
        if path.suffix == ".yml":
            problems.append(FileProblem(path, 0, 0, "a profile ends in `.yaml`; this one would be overlooked"))
        if path.suffix != ".yaml":
            continue
        try:
            file = load(path)
            found.append(Filed(convert(file, type), file))
        except FileProblems as wrong:
            problems += wrong.problems
    return found


def revision(contents: Mapping[str, bytes]) -> str:
    """A name for these files' content, whatever the order they were read in."""
    digest = hashlib.sha256()
    for name in sorted(contents):
        digest.update(f"{name}\0{len(contents[name])}\0".encode())
        digest.update(contents[name])
    return f"sha256:{digest.hexdigest()[:16]}"
