"""One value against its representation: characters, decimal notation, length (ISO 9735-1, 10)."""

import re

from translators.edifact.directory import Component

_NUMBER = re.compile(r"-?[0-9]+(?:[.,][0-9]+)?\Z")
_NO_DIGIT_BEFORE = re.compile(r"-?[.,][0-9]+\Z")


def value_fault(value: str, rule: Component) -> tuple[str, str] | None:
    """(kind of fault, what is wrong) of a value where `rule` stands, or None. Release characters are gone already."""
    length = len(value)
    if rule.kind == "n":
        if not _NUMBER.match(value):
            if _NO_DIGIT_BEFORE.match(value):
                return "decimal_sign", f"`{value[:20]}` has no digit before the decimal mark"
            return ("notation" if any(c.isdigit() for c in value) else "type"), f"`{value[:20]}` is not a number"
        length = sum(character.isdigit() for character in value)
    elif rule.kind == "a" and any(character.isdigit() for character in value):
        return "type", f"`{value[:20]}` holds digits; letters are expected"
    if length > rule.longest:
        return "long", f"has {length} characters; at most {rule.longest} may stand here"
    if length < rule.shortest:
        return "short", f"has {length} characters; {rule.shortest} must stand here"
    return None
