"""Reading a compact JWS (RFC 7515 section 7.1) so that two parsers can never disagree about it.

Canonical base64url only (no padding, no stray bits), UTF-8 JSON objects only, no name twice, no NaN, bounded depth.
Nothing is verified here.
"""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any, Final, NoReturn

from msgspec import Struct

_CANONICAL: Final = re.compile(r"[A-Za-z0-9_-]*\Z", re.ASCII)
_MAX_DEPTH: Final = 16


class Malformed(Exception):  # noqa: N818 - a refusal, not a defect
    """The text is not a compact JWS of the strict form; `encrypted` when it has the five parts of a JWE."""

    def __init__(self, *, encrypted: bool = False) -> None:
        super().__init__()
        self.encrypted = encrypted


class Compact(Struct, frozen=True, kw_only=True):
    """The three parts, decoded but not believed. `signed` are the bytes the signature covers."""

    header: dict[str, Any]
    payload: dict[str, Any]
    signed: bytes
    signature: bytes


def read_compact(token: str) -> Compact:
    """The parts of `token`. Raises Malformed."""
    parts = token.split(".")
    if len(parts) != 3:
        raise Malformed(encrypted=len(parts) == 5)
    header, payload, signature = parts
    return Compact(
        header=_read_object(header),
        payload=_read_object(payload),
        signed=f"{header}.{payload}".encode("ascii"),
        signature=decode_base64url(signature),
    )


def decode_base64url(text: str) -> bytes:
    """The bytes of canonical, unpadded base64url (RFC 7515 section 2). Raises Malformed."""
    if len(text) % 4 == 1 or not _CANONICAL.match(text):
        raise Malformed
    decoded = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if encode_base64url(decoded) != text:  # stray bits after the last byte: another text for the same bytes
        raise Malformed
    return decoded


def encode_base64url(content: bytes) -> str:
    """Unpadded base64url."""
    return urlsafe_b64encode(content).rstrip(b"=").decode("ascii")


def _read_object(part: str) -> dict[str, Any]:
    try:
        value = json.loads(
            decode_base64url(part).decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse_constant
        )
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        raise Malformed from error
    if not isinstance(value, dict) or not _is_sound(value, _MAX_DEPTH):
        raise Malformed
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Malformed
    return members


def _refuse_constant(_name: str) -> NoReturn:
    raise Malformed


def _is_sound(value: Any, levels: int) -> bool:
    """Whether the nesting stays within `levels` and every text can be written as UTF-8 (no lone surrogate)."""
    if isinstance(value, str):
        return value.isascii() or not any("\ud800" <= character <= "\udfff" for character in value)
    if not isinstance(value, dict | list):
        return True
    inner = [*value, *value.values()] if isinstance(value, dict) else value
    return levels > 0 and all(_is_sound(item, levels - 1) for item in inner)
