"""Control references of what we send: how a counted number is written, and when it begins again.

The number itself comes from whoever counts (one row per our id, their id, direction and level, in the transaction that
stores what is sent); nothing here remembers anything. ISO 9735-1: 0020, 0048 and 0062 are an..14.
"""

from msgspec import Struct

MOST_CHARACTERS = 14


class ControlNumbers(Struct, frozen=True, kw_only=True):
    """How references of one level are made: `prefix`, the number with leading zeros to `digits`, `suffix`.

    Numbers run from `first` to `last`; after that they begin again with `rollover`, else they are used up.
    """

    first: int = 1
    last: int = 999_999_999
    digits: int = 1
    prefix: str = ""
    suffix: str = ""
    rollover: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.first <= self.last:
            raise ValueError(f"control numbers run from {self.first} to {self.last}; the first is not the smaller one")
        longest = len(self.prefix) + max(self.digits, len(str(self.last))) + len(self.suffix)
        if longest > MOST_CHARACTERS:
            raise ValueError(f"control references would have up to {longest} characters; 14 may stand in 0020")
        if not (self.prefix + self.suffix).isascii() or "".join((self.prefix, self.suffix)).strip() != (
            self.prefix + self.suffix
        ):
            raise ValueError("prefix and suffix are ASCII without blanks around them")

    @property
    def span(self) -> int:
        """How many references there are before one comes again."""
        return self.last - self.first + 1

    def number(self, count: int) -> int:
        """The number of the `count`-th interchange, group or message, counted from 0.

        Raises ControlNumbersUsedUp without rollover.
        """
        if count < 0:
            raise ValueError("what is sent is counted from 0")
        if count >= self.span and not self.rollover:
            raise ControlNumbersUsedUp(f"the control numbers {self.first} to {self.last} are used up")
        return self.first + count % self.span

    def reference(self, count: int) -> str:
        """The control reference of the `count`-th, as it is written."""
        return f"{self.prefix}{self.number(count):0{self.digits}d}{self.suffix}"

    def is_repeated(self, count: int, kept: int) -> bool:
        """Whether this reference was used within the last `kept` ones: it would look like a duplicate."""
        return count >= self.span and self.span <= kept


class ControlNumbersUsedUp(Exception):  # noqa: N818 - a refusal, not a defect
    """No reference is left; the agreement must give another range."""
