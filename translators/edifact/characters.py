"""Character sets of UNB S001: element 0001, and in syntax version 4 element 0133, which wins where it is given."""

import re

REPERTOIRES = {
    "UNOA": "ascii",
    "UNOB": "ascii",
    "UNOC": "iso8859-1",
    "UNOD": "iso8859-2",
    "UNOE": "iso8859-5",
    "UNOF": "iso8859-7",
    "UNOG": "iso8859-3",
    "UNOH": "iso8859-4",
    "UNOI": "iso8859-6",
    "UNOJ": "iso8859-8",
    "UNOK": "iso8859-9",
    "UNOL": "iso8859-15",
    "UNOW": "utf-8",
    "UNOY": "utf-8",
    "IATA": "ascii",
    "IATB": "ascii",
}
"""UNOX (ISO 2022) needs an agreement and is not here. UNOW and UNOY are UTF-8 in practice."""

ENCODINGS = {"1": "ascii", "2": "iso8859-1", "4": "cp850", "7": "utf-8"}
"""0133: only sets whose separators are single ASCII bytes; 3 (EBCDIC), 5, 6 and 8 need an agreement."""

_OUTSIDE = {
    "UNOA": re.compile(rb"[^A-Z0-9 .,\-()/=!\"%&*;<>'+:?]"),
    "UNOB": re.compile(rb"[^\x20-\x7e]"),
}
_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")


_PRINTABLE = bytes(byte for byte in range(256) if not _CONTROL.match(bytes([byte])))
_INSIDE = {
    name: bytes(byte for byte in range(256) if not pattern.match(bytes([byte]))) for name, pattern in _OUTSIDE.items()
}


def encoding_of(repertoire: str, encoding: str) -> str | None:
    """Python's name of the character set, or None when it is not supported."""
    return ENCODINGS.get(encoding) if encoding else REPERTOIRES.get(repertoire)


def outside(repertoire: str, raw: bytes) -> int | None:
    """Where `raw` has a byte that its repertoire does not have, or a control character; None when it has none."""
    found = _OUTSIDE.get(repertoire, _CONTROL).search(raw)
    return found.start() if found else None


def is_inside(repertoire: str, raw: bytes) -> bool:
    """Whether `outside` finds nothing, told in a moment whatever the length."""
    left = raw.translate(None, _INSIDE.get(repertoire, _PRINTABLE))
    return not left


def lenient(raw: bytes) -> str:
    """Text of `raw` where a partner uses more than its declared ASCII: UTF-8 if it is that, else ISO 8859-1."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("iso8859-1")


CAPITALS = {
    **{letter: letter.upper() for letter in "abcdefghijklmnopqrstuvwxyz"},
    **{"Ä": "AE", "Ö": "OE", "Ü": "UE", "ä": "AE", "ö": "OE", "ü": "UE", "ß": "SS", "é": "E", "è": "E", "à": "A"},
    **{"á": "A", "ç": "C", "ñ": "N", "É": "E", "È": "E", "À": "A", "Á": "A", "Ç": "C", "Ñ": "N", "å": "AA"},
    **{"Å": "AA", "ø": "OE", "Ø": "OE", "æ": "AE", "Æ": "AE", "’": "'", "–": "-", "€": "EUR", "_": "-", "@": "(AT)"},
}
"""A transliteration to UNOA an agreement may take; nothing is replaced unless an agreement says so."""
