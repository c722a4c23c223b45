"""What is no document, and labels of what is none: named, so that its sender sees the mistake at once."""

import re

_STARTS = (
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive, as spreadsheets are"),
    (b"\xd0\xcf\x11\xe0", "an old office file"),
    (b"\x1f\x8b", "compressed with gzip"),
    (b"BZh", "compressed with bzip2"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd"),
    (b"-----BEGIN ", "protected or signed text, as of OpenPGP"),
)
_HTML = re.compile(rb"<!doctype\s+html|<html[\s>]", re.IGNORECASE)
_FORM = re.compile(rb"--[^\r\n]{1,200}\r?\nContent-Disposition:", re.IGNORECASE)
_BASE64 = re.compile(rb"(?:VU5[BCHI]|SVNB|PD94|ey[AIJ]|ewo)[A-Za-z0-9+/\r\n]{60,}")
"""UNA, UNB, UNG, UNH, ISA, `<?xm` and `{` as base64 writes them."""

_OTHER_FAMILIES = ("audio/", "font/", "image/", "message/", "model/", "multipart/", "video/")
_OTHER_TYPES = frozenset({
    "application/gzip", "application/javascript", "application/msword", "application/pdf", "application/xhtml+xml",
    "application/zip", "text/css", "text/csv", "text/html", "text/javascript", "text/markdown",
})  # fmt: skip
_OFFICE = ("application/vnd.ms-", "application/vnd.openxmlformats-", "application/vnd.oasis.")
_NAMES = ("json", "xml", "edifact", "x12", "vda")


def named(start: bytes) -> str | None:
    """What begins like this, in a word or two; None for what is not known, or may be a document."""
    if _HTML.match(start):
        return "an HTML page, as of a log-in or of an error"
    if _FORM.match(start):
        return "a form (multipart/form-data)"
    if _BASE64.match(start):
        return "base64"
    return next((name for begins, name in _STARTS if start.startswith(begins)), None)


def is_of_another(media_type: str, format_: str) -> bool:
    """Whether the label is of something else than this format. One that says nothing (`application/octet-stream`,
    `text/plain`, what a client adds by itself) contradicts nothing."""
    if media_type in _OTHER_TYPES or media_type.startswith((*_OTHER_FAMILIES, *_OFFICE)):
        return True
    return any(name in media_type and name != format_ for name in _NAMES)
