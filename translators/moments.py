"""Points in time as people write them in files: a date or a date-time with its zone."""

import re
from datetime import UTC, datetime


class Moment:
    """`2027-03-01` (midnight UTC) or `2027-03-01T06:00:00+01:00`; `at` is aware and in UTC."""

    __slots__ = ("at", "text")
    SCHEMA = r"^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2}))?$"
    """For editors, as a regular expression of JSON Schema."""

    def __init__(self, at: datetime, text: str) -> None:
        self.at = at
        self.text = text

    @classmethod
    def from_text(cls, text: str) -> "Moment":
        """Raises ValueError when it is neither, or when no calendar has that day."""
        example = "write `2027-03-01` or `2027-03-01T06:00Z`"
        if not re.match(cls.SCHEMA, text) or text.endswith("\n"):
            raise ValueError(f"`{text}` is not a date or a time with its zone; {example}")
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            raise ValueError(f"`{text}` does not exist in the calendar; {example}") from None
        return cls(at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC), text)

    def __repr__(self) -> str:
        return f"Moment({self.text!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Moment) and self.at == other.at

    def __hash__(self) -> int:
        return hash(self.at)
