"""Dispositions of a receipt: `processed`, or with a modifier that says what went wrong (RFC 4130 section 7.4.3-7.5)."""

import re
from collections.abc import Mapping

from msgspec import Struct

MODE = "automatic-action/MDN-sent-automatically"
PROCESSED = "processed"
UNEXPECTED = "unexpected-processing-error"

_MODERN_ONLY = frozenset({
    "decompression-failed", "invalid-message-id", "unknown-trading-relationship", "duplicate-filename",
    "illegal-filename",
})  # fmt: skip
"""New in draft-ietf-ediint-rfc4130bis; partners before AS2-Version 1.3 do not know them."""

_DISPOSITION = re.compile(
    r"(?P<mode>[^;]*);\s*(?P<type>[a-z]+)\s*(?:/\s*(?P<kind>[a-z]+)\s*(?:[:=]\s*(?P<text>.*))?)?",
    re.IGNORECASE | re.DOTALL,
)


class Disposition(Struct, frozen=True):
    """`type` is `processed` or `failed` (others are taken as they come), `kind` of the modifier `error`, `failure` or
    `warning`, `text` what it says."""

    type: str
    kind: str | None = None
    text: str = ""

    def __str__(self) -> str:
        """As it stands after the mode."""
        if self.kind is None:
            return self.type
        return f"{self.type}/{self.kind}: {self.text}" if self.text else f"{self.type}/{self.kind}"

    @property
    def is_positive(self) -> bool:
        """The message was taken; a warning does not change that."""
        return self.type == "processed" and self.kind in (None, "warning")


def written(disposition: str, *, modern: bool) -> Disposition:
    """An entry of gateway/answers.py for this partner: modifiers of the draft only where the partner is on 1.3."""
    kind_of_type, _, rest = disposition.partition("/")
    if not rest:
        return Disposition(kind_of_type)
    kind, _, text = rest.partition(": ")
    if text in _MODERN_ONLY and not modern:
        text = UNEXPECTED
    return Disposition(kind_of_type, kind, text)


def read_disposition(value: str, notes: Mapping[str, str]) -> Disposition | None:
    """The value of a Disposition field; None when there is none in it.

    `notes` are the Error, Failure and Warning fields by lower-case name: some products say `processed/error` there and
    the text here. A modifier without a kind (`processed/duplicate`, of RFC 3798) counts as an error, unless it is one
    of the three words.
    """
    matched = _DISPOSITION.fullmatch(" ".join(value.split()))
    if matched is None:
        return None
    kind, text = (matched["kind"] or "").lower() or None, (matched["text"] or "").strip()
    if kind not in (None, "error", "failure", "warning"):
        kind, text = "error", f"{kind}: {text}" if text else str(kind)
    if kind is not None and not text:
        text = notes.get(kind, "")
    return Disposition(matched["type"].lower(), kind, text)
