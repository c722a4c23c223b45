"""The set in force: loaded whole, swapped whole, kept when the new one is bad."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from policies.loading import PolicySet, load
from translators.fileproblems import FileProblem, FileProblems

log = logging.getLogger(__name__)

Told = Callable[[PolicySet, tuple[FileProblem, ...]], None]
"""Told after every attempt: the set in force, and the problems that kept a newer one from coming into force."""

_Look = tuple[tuple[str, int, int, int], ...]


class LivePolicies:
    """Whoever needs several answers about one message takes `current` once and asks that."""

    def __init__(self, folder: Path, told: Told | None = None) -> None:
        """Raises FileProblems: a gateway does not start on rules it cannot read."""
        self.folder = folder
        self._told = told
        self._seen = self._look()
        self.current: PolicySet = load(folder)
        self.problems: tuple[FileProblem, ...] = ()
        """What is wrong with the files as they are now; empty when the set in force is that of the files."""

    def reload(self) -> bool:
        """Reads the folder again; False when it has problems and the old set goes on."""
        self._seen = self._look()
        try:
            fresh = load(self.folder)
        except FileProblems as found:
            self.problems = found.problems
            # The problems are the whole story; a stack trace would bury them.
            log.error("rules not reloaded; %s stays in force:\n%s", self.current.revision, found)  # noqa: TRY400
        else:
            changed = fresh.revision != self.current.revision
            self.problems = ()
            if changed:
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
            # Two equal looks in a row: an editor or a copy may be half way through several files.
            if now != self._seen and now == before:
                await asyncio.to_thread(self.reload)
            before = now

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
