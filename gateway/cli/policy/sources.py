"""The sets of rules that commands speak of: a folder, what is live, or one that this gateway has kept."""

import os
from collections.abc import Mapping
from pathlib import Path

from gateway.cli.telling import Impossible
from gateway.settings import Settings, read_settings
from policies.keeping import Kept
from policies.loading import PolicySet, load
from policies.manifests import MANIFEST
from policies.signers import Signers, load_signers

REPLACED = "replaced"
"""Beside the folders of the roles: what `promote` and `rollback` replaced."""


def settings_here() -> Settings:
    return read_settings(os.environ)


class KeptHere:
    """What is kept in the folder of state: by each role of a gateway in a folder of its own, and by `promote`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def earlier(self) -> list[Path]:
        """Folders of the sets kept, each set once, the newest first."""
        folders = sorted(
            (folder for one in self._all() for folder in one.earlier()),
            key=lambda folder: folder.stat().st_mtime_ns, reverse=True,
        )  # fmt: skip
        return list({folder.name: folder for folder in reversed(folders)}.values())[::-1]

    def highest(self) -> int:
        return max((one.highest() for one in self._all()), default=0)

    def manifests(self) -> list[bytes]:
        """Of the signed sets among them."""
        return [place.read_bytes() for folder in self.earlier() if (place := folder / MANIFEST).is_file()]

    def keep_replaced(self, files: Mapping[str, bytes], number: int | None) -> None:
        Kept(self._folder / REPLACED).keep_replaced(files, number)

    def _all(self) -> list[Kept]:
        if not self._folder.is_dir():
            return []
        return [Kept(path) for path in sorted(self._folder.iterdir()) if path.is_dir()]


def kept_here(settings: Settings) -> KeptHere:
    return KeptHere(settings.state / "policies")


def signers_here(settings: Settings) -> Signers | None:
    return load_signers(settings.policy_signers) if settings.policy_signers is not None else None


def folder_of(text: str) -> Path:
    """Raises Impossible when nothing is called so."""
    if text == "live":
        return settings_here().policies
    path = Path(text)
    if path.is_dir():
        return path
    kept = kept_here(settings_here())
    for folder in kept.earlier():
        if folder.name == text or folder.name.partition("-")[0] == text or _revision(folder) == text:
            return folder
    has = ", ".join(folder.name for folder in kept.earlier()) or "none"
    raise Impossible(f"`{text}` is neither a folder nor a set that was kept here; kept are: {has}")


def open_rules(text: str) -> PolicySet:
    """Raises FileProblems, Impossible."""
    return load(folder_of(text))


def _revision(folder: Path) -> str:
    return load(folder).revision
