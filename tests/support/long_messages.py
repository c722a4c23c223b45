"""A gateway of its own with an AS2 partner, and long messages to it over its socket, never held in memory."""

import hashlib
import tempfile
import time
from collections.abc import Iterator
from typing import BinaryIO

import httpx
from faults.ground import Ground
from support.long_interchanges import orders

from gateway.channels.as2.cms.algorithms import Cipher, Digest, Scheme, Transport
from gateway.channels.as2.cms.compressed import compress
from gateway.channels.as2.cms.encrypting import encrypt
from gateway.channels.as2.cms.writing import sign
from gateway.channels.as2.mdn import signed
from gateway.channels.as2.relation import Relation
from gateway.channels.as2.windows import whole
from gateway.cli.demo.partner_files import PartnerFiles

MEGABYTE = 1 << 20
NOISE = 90
"""Lines of text in each order, which compress to half: no stage is spared its work."""


def write_message(message: BinaryIO, content: Iterator[bytes], theirs: Relation, cipher: Cipher) -> int:
    """Signed, compressed and encrypted as the partner does, from file to file; returns the bytes of the content."""
    assert theirs.signer is not None
    assert theirs.encrypt_to is not None
    with tempfile.TemporaryFile() as part, tempfile.TemporaryFile() as entity, tempfile.TemporaryFile() as wrapped:
        part.write(b"Content-Type: application/edifact\r\nContent-Disposition: attachment; filename=long.edi\r\n\r\n")
        size = sum(part.write(chunk) for chunk in content)
        signature = sign(
            hashlib.file_digest(_again(part), "sha256").digest(),
            Digest.SHA256,
            theirs.signer.key,
            theirs.signer.certificate,
            Scheme.RSA_PKCS1,
            theirs.at,
        )
        frame = signed(b"HERE", Digest.SHA256, signature)
        opening, closing = frame.body.split(b"HERE", 1)
        entity.write(f"Content-Type: {frame.content_type}\r\n\r\n".encode() + opening)
        _append(entity, part)
        entity.write(closing)
        entity.seek(0)
        wrapped.write(b"Content-Type: application/pkcs7-mime; smime-type=compressed-data\r\n\r\n")
        compress(entity, wrapped)
        wrapped.seek(0)
        encrypt(wrapped, message, [theirs.encrypt_to], cipher, Transport.RSA_OAEP_SHA256)
    return size


def send(place: Ground, number: int, how_many: int, theirs: Relation, cipher: Cipher) -> tuple[int, float]:
    """Bytes of the content, and the seconds from the first byte to the receipt."""
    with tempfile.TemporaryFile() as message:
        content = orders(how_many, f"NL{number:06d}", noise=NOISE if how_many > 1 else 0)
        size = write_message(message, content, theirs, cipher)
        length = message.seek(0, 2)
        message.seek(0)
        headers = {
            "AS2-From": "WERRA-EDI", "AS2-To": "BERGMANN", "AS2-Version": "1.2", "Content-Length": str(length),
            "Message-ID": f"<{number}@werra.example>", "Disposition-Notification-To": "edi@werra.example",
            "Disposition-Notification-Options": "signed-receipt-protocol=optional,pkcs7-signature; "
            "signed-receipt-micalg=optional,sha-256",
            "Content-Type": "application/pkcs7-mime; smime-type=enveloped-data",
        }  # fmt: skip
        began = time.monotonic()
        chunks = iter(lambda: message.read(MEGABYTE), b"")
        answer = httpx.post(f"{place.url}/as2", content=chunks, headers=headers, timeout=3600)
        took = time.monotonic() - began
    if answer.status_code != 200 or b"; processed\r\n" not in answer.content:
        raise SystemExit(f"the message was not taken: {answer.status_code} {answer.text}\n{place.logs()}")
    return size, took


def with_partner(place: Ground, most: str = "2 GiB") -> Relation:
    """Werra, as it has the relation; before the ground is started."""
    files = PartnerFiles(place.folder / "partners", place.folder / "partner-keys", place.folder / "theirs")
    files.write(f"{place.url}/as2")
    profile = files.folder / "profiles" / "werra.yaml"
    text = profile.read_text().replace('{id: "4098765000027"', '{id: "4012345000009"', 1)  # as in the orders
    profile.write_text(text.replace("  keys:", f"  receive: {{most_bytes: {most}}}\n  keys:", 1))
    place.environment |= {
        "GATEWAY_PARTNERS": str(files.folder), "GATEWAY_PARTNER_KEYS": str(place.folder / "partner-keys"),
    }  # fmt: skip
    return files.werra()()


def _again(file: BinaryIO) -> BinaryIO:
    file.seek(0)
    return file


def _append(file: BinaryIO, other: BinaryIO) -> None:
    for chunk in whole(other).chunks():
        file.write(chunk)
