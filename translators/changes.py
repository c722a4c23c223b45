"""What a newer description of documents takes no more."""

from msgspec import Struct


class Change(Struct, frozen=True):
    """One change that breaks documents the older description took, `at` a place in them. `certain` is False where it
    only says something else, and whether documents break shows in documents alone."""

    at: str
    text: str
    certain: bool = True

    def __str__(self) -> str:
        return f"{self.at or '/'}: {self.text}{'' if self.certain else ' (may break)'}"
