"""Numbers that are called GS1 keys and are none, kept as what they are: for partners whose map says so.

A GTIN, GLN, SSCC or GRAI with a wrong length or check digit becomes a number of the partner's own (`other`, with the
scheme it claims as its agency), a package with a wrong number one with a mark. So what is called a GTIN always is one.
A DUNS that has no nine digits is kept alike: networks write names and test accounts (`081234567-T`) there.
"""

from typing import Any

from msgspec import Struct

from translators.canonical.identifiers import check_gs1_key

_SCHEMES = ("gtin", "gln", "sscc", "grai", "duns")


class WrongKey(Struct, frozen=True):
    """What is wrong with the number at `pointer`, in a sentence."""

    pointer: str
    text: str


def relieved(value: Any, pointer: str = "") -> tuple[Any, list[WrongKey]]:
    """(`value` with no wrong key in it, those that were there). `value` is what a map has filled; it is not changed."""
    if isinstance(value, list):
        parts = [relieved(each, f"{pointer}/{index}") for index, each in enumerate(value)]
        return [part for part, _ in parts], [wrong for _, found in parts for wrong in found]
    if not isinstance(value, dict):
        return value, []
    fields = {name: relieved(each, f"{pointer}/{name}") for name, each in value.items()}
    found = [wrong for _, inner in fields.values() for wrong in inner]
    kept = {name: each for name, (each, _) in fields.items()}
    for name, scheme in (("value", "other"), ("id", "mark")):
        sentence = _wrong(kept, name)
        if sentence is not None:
            found.append(WrongKey(f"{pointer}/{name}", f"{sentence}; it is kept as a number of the sender's own"))
            agency = {"agency": kept.get("agency") or kept["scheme"]} if scheme == "other" else {}
            kept = {**kept, "scheme": scheme, **agency}
    return kept, found


def _wrong(value: dict[str, Any], name: str) -> str | None:
    number, scheme = value.get(name), value.get("scheme")
    if scheme not in _SCHEMES or not isinstance(number, str):
        return None
    try:
        check_gs1_key(scheme, number)
    except ValueError as error:
        return str(error)
    return None
