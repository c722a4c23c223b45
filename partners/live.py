"""The directory in force: loaded whole, swapped whole, kept when the files are bad."""

import asyncio
import logging
from pathlib import Path

from partners.directory import WATCHED, Directory, load
from translators.yamlfiles import FileProblem, FileProblems

_log = logging.getLogger(__name__)


class LiveDirectory:
    """`current` is replaced when the files have changed and hold; `problems` says why they do not."""

    def __init__(self, folder: Path) -> None:
        """Raises FileProblems: a gateway does not start on profiles it cannot read."""
        self.folder = folder
        self.current: Directory = load(folder)
        self.problems: tuple[FileProblem, ...] = ()

    def reload(self) -> bool:
        """Read the folder again; False when it has problems and the old directory goes on."""
        try:
            fresh = load(self.folder)
        except FileProblems as found:
            if found.problems != self.problems:
                _log.error("profiles not reloaded; %s stays in force:\n%s", self.current.revision, found)
            self.problems = found.problems
            return False
        self.problems = ()
        if fresh.revision != self.current.revision:
            _log.warning("profiles reloaded: %s replaces %s", fresh.revision, self.current.revision)
            self.current = fresh
        return True

    async def watch(self, interval: float = 1.0) -> None:
        """Reload whenever a file has changed; runs until cancelled."""
        seen = self._look()
        while True:
            await asyncio.sleep(interval)
            now = await asyncio.to_thread(self._look)
            if now != seen:
                seen = now
                await asyncio.to_thread(self.reload)

    def _look(self) -> list[tuple[str, int, int]]:
        files = [file for name in WATCHED for file in self.folder.glob(f"{name}/*")]
        return sorted((str(file), (stat := file.stat()).st_mtime_ns, stat.st_size) for file in files)
