"""The set in force: loaded whole, swapped whole, kept when the new one is bad, and kept over a restart."""

import asyncio
import logging
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from msgspec.structs import replace

from policies.folders import placed_in, read_folder, sha256_of, write_folder
from policies.keeping import Kept
from policies.loading import PolicySet, load
from policies.manifests import MANIFEST, Manifest
from policies.signers import Signers
from policies.signing import NotYet, signed_by, verify
from translators.fileproblems import FileProblem, FileProblems

log = logging.getLogger(__name__)

Told = Callable[[PolicySet, tuple[FileProblem, ...]], None]
"""Told after every attempt: the set in force, and the problems that kept a newer one from coming into force."""

_Look = tuple[tuple[str, int, int, int], ...]


def _now() -> datetime:
    return datetime.now(UTC)


class LivePolicies:
    """Whoever needs several answers about one message takes `current` once and asks that."""

    def __init__(
        self,
        folder: Path,
        told: Told | None = None,
        *,
        kept: Kept | None = None,
        signers: Signers | None = None,
        otherwise: PolicySet | None = None,
        now: Callable[[], datetime] = _now,
    ) -> None:
        """`kept`: where the set in force is kept over a restart. `signers`: only sets they signed are taken.
        `otherwise`: what to start on when nothing else can be.

        Raises FileProblems: a gateway does not start on rules it cannot read, unless it has kept those it had.
        """
        self.folder = folder
        self._told = told
        self._kept = kept
        self._signers = signers
        self._otherwise = otherwise
        self._now = now
        self._retry_at: datetime | None = None
        self._number = 0
        """The highest this process has had in force."""
        self.problems: tuple[FileProblem, ...] = ()
        """What is wrong with the files as they are now; empty when the set in force is that of the files."""
        self._seen = self._look()
        self.current: PolicySet = self._first()

    @property
    def number(self) -> int | None:
        """Of the signed set in force; None for one that is not signed."""
        return self.current.number

    def reload(self) -> bool:
        """Reads the folder again; False when it has problems and the old set goes on."""
        self._seen = self._look()
        try:
            fresh = self._take()
        except FileProblems as found:
            self._note(found)
            # The problems are the whole story; a stack trace would bury them.
            log.error("rules not reloaded; %s stays in force:\n%s", self.current.revision, found)  # noqa: TRY400
        else:
            self.problems = ()
            if _identity(fresh) != _identity(self.current):
                log.warning("rules reloaded: %s replaces %s", fresh.revision, self.current.revision)
                self.current = fresh
        if self._told is not None:
            self._told(self.current, self.problems)
        return not self.problems

    async def watch(self, interval: float = 2.0) -> None:
        """Reloads when a file has changed and has then been left alone for one interval; runs until cancelled.

        Reading happens in a thread: a thousand rules take longer than a request may wait.
        """
        before = self._seen
        while True:
            await asyncio.sleep(interval)
            now = await asyncio.to_thread(self._look)
            due = self._retry_at is not None and self._now() >= self._retry_at
            # Two equal looks in a row: an editor or a copy may be half way through several files.
            if due or (now != self._seen and now == before):
                await asyncio.to_thread(self.reload)
            before = now

    def _first(self) -> PolicySet:
        """The set of the files, or the one kept when they cannot be used."""
        try:
            return self._take()
        except FileProblems as found:
            recalled = self._recall() or self._otherwise
            if recalled is None:
                raise
            self._note(found)
            log.error("the rules cannot be used; starting on %s:\n%s", recalled.revision, found)  # noqa: TRY400
            return recalled

    def _note(self, found: FileProblems) -> None:
        self.problems = found.problems
        self._retry_at = found.at if isinstance(found, NotYet) else None

    def _take(self) -> PolicySet:
        """The set of the files, verified, loaded and kept; what was verified is what is loaded."""
        if self._kept is None and self._signers is None:
            return load(self.folder)
        files = read_folder(self.folder)
        manifest = self._verified(files, self.folder)
        rules = self._load(files, self.folder, manifest)
        self._keep(files, rules, manifest)
        self._retry_at = None
        return rules

    def _keep(self, files: Mapping[str, bytes], rules: PolicySet, manifest: Manifest | None) -> None:
        """A disk that is full keeps nobody from good rules; it is said, because the next start will want the copy."""
        if self._kept is None:
            return
        number = manifest.number if manifest is not None else None
        try:
            self._kept.keep(files, rules.revision, number, files[MANIFEST] if manifest is not None else None)
        except OSError as error:
            log.error("the rules in force could not be kept for the next start: %s", error.strerror)  # noqa: TRY400

    def _recall(self) -> PolicySet | None:
        """The set last in force, held against its hashes and signatures again; None when there is none to rely on."""
        kept = self._kept.in_force() if self._kept is not None else None
        if self._kept is None or kept is None:
            return None
        place = self._kept.place_of(kept)
        try:
            files = self._kept.read(kept)
            manifest = verify(files, place, self._signers, self._now()) if self._signers is not None else None
            return self._load(files, place, manifest)
        except FileProblems as found:
            log.error("the rules kept from before cannot be used either:\n%s", found)  # noqa: TRY400 - see reload
            return None

    def _verified(self, files: Mapping[str, bytes], folder: Path) -> Manifest | None:
        if self._signers is None:
            return None
        manifest = verify(files, folder, self._signers, self._now())
        kept = self._kept.in_force() if self._kept is not None else None
        highest = max(self._kept.highest() if self._kept is not None else 0, self._number)
        text = None
        if manifest.number < highest:
            text = f"number {manifest.number} is older than {highest}, which was in force here; "
            text += "`policy rollback` goes back"
        elif kept is not None and kept.number == manifest.number and kept.manifest != sha256_of(files[MANIFEST]):
            text = f"another set with number {manifest.number} was in force here; sign this one with the next number"
        if text is not None:
            raise FileProblems([FileProblem(folder / MANIFEST, 0, 0, text)])
        return manifest

    def _load(self, files: Mapping[str, bytes], folder: Path, manifest: Manifest | None) -> PolicySet:
        """From a copy that nobody else writes to."""
        with tempfile.TemporaryDirectory(prefix="gateway-rules-") as name:
            copy = Path(name) / "rules"
            write_folder(files, copy)
            try:
                rules = load(copy)
            except FileProblems as found:
                raise placed_in(found, copy, folder) from None
        if manifest is None or self._signers is None:
            return rules
        self._number = max(self._number, manifest.number)
        names = signed_by(files, folder, manifest, self._signers)
        return replace(rules, number=manifest.number, signed_by=names, expires=manifest.expires)

    def _look(self) -> _Look:
        """Names, sizes and times of all files; cheap, and different after any edit."""
        looks = []
        for path in sorted(self.folder.rglob("*")):
            try:
                stat = path.stat()
            except OSError:
                continue
            looks.append((path.relative_to(self.folder).as_posix(), stat.st_mtime_ns, stat.st_size, stat.st_ino))
        return tuple(looks)


def _identity(rules: PolicySet) -> tuple[object, ...]:
    """What makes a set another one."""
    return rules.revision, rules.number, rules.signed_by, rules.expires
