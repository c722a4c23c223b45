"""A folder of rules as bytes: read once, so that what is verified is what is used."""

import hashlib
import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from translators.fileproblems import FileProblem, FileProblems

MOST_FILES = 5_000
MOST_BYTES = 64 * 1024 * 1024


def read_folder(folder: Path) -> dict[str, bytes]:
    """Every file below it by its path there; raises FileProblems.

    Names that begin with two dots are how a cluster mounts files, and no part of them.
    """
    if not folder.is_dir():
        raise FileProblems([FileProblem(folder, 0, 0, "there is no such folder of rules")])
    files: dict[str, bytes] = {}
    total = 0
    for path in _files_below(folder):
        try:
            if not stat.S_ISREG(path.stat().st_mode):  # reading a pipe would wait for ever
                raise FileProblems([FileProblem(path, 0, 0, "this is no ordinary file; take it away")])
            with path.open("rb") as stream:
                content = stream.read(MOST_BYTES + 1)
        except OSError as error:
            reason = (error.strerror or "it cannot be read").lower()
            raise FileProblems([FileProblem(path, 0, 0, f"cannot be read: {reason}")]) from None
        files[path.relative_to(folder).as_posix()] = content
        total += len(content)
        if len(files) > MOST_FILES or total > MOST_BYTES:
            text = f"more than {MOST_FILES} files or {MOST_BYTES // 1024**2} MiB are no folder of rules"
            raise FileProblems([FileProblem(folder, 0, 0, text)])
    return files


def _files_below(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder, followlinks=True):
        folders[:] = sorted(name for name in folders if not name.startswith(".."))
        yield from (Path(place) / name for name in sorted(names) if not name.startswith(".."))


def write_folder(files: Mapping[str, bytes], folder: Path) -> None:
    """Makes `folder` anew with these files, on disk when it returns."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())


def sha256_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def digests(files: Mapping[str, bytes]) -> dict[str, str]:
    return {name: sha256_of(content) for name, content in sorted(files.items())}


def placed_in(problems: FileProblems, copy: Path, source: Path) -> FileProblems:
    """The same problems, found in a copy, told of the files people edit."""
    return FileProblems(
        FileProblem(source / one.path.relative_to(copy), one.line, one.column, one.text)
        if one.path.is_relative_to(copy)
        else one
        for one in problems.problems
    )
