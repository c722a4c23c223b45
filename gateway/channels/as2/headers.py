"""The header fields of AS2 over HTTP: names, Message-IDs, versions and what kind of receipt is asked for.

RFC 4130 section 6 and 7.3, RFC 6017, and draft-ietf-ediint-rfc4130bis. Everything here may have been written by a
stranger: a value is taken as it is or refused, never repaired.
"""

import re
from collections.abc import Iterable

from msgspec import Struct

from gateway.channels.as2.refusing import Unacceptable

_NAME = re.compile(r"[\x20-\x7e]{1,128}")
_ATOM = re.compile(r"[!#-\[\]-~]+")
_MESSAGE_ID = re.compile(r"[!-;=?-~]{1,996}")
_VERSION = re.compile(r"([0-9]{1,3})\.([0-9]{1,3})")
_FORBIDDEN = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_FOLD = re.compile(r"\r?\n[ \t]+")
_SINGLE = frozenset({
    "as2-from", "as2-to", "message-id", "as2-version", "content-type", "content-disposition",
    "content-transfer-encoding", "disposition-notification-options", "receipt-delivery-option",
})  # fmt: skip


class ReceiptRequest(Struct, frozen=True):
    """A receipt is asked for. `algorithms` are the sender's signed-receipt-micalg, as written, in its order;
    `address` is where an asynchronous one is to go, as the sender wrote it: compared, never used."""

    signed: bool = False
    algorithms: tuple[str, ...] = ()
    address: str | None = None
    unknown_protocol: str | None = None
    """A signed-receipt-protocol that is required and is not ours."""


class As2Headers(Struct, frozen=True, kw_only=True):
    """`sender` and `receiver` are AS2-From and AS2-To without quotes; `message_id` stands as received."""

    sender: str
    receiver: str
    message_id: str
    version: tuple[int, int] = (1, 0)
    product: str | None = None
    features: frozenset[str] = frozenset()
    subject: str = ""
    date: str = ""
    receipt: ReceiptRequest | None = None
    content_fields: tuple[tuple[str, str], ...] = ()
    """Content-Type and the like: the MIME header of what the body is."""


def read_headers(raw: Iterable[tuple[bytes, bytes]]) -> As2Headers:
    """The fields of a request as ASGI hands them over. Raises Unacceptable (`as2.malformed`)."""
    fields = _fields(raw)
    sender, receiver = (unquoted_name(fields.get(name), label) for name, label in _ENDS)
    return As2Headers(
        sender=sender,
        receiver=receiver,
        message_id=fields.get("message-id", ""),
        version=_version(fields.get("as2-version")),
        product=fields.get("as2-product"),
        features=frozenset(one.strip().lower() for one in fields.get("ediint-features", "").split(",") if one.strip()),
        subject=fields.get("subject", ""),
        date=fields.get("date", ""),
        receipt=_receipt_request(fields),
        content_fields=tuple((name, text) for name, text in fields.items() if name.startswith("content-")),
    )


_ENDS = (("as2-from", "AS2-From"), ("as2-to", "AS2-To"))


def _fields(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    fields: dict[str, str] = {}
    for name_bytes, value in raw:
        name = name_bytes.decode("latin-1").lower()
        text = _FOLD.sub(" ", value.decode("latin-1")).strip()
        if _FORBIDDEN.search(text):
            raise Unacceptable("as2.malformed", f"the header field `{name}` has control characters")
        if name in fields:
            if name in _SINGLE:
                raise Unacceptable("as2.malformed", f"the header field `{name}` comes twice")
            text = f"{fields[name]}, {text}"
        fields[name] = text
    return fields


def unquoted_name(text: str | None, label: str) -> str:
    """The AS2 name in a header value: an atom, or quoted with `\\"` and `\\\\` inside. Case counts."""
    if not text:
        raise Unacceptable("as2.malformed", f"{label} is missing")
    name = text
    if text.startswith('"'):
        if len(text) < 2 or not text.endswith('"') or not re.fullmatch(r'(?:[^"\\]|\\["\\])*', text[1:-1]):
            raise Unacceptable("as2.malformed", f"{label} is not quoted as RFC 4130 section 6.2 has it")
        name = re.sub(r'\\(["\\])', r"\1", text[1:-1])
    if not _NAME.fullmatch(name):
        raise Unacceptable("as2.malformed", f"{label} is not 1 to 128 printable ASCII characters")
    return name


def quoted_name(name: str) -> str:
    """The AS2 name as a header value: quoted only where it must be."""
    if _ATOM.fullmatch(name):
        return name
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def bare_message_id(text: str) -> str:
    """A Message-ID without its brackets, which some senders leave out. Raises Unacceptable (`as2.message_id`)."""
    bare = text[1:-1] if text.startswith("<") and text.endswith(">") else text
    if not _MESSAGE_ID.fullmatch(bare) or len(text) > 998:
        raise Unacceptable("as2.message_id", "the Message-ID is not one word of up to 998 printable characters")
    return bare


def _version(text: str | None) -> tuple[int, int]:
    if text is None:
        return (1, 0)
    matched = _VERSION.fullmatch(text)
    if matched is None or matched[1] != "1":
        raise Unacceptable("as2.malformed", "AS2-Version is not 1.0 or a later 1.x")
    return (1, int(matched[2]))


def _receipt_request(fields: dict[str, str]) -> ReceiptRequest | None:
    """Disposition-Notification-To only says that a receipt is wanted: its value is nobody's address."""
    if "disposition-notification-to" not in fields:
        return None
    options = _options(fields.get("disposition-notification-options", ""))
    protocol, algorithms = options.get("signed-receipt-protocol"), options.get("signed-receipt-micalg")
    address = fields.get("receipt-delivery-option") or None
    if protocol is None:
        return ReceiptRequest(address=address)
    known = any(one.lower() in ("pkcs7-signature", "x-pkcs7-signature") for one in protocol[1])
    if not known:
        refused = ", ".join(protocol[1]) if protocol[0] == "required" else None
        return ReceiptRequest(address=address, unknown_protocol=refused)
    if algorithms is None:
        return ReceiptRequest(address=address)
    return ReceiptRequest(signed=True, algorithms=algorithms[1], address=address)


def _options(text: str) -> dict[str, tuple[str, tuple[str, ...]]]:
    """`name=importance, value, …; name=…` (RFC 8098 section 2.2). A list without an importance is taken too."""
    options: dict[str, tuple[str, tuple[str, ...]]] = {}
    for part in text.split(";"):
        name, equals, rest = part.partition("=")
        if not equals:
            continue
        words = [word.strip().strip('"') for word in rest.split(",")]
        words = [word for word in words if word]
        has_importance = bool(words) and words[0].lower() in ("required", "optional")
        importance = words[0].lower() if has_importance else "optional"
        options[name.strip().lower()] = (importance, tuple(words[1:] if has_importance else words))
    return options
