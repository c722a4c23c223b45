"""The characters an interchange is written with, as its ISA says: by place, not by name."""

from msgspec import Struct

ISA_LENGTH = 106
"""Bytes of an ISA with its terminator: all its elements have a fixed length."""

ISA_WIDTHS = (2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1)
"""Characters of ISA01 to ISA16."""


class Separators(Struct, frozen=True):
    """`repetition` is None where ISA11 is a letter: before 00402 it named a standards body (`U`)."""

    element: str = "*"
    component: str = ">"
    repetition: str | None = None
    terminator: str = "~"

    @property
    def all(self) -> str:
        """Every character that may not stand in a value."""
        return self.element + self.component + self.terminator + (self.repetition or "")


def repetition_of(standards: str, version: str) -> str | None:
    """The repetition separator ISA11 gives in a version of the controls (ISA12)."""
    return standards if version >= "00402" and len(standards) == 1 and not standards.isalnum() else None
