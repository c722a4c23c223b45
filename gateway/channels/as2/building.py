"""What we send: the payload with its header, compressed, signed and encrypted as agreed, once, as bytes.

The bytes that are hashed are the bytes that are signed and sent; nothing is written anew on the way.
"""

import hashlib
import re
from collections.abc import Mapping
from email.utils import encode_rfc2231, format_datetime
from io import BytesIO

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from msgspec import Struct
from msgspec.structs import replace

from gateway.channels.as2.cms.algorithms import Cipher, Digest, Scheme, Transport
from gateway.channels.as2.cms.compressed import compress
from gateway.channels.as2.cms.encrypting import encrypt
from gateway.channels.as2.cms.writing import sign
from gateway.channels.as2.headers import quoted_name
from gateway.channels.as2.mdn import PRODUCT, Report, report, signed, signed_report
from gateway.channels.as2.mdn import Receipted as ReceiptContent
from gateway.channels.as2.mic import known_algorithm, spelled
from gateway.channels.as2.refusing import Unacceptable
from gateway.channels.as2.relation import Relation
from partners.ownkeys import KeyPair

FEATURES = "multiple-attachments, CEM"
"""What we take beyond RFC 4130, as EDIINT-Features (RFC 6017) tells it from AS2-Version 1.2 on."""
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class Outgoing(Struct, frozen=True, kw_only=True):
    """What is to be sent. `message_id` has its brackets; `receipt_url` is where asynchronous receipts reach us."""

    message_id: str
    content: bytes
    media_type: str
    file_name: str
    receipt_url: str


class Built(Struct, frozen=True):
    """A request ready to go. `mics` are the digests a receipt may name, by algorithm."""

    headers: tuple[tuple[str, str], ...]
    body: bytes
    mics: Mapping[str, bytes]


def build(outgoing: Outgoing, relation: Relation) -> Built:
    """Raises Unacceptable (`as2.keys`) where a key or a certificate is missing that the agreement needs."""
    send = relation.agreed.send
    assert send is not None
    algorithm = _digest_of(send.digest)
    entity = _payload(outgoing)
    measured = entity.content if send.digest or send.cipher or send.compress != "no" else entity.body
    if send.compress == "before-signing":
        entity = _compressed(entity)
        measured = entity.content if send.digest else measured
    if send.digest is not None:
        entity = _signed(entity, algorithm, relation)
    if send.compress == "after-signing":
        entity = _compressed(entity)
    if send.cipher is not None:
        entity = _encrypted(entity, relation)
    headers = [*_headers(outgoing, relation), *_receipt_headers(outgoing, relation, algorithm), *entity.fields]
    return Built(tuple(headers), entity.body, {algorithm: hashlib.new(algorithm, measured).digest()})


class _Layer(Struct, frozen=True):
    """A MIME entity as it will stand on the wire."""

    fields: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def content(self) -> bytes:
        head = "".join(f"{name}: {value}\r\n" for name, value in self.fields)
        return head.encode("latin-1") + b"\r\n" + self.body


def _digest_of(agreed: str | None) -> Digest:
    return Digest(known_algorithm(agreed) or "sha256") if agreed is not None else Digest.SHA256


def _payload(outgoing: Outgoing) -> _Layer:
    return _Layer(
        (
            ("Content-Type", outgoing.media_type),
            ("Content-Transfer-Encoding", "binary"),
            ("Content-Disposition", f"attachment; {_file_name(outgoing.file_name)}"),
        ),
        outgoing.content,
    )


def _file_name(name: str) -> str:
    if _TOKEN.fullmatch(name):
        return f"filename={name}"
    if name.isascii() and name.isprintable():
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'filename="{escaped}"'
    return f"filename*={encode_rfc2231(name, 'utf-8')}"


def _compressed(entity: _Layer) -> _Layer:
    sink = BytesIO()
    compress(BytesIO(entity.content), sink)
    return _pkcs7("compressed-data", "smime.p7z", sink.getvalue())


def _signed(entity: _Layer, algorithm: Digest, relation: Relation) -> _Layer:
    made = signed(entity.content, algorithm, signature_of(entity.content, algorithm, relation))
    return _Layer((("Content-Type", made.content_type),), made.body)


def signature_of(content: bytes, algorithm: Digest, relation: Relation) -> bytes:
    """A detached signature with the key that signs for this relation now."""
    own = _signing_pair(relation)
    send = relation.agreed.send
    if isinstance(own.key, EllipticCurvePrivateKey):
        scheme = Scheme.ECDSA
    else:
        scheme = Scheme(send.signature) if send is not None else Scheme.RSA_PKCS1
    digest = hashlib.new(algorithm, content).digest()
    return sign(digest, algorithm, own.key, own.certificate, scheme, relation.at)


def _signing_pair(relation: Relation) -> KeyPair:
    if relation.signer is None:
        raise Unacceptable("as2.keys", f"no key of ours signs for `{relation.partner}` at this moment")
    return relation.signer


def _encrypted(entity: _Layer, relation: Relation) -> _Layer:
    send = relation.agreed.send
    assert send is not None
    assert send.cipher is not None
    if relation.encrypt_to is None:
        raise Unacceptable("as2.keys", f"no certificate of `{relation.partner}` to encrypt to holds at this moment")
    transport = Transport.RSA_OAEP_SHA256 if send.key_transport == "rsa-oaep" else Transport.RSA_PKCS1
    cipher, sink = Cipher(send.cipher), BytesIO()
    encrypt(BytesIO(entity.content), sink, [relation.encrypt_to], cipher, transport)
    kind = "authEnveloped-data" if cipher.is_authenticated else "enveloped-data"
    return _pkcs7(kind, "smime.p7m", sink.getvalue())


def _pkcs7(kind: str, name: str, body: bytes) -> _Layer:
    return _Layer(
        (
            ("Content-Type", f"application/pkcs7-mime; smime-type={kind}; name={name}"),
            ("Content-Transfer-Encoding", "binary"),
            ("Content-Disposition", f"attachment; filename={name}"),
        ),
        body,
    )


def station_headers(relation: Relation, message_id: str) -> list[tuple[str, str]]:
    """From us to them, of a message or a receipt."""
    fields = [
        ("AS2-Version", relation.agreed.version),
        ("AS2-From", quoted_name(relation.agreed.ours)),
        ("AS2-To", quoted_name(relation.agreed.theirs)),
        ("Message-ID", message_id),
        ("Date", format_datetime(relation.at, usegmt=True)),
        ("MIME-Version", "1.0"),
    ]
    if relation.agreed.version not in ("1.0", "1.1"):
        fields.append(("EDIINT-Features", FEATURES))
    return [*fields, ("AS2-Product", f"{PRODUCT}:1.0")] if relation.is_modern else fields


def _headers(outgoing: Outgoing, relation: Relation) -> list[tuple[str, str]]:
    send = relation.agreed.send
    subject = send.subject if send is not None else ""
    return [*station_headers(relation, outgoing.message_id), *([("Subject", subject)] if subject else [])]


def _receipt_headers(outgoing: Outgoing, relation: Relation, algorithm: str) -> list[tuple[str, str]]:
    """We list exactly the digest that we signed with: a receiver that follows the list and one that follows the
    signature then say the same."""
    send = relation.agreed.send
    assert send is not None
    if send.receipt == "none":
        return []
    fields = [("Disposition-Notification-To", quoted_name(relation.agreed.ours))]
    if send.receipt_signed:
        listed = f"signed-receipt-micalg=optional, {spelled(algorithm)}"
        fields.append(
            ("Disposition-Notification-Options", f"signed-receipt-protocol=optional, pkcs7-signature; {listed}")
        )
    if send.receipt == "async":
        fields.append(("Receipt-Delivery-Option", outgoing.receipt_url))
    return fields


def build_receipt(about: ReceiptContent, relation: Relation, *, is_signed: bool) -> Report:
    """The receipt we answer with. Where it cannot be signed it goes unsigned and says why."""
    plain = report(about)
    if not is_signed:
        return plain
    algorithm = Digest.SHA256
    try:
        return signed_report(plain, algorithm, lambda content: signature_of(content, algorithm, relation))
    except Unacceptable as missing:
        return report(_unsigned(about, missing.detail))


def _unsigned(about: ReceiptContent, why: str) -> ReceiptContent:
    said = " ".join(text for text in (about.explanation, f"This receipt is not signed: {why}.") if text)
    return replace(about, explanation=said)
