"""MIME as AS2 needs it: split where the raw bytes say so and never written anew, because signatures are over bytes."""

import binascii
import re
from base64 import b64decode
from collections.abc import Iterable, Iterator
from email.message import Message
from email.utils import collapse_rfc2231_value
from itertools import pairwise
from quopri import decodestring
from typing import BinaryIO

from msgspec import Struct

from gateway.channels.as2.refusing import Unacceptable
from gateway.channels.as2.windows import Spools, Window, held, whole

LARGEST_HEADER = 64 * 1024
MOST_FIELDS = 100
MOST_PARTS = 100
LARGEST_EPILOGUE = 1024
LARGEST_QUOTED = 16 * 1024 * 1024

_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_FIRST_LINE_BLANK = re.compile(rb"\r?\n")
_FOLD = re.compile(r"\r?\n(?=[ \t])")
_FIELD = re.compile(r"([!-9;-~]{1,200})[ \t]*:[ \t]*(.*)", re.DOTALL)
_DELIMITER_END = re.compile(rb"(--)?[ \t]*(\r?\n|\Z)")
_DELIMITER_ROOM = 80
_WORD = "[!#$&'*+.0-9A-Z^_`a-z{|}~-]+"  # a token of RFC 2045 and `%` left out: RFC 2231 has a use for that
_PARAMETER = re.compile(rf';[ \t]*([0-9A-Za-z_-]+)=(?:"([^"\\%\s]*(?: [^"\\%\s]+)*)"|({_WORD}))')
_PLAIN_PARAMETERS = re.compile(rf"(?:attachment|{_WORD}/{_WORD})[ \t]*(?:{_PARAMETER.pattern}[ \t]*)*")
"""What nearly every product sends, read without the email package: names and values in one piece, nothing escaped."""
_BASE64 = re.compile(rb"[A-Za-z0-9+/=]+")


class Header(Struct, frozen=True):
    """The fields of one entity by lower-case name, unfolded."""

    fields: dict[str, str]

    @property
    def media_type(self) -> str:
        """`application/edifact`; `application/octet-stream` where nothing readable is said."""
        text = self.fields.get("content-type", "").partition(";")[0].strip().lower()
        return text if re.fullmatch(r"[!-.0-:<-~]+/[!-.0-:<-~]+", text) else "application/octet-stream"

    @property
    def encoding(self) -> str:
        """The Content-Transfer-Encoding; `binary` is what its absence means in AS2."""
        return self.fields.get("content-transfer-encoding", "binary").strip().lower()

    def parameter(self, name: str, field: str = "content-type") -> str | None:
        """A parameter of Content-Type (or of another field), as RFC 2231 reads it."""
        text = self.fields.get(field, "")
        if _PLAIN_PARAMETERS.fullmatch(text):
            found = _PARAMETER.findall(text)
            return next((quoted or word for key, quoted, word in found if key.lower() == name), None)
        message = Message()
        message[field] = " ".join(text.split())
        value = message.get_param(name, None, field)
        return collapse_rfc2231_value(value) if isinstance(value, tuple) else value


class Entity(Struct, frozen=True):
    """A header and a body. `head` is the header's own bytes with the blank line; empty where HTTP carried it."""

    header: Header
    head: Window
    body: Window

    @property
    def content(self) -> Window:
        """Header and body as one stretch."""
        return Window(self.body.file, self.head.start, self.body.end)


class Multipart(Struct, frozen=True):
    parts: tuple[Window, ...]
    epilogue: Window


def outermost(fields: Iterable[tuple[str, str]], body: Window) -> Entity:
    """What an HTTP message carries: its header fields are the entity's."""
    return Entity(Header(dict(fields)), Window(body.file, body.start, body.start), body)


def read_entity(window: Window) -> Entity:
    """The entity in these bytes. Raises Unacceptable (`as2.malformed`)."""
    start = window.read(LARGEST_HEADER)
    blank = _FIRST_LINE_BLANK.match(start) or _BLANK_LINE.search(start)
    if blank is None and window.size > len(start):
        raise Unacceptable("as2.malformed", f"the header of a part does not end within {LARGEST_HEADER} bytes")
    length = blank.end() if blank is not None else len(start)
    header = read_header(start[: blank.start() if blank is not None else length])
    middle = window.start + length
    return Entity(header, Window(window.file, window.start, middle), Window(window.file, middle, window.end))


def read_header(block: bytes) -> Header:
    fields: dict[str, str] = {}
    text = _FOLD.sub("", block.decode("latin-1"))
    lines = [line for line in text.replace("\r\n", "\n").split("\n") if line]
    if len(lines) > MOST_FIELDS:
        raise Unacceptable("as2.malformed", f"a part has more than {MOST_FIELDS} header fields")
    for line in lines:
        matched = _FIELD.fullmatch(line)
        if matched is None:
            raise Unacceptable("as2.malformed", "a line of a part's header is no field")
        name = matched[1].lower()
        if name in fields and name.startswith("content-"):
            raise Unacceptable("as2.malformed", f"a part has `{name}` twice")
        fields[name] = matched[2].strip()
    return Header(fields)


def split(entity: Entity) -> Multipart:
    """The parts of a multipart body, byte for byte. Raises Unacceptable (`as2.malformed`).

    The line end before a delimiter belongs to the delimiter (RFC 2046 section 5.1.1).
    """
    boundary = entity.header.parameter("boundary")
    if not boundary or not re.fullmatch(r"[ -~]{1,200}", boundary):
        raise Unacceptable("as2.malformed", "a multipart has no boundary")
    found = list(_delimiters(entity.body, boundary.encode()))
    closing = [place for place in found if place.closes]
    if not closing:
        raise Unacceptable("as2.malformed", "a multipart is not closed by its boundary")
    upto = found[: found.index(closing[0]) + 1]
    parts = [
        Window(entity.body.file, opened.end, _before(entity.body.file, following, opened.end))
        for opened, following in pairwise(upto)
    ]
    return Multipart(tuple(parts), Window(entity.body.file, closing[0].end, entity.body.end))


def split_signed(entity: Entity) -> tuple[Entity, Entity]:
    """The signed part and the signature of a multipart/signed: exactly two parts and nothing after them."""
    multipart = split(entity)
    if len(multipart.parts) != 2:
        raise Unacceptable("as2.malformed", f"multipart/signed has {len(multipart.parts)} parts and must have two")
    epilogue = multipart.epilogue
    if epilogue.size > LARGEST_EPILOGUE or epilogue.read().strip():
        raise Unacceptable("as2.malformed", "something follows the closing boundary of multipart/signed")
    signed, signature = map(read_entity, multipart.parts)
    if signature.header.media_type not in ("application/pkcs7-signature", "application/x-pkcs7-signature"):
        raise Unacceptable("as2.malformed", "the second part of multipart/signed is no application/pkcs7-signature")
    return signed, signature


def decoded(entity: Entity, spools: Spools) -> Window:
    """The body without its transfer encoding. Raises Unacceptable (`as2.malformed`)."""
    match entity.header.encoding:
        case "base64":
            return whole(_from_base64(entity.body, spools.new()))
        case "quoted-printable":
            if entity.body.size > LARGEST_QUOTED:
                raise Unacceptable("as2.malformed", f"more than {LARGEST_QUOTED} bytes are quoted-printable")
            return held(decodestring(entity.body.read()))
        case "7bit" | "8bit" | "binary" | "":
            return entity.body
        case other:
            raise Unacceptable("as2.malformed", f"Content-Transfer-Encoding `{other[:40]}` is none that we know")


class _Delimiter(Struct, frozen=True):
    """A boundary line: where it starts, where the next line starts, and whether it closes the multipart."""

    start: int
    end: int
    closes: bool


def _delimiters(window: Window, boundary: bytes) -> Iterator[_Delimiter]:
    """The boundary lines of a body, found in one pass; the first closing one is the last that counts."""
    marker = b"\n--" + boundary
    held, base, count = b"\n", window.start - 1, 0
    chunks = window.chunks()
    ended = False
    while not ended:
        chunk = next(chunks, b"")
        ended = not chunk
        held += chunk
        at = 0
        while (hit := held.find(marker, at)) >= 0:
            after = hit + len(marker)
            if not ended and len(held) - after < _DELIMITER_ROOM:
                break
            matched = _DELIMITER_END.match(held, after)
            if matched is None or (matched.end() == len(held) and not matched[2] and not ended):
                at = hit + 1
                continue
            count += 1
            if count > MOST_PARTS + 1:
                raise Unacceptable("as2.malformed", f"a multipart has more than {MOST_PARTS} parts")
            yield _Delimiter(base + hit + 1, base + matched.end(), matched[1] is not None)
            at = matched.end() - 1 if matched[2] else matched.end()
        kept = hit if hit >= 0 else max(at, len(held) - len(marker))
        held, base = held[kept:], base + kept


def _before(file: BinaryIO, delimiter: _Delimiter, least: int) -> int:
    """Where the part before this delimiter ends."""
    file.seek(max(least, delimiter.start - 2))
    ending = file.read(delimiter.start - max(least, delimiter.start - 2))
    return delimiter.start - (2 if ending == b"\r\n" else 1 if ending.endswith(b"\n") else 0)


def _from_base64(window: Window, file: BinaryIO) -> BinaryIO:
    rest = b""
    for chunk in window.chunks():
        letters = rest + b"".join(chunk.split())
        usable = len(letters) - len(letters) % 4
        _decode_into(file, letters[:usable])
        rest = letters[usable:]
    _decode_into(file, rest)
    return file


def _decode_into(file: BinaryIO, letters: bytes) -> None:
    if letters and not _BASE64.fullmatch(letters):
        raise Unacceptable("as2.malformed", "a part is said to be base64 and is not")
    try:
        file.write(b64decode(letters, validate=True))
    except binascii.Error as error:
        raise Unacceptable("as2.malformed", "a part is said to be base64 and is not") from error
