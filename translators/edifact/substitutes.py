"""The release a message is read by: its own, or where there is no table of it the nearest one.

Directories come twice a year and mostly grow, so a message of D.97B that is right by D.97A means what it says there. It
is told as a warning, and whoever makes the rules sees the release the sender named and may refuse it.
"""

from functools import lru_cache

from translators.edifact.directory import directory, nearest_of, nearest_release
from translators.edifact.faults import Faults
from translators.edifact.interchange import Message
from translators.mapping.catalogue import entries

MAPS = {(each.message, each.version): each.name for each in entries() if each.format == "edifact"}
"""(message, directory) -> the map that ships for it."""


_NEAR = 2
"""Half years. A release so near is taken before the very nearest when a map was written for it."""


@lru_cache(maxsize=1_000)  # both come from the sender
def release_for(message: str, release: str) -> str | None:
    """The release whose tables `message` of `release` is read by; None where there are none, or not of this message."""
    tables = directory(release)
    if tables is not None:
        return release if tables.structure(message) is not None else None
    nearest = nearest_release(release, message)
    if nearest is None:
        return None
    mapped = (version for name, version in MAPS if name == message)
    return nearest_of(release, mapped, within=_NEAR) or nearest


def tell_substitute(message: Message, release: str, faults: Faults) -> None:
    """A warning where the message is read by another release than it names."""
    if release != message.directory:
        text = f"there is no table of release `{message.directory[:10]}`; the message is read by {release}, the nearest"
        unh = message.segments[0]
        faults.tell("", "edifact.release.nearest", text, unh, 2, 3, position=1, severity="warning")
