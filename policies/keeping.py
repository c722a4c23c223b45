"""The sets of rules a gateway has had in force, kept in its state folder: it starts without their source, and it can be
told what it ran last week.

`in-force.json` names the set in force and the hash of each of its files; each set lies beside it in its own folder.
What is read back is held against these hashes and, where sets must be signed, against the signatures again.
"""

import logging
import os
import shutil
import threading
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from policies.folders import digests, read_folder, sha256_of, write_folder
from translators.fileproblems import FileProblem, FileProblems

MOST_SETS = 10
_IN_FORCE = "in-force.json"
_log = logging.getLogger(__name__)


class KeptSet(Struct, frozen=True, kw_only=True):
    """`number` and `manifest` (SHA-256 of bundle.json) only for signed sets."""

    folder: str
    revision: str
    files: dict[str, str]
    number: int | None = None
    manifest: str | None = None


class Kept:
    """The sets under `folder`; one process writes, and a half-written set is never read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def in_force(self) -> KeptSet | None:
        """None when nothing was kept yet, or when the note cannot be read: then there is nothing to rely on."""
        try:
            return msgspec.json.decode((self.folder / _IN_FORCE).read_bytes(), type=KeptSet)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.DecodeError):
            _log.error("the kept rules cannot be used: %s is damaged", _IN_FORCE)
            return None

    def place_of(self, kept: KeptSet) -> Path:
        return self.folder / Path(kept.folder).name

    def read(self, kept: KeptSet) -> dict[str, bytes]:
        """The files of a kept set; raises FileProblems when one was changed since."""
        place = self.place_of(kept)
        files = read_folder(place)
        here = digests(files)
        changed = [name for name in sorted(here.keys() | kept.files.keys()) if here.get(name) != kept.files.get(name)]
        if changed:
            text = "the kept copy was changed since it was in force; it is not used"
            raise FileProblems(FileProblem(place / name, 0, 0, text) for name in changed)
        return files

    def keep(self, files: Mapping[str, bytes], revision: str, number: int | None, manifest: bytes | None) -> KeptSet:
        """On disk when it returns; the note is replaced last, and at once."""
        kept = KeptSet(
            folder=_folder_name(files, number),
            revision=revision,
            files=digests(files),
            number=number,
            manifest=sha256_of(manifest) if manifest is not None else None,
        )
        place = self.place_of(kept)
        if not _is_whole(place, kept.files):
            self._put(files, place, kept.files)
        if self.in_force() == kept:
            return kept
        note = self.folder / f".{_IN_FORCE}-{os.getpid()}-{threading.get_ident()}"
        with note.open("wb") as stream:
            stream.write(msgspec.json.encode(kept))
            stream.flush()
            os.fsync(stream.fileno())
        note.replace(self.folder / _IN_FORCE)
        self._forget_the_oldest(kept)
        return kept

    def keep_replaced(self, files: Mapping[str, bytes], number: int | None) -> None:
        """A set that is about to be replaced, so that it can come back where no gateway shares this folder. What is in
        force is said by gateways alone, and stays as it is."""
        place, hashes = self.folder / _folder_name(files, number), digests(files)
        if not _is_whole(place, hashes):
            self._put(files, place, hashes)
            self._forget_the_oldest(self.in_force())

    def _put(self, files: Mapping[str, bytes], place: Path, hashes: Mapping[str, str]) -> None:
        """Written beside its place, then moved there at once: what lies there is whole, or somebody changed it."""
        unique = f"{os.getpid()}-{threading.get_ident()}"
        coming, aside = self.folder / f".coming-{unique}", self.folder / f".aside-{unique}"
        write_folder(files, coming)
        try:
            coming.rename(place)
        except OSError:
            if not _is_whole(place, hashes):  # else another gateway with this state folder was quicker
                place.rename(aside)
                coming.rename(place)
        shutil.rmtree(coming, ignore_errors=True)
        shutil.rmtree(aside, ignore_errors=True)

    def highest(self) -> int:
        """The highest number ever in force here; 0 when no signed set was."""
        heads = (path.name.partition("-")[0] for path in self.earlier() if "-" in path.name)
        numbers = [int(head) for head in heads if head.isascii() and head.isdigit()]
        kept = self.in_force()
        return max([*numbers, (kept.number if kept is not None else None) or 0])

    def earlier(self) -> list[Path]:
        """Folders of the sets kept, the newest first."""
        if not self.folder.is_dir():
            return []
        folders = [path for path in self.folder.iterdir() if path.is_dir() and not path.name.startswith(".")]
        return sorted(folders, key=lambda path: path.stat().st_mtime_ns, reverse=True)

    def _forget_the_oldest(self, kept: KeptSet | None) -> None:
        for path in self.earlier()[MOST_SETS:]:
            if kept is None or path.name != kept.folder:
                shutil.rmtree(path, ignore_errors=True)


def _is_whole(place: Path, files: Mapping[str, str]) -> bool:
    try:
        return digests(read_folder(place)) == files
    except FileProblems:
        return False


def _folder_name(files: Mapping[str, bytes], number: int | None) -> str:
    name = sha256_of(msgspec.json.encode(digests(files)))[:16]
    return name if number is None else f"{number}-{name}"
