"""What is told of a message that becomes no document: its release is unknown, or no map makes a document of it."""

from collections.abc import Iterable

from translators.edifact.directory import unknown_message
from translators.findings import Finding

_MOST_NAMED = 30


def unmapped(message: str, release: str, maps: Iterable[tuple[str, str]]) -> Finding:
    """Why `message` of `release` cannot be translated; `maps` are the (message, release) there are maps for.

    `edifact.message.unknown` when there is no table of it; `document.unknown` when it could be checked, but not mapped.
    """
    unknown = unknown_message(message, release)
    if unknown is not None:
        return unknown
    mapped = sorted(maps)
    others = ", ".join(known for name, known in mapped if name == message)
    if others:
        there = f"there are maps for {message} of {others}"
    else:
        there = "there are maps for " + ", ".join(sorted({name for name, _ in mapped})[:_MOST_NAMED])
    text = f"{message} {release} can be checked, but there is no map to make a document of it; {there}"
    return Finding("document.unmapped", text, syntax_code="17")
