"""Whether one rule holds wherever another does: what makes rules superfluous, or grants that can never be used."""

from typing import Any

_ANY_OF = ("senders", "plans", "partners", "documents", "roles", "bindings", "channels", "plants", "addresses")
"""Conditions that hold for any of the values written; none written is all."""
_SAME = ("api", "document", "accepts", "may", "counts", "per", "test")
"""What must be the same for two rules to speak of the same thing."""


def covers(wide: Any, narrow: Any) -> bool:
    """True only when it is certain: a rule with a condition (`when`) or a window is never taken to cover another."""
    if wide.when is not None or wide.from_ is not None or wide.until is not None or wide.during:
        return False
    fields = wide.__struct_fields__
    if any(getattr(wide, name) != getattr(narrow, name) for name in _SAME if name in fields and name != "test"):
        return False
    if "test" in fields and wide.test is not None and wide.test != narrow.test:
        return False
    if "scopes" in fields and not set(wide.scopes) <= set(narrow.scopes):
        return False
    if "outside" in fields and not set(wide.outside) <= set(narrow.outside):
        return False
    return all(_any_of_covers(getattr(wide, name), getattr(narrow, name)) for name in _ANY_OF if name in fields)


def _any_of_covers(wide: Any, narrow: Any) -> bool:
    if not wide or wide == narrow:
        return True
    if not narrow or "own" in (wide, narrow):
        return False
    return set(narrow) <= set(wide)
