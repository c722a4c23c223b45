"""Texts that are longer than one place of a message, in the pieces reading joins again."""

from collections.abc import Iterator


def pieces(text: str, join: str, longest: int | None) -> tuple[str, ...]:
    """`text` in pieces of at most `longest` characters, such that `join` between them gives it back if that can be.

    With a line break as `join`, lines stay lines. A line or word that is too long is broken where it must be; reading
    back then shows the difference.
    """
    if longest is None:
        return (text,)
    if join.isspace() and join != "\n":
        text = join.join(text.split("\n"))
    parts = text.split("\n") if join == "\n" else [text]
    return tuple(piece for part in parts for piece in _wrapped(part, longest)) or ("",)


def _wrapped(text: str, longest: int) -> Iterator[str]:
    while len(text) > longest:
        at = text.rfind(" ", 1, longest + 1)
        if at > 0 and text[at - 1] != " ":
            yield text[:at]
            text = text[at + 1 :]
        else:
            yield text[:longest]
            text = text[longest:]
    yield text
