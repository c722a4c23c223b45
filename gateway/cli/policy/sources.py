"""The sets of rules that commands speak of: a folder, what is live, or one that this gateway has kept."""

import os
from pathlib import Path

from gateway.cli.telling import Impossible
from gateway.settings import Settings, read_settings
from policies.keeping import Kept
from policies.loading import PolicySet, load
from policies.signers import Signers, load_signers


def settings_here() -> Settings:
    return read_settings(os.environ)


def kept_here(settings: Settings) -> Kept:
    return Kept(settings.state / "policies")


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
