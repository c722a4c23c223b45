"""The directory in force: loaded whole, swapped whole, kept when the files are bad."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from threading import Lock

from partners.directory import WATCHED, Directory, load
from partners.standings import Standings
from translators.yamlfiles import FileProblem, FileProblems

Told = Callable[[Directory, tuple[FileProblem, ...]], None]
"""Of every attempt to load that changed something: what is in force, and the problems that keep the files out."""

_log = logging.getLogger(__name__)


class LiveDirectory:
    """`current` is replaced when the files have changed and hold, and when somebody suspends a partner; `problems` says
    why the files do not hold."""

    def __init__(self, folder: Path, told: Told | None = None) -> None:
        """Raises FileProblems: a gateway does not start on profiles it cannot read."""
        self.folder = folder
        self.current: Directory = load(folder)
        self.problems: tuple[FileProblem, ...] = ()
        self._read = self.current
        self._standings = Standings()
        self._swapping = Lock()  # files are read in a thread, and must not bring a suspended partner back
        self._told = told
        if told is not None:
            told(self.current, ())

    def reload(self) -> bool:
        """Read the folder again; False when it has problems and the old directory goes on."""
        try:
            fresh = load(self.folder)
        except FileProblems as found:
            if found.problems != self.problems:
                _log.error("profiles not reloaded; %s stays in force:\n%s", self.current.revision, found)
                self.problems = found.problems
                self._tell()
            return False
        self.problems = ()
        if fresh.revision != self.current.revision:
            _log.warning("profiles reloaded: %s replaces %s", fresh.revision, self.current.revision)
            with self._swapping:
                self._read = fresh
                self.current = fresh.under(self._standings)
            self._tell()
        return True

    def take(self, standings: Standings) -> None:
        """What people have decided beside the files, from now on."""
        with self._swapping:
            if standings != self._standings:
                self._standings = standings
                self.current = self._read.under(standings)

    async def watch(self, interval: float = 1.0) -> None:
        """Reload whenever a file has changed; runs until cancelled."""
        seen = self._look()
        while True:
            await asyncio.sleep(interval)
            now = await asyncio.to_thread(self._look)
            if now != seen:
                seen = now
                await asyncio.to_thread(self.reload)

    def _tell(self) -> None:
        if self._told is not None:
            self._told(self.current, self.problems)

    def _look(self) -> list[tuple[str, int, int]]:
        files = [file for name in WATCHED for file in self.folder.glob(f"{name}/*")]
        return sorted((str(file), (stat := file.stat()).st_mtime_ns, stat.st_size) for file in files)
