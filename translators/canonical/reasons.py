"""Why, in the sender's code and in words."""

from msgspec import Struct


class Reason(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A code of the sender's (or of `agency`, UN/EDIFACT 3055), words, or both."""

    code: str | None = None
    text: str | None = None
    agency: str | None = None

    def __post_init__(self) -> None:
        if not self.code and not self.text:
            raise ValueError("a reason needs a code or a text")
