"""The name a sender gives a file: something to show, never a path."""

import re
from email.header import decode_header, make_header

from gateway.channels.as2.mime import Header
from gateway.channels.as2.refusing import Unacceptable

LONGEST = 255
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f/\\\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")


def file_name(header: Header) -> str | None:
    """The name in Content-Disposition, or in Content-Type. Raises Unacceptable (`as2.file_name`).

    Up to 255 bytes of UTF-8; no separators of paths, no control characters, nothing that turns the direction of text.
    """
    text = header.parameter("filename", "content-disposition") or header.parameter("name")
    if text is None:
        return None
    if "=?" in text:
        text = _decoded(text)
    if _FORBIDDEN.search(text) or text.strip(". ") == "":
        raise Unacceptable("as2.file_name", "the file name has characters that no file name here may have")
    if len(text.encode()) > LONGEST:
        raise Unacceptable("as2.file_name", f"the file name is longer than {LONGEST} bytes")
    return text


def _decoded(text: str) -> str:
    """RFC 2047 words, which do not belong in a parameter and are sent all the same."""
    try:
        return str(make_header(decode_header(text)))
    except (LookupError, ValueError):
        return text
