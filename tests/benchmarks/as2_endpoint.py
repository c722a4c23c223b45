"""How much memory the gateway takes for one long message: `python tests/benchmarks/as2_endpoint.py [MEGABYTES]`.

A gateway of its own, with its database, gets one small message and then one of as many megabytes, signed, compressed
and encrypted, over its socket; both are answered by a signed receipt after they are on record. The figures are of the
server's processes: the highest resident memory of the largest one after each, in MB, and the seconds until the receipt
(`--json` for programs). The aim: 1 GB within 150 MB.
"""

import json
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO

import httpx
import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))  # as pytest does
sys.path.insert(0, str(Path(__file__).parent))
from as2_memory import MEGABYTE, append, digest_of
from faults.ground import Ground, ground
from support.long_interchanges import orders

from gateway.channels.as2.cms.algorithms import Cipher, Digest, Scheme, Transport
from gateway.channels.as2.cms.compressed import compress
from gateway.channels.as2.cms.encrypting import encrypt
from gateway.channels.as2.cms.writing import sign
from gateway.channels.as2.mdn import signed
from gateway.channels.as2.relation import Relation
from gateway.cli.demo.partner_files import PartnerFiles

NOISE = 100
"""Lines of text in each order, which compress to half: no stage is spared its work."""


def write_message(message: BinaryIO, content: Iterator[bytes], theirs: Relation, cipher: Cipher) -> int:
    """Signed, compressed and encrypted as the partner does, from file to file; returns the bytes of the content."""
    assert theirs.signer is not None
    assert theirs.encrypt_to is not None
    with tempfile.TemporaryFile() as part, tempfile.TemporaryFile() as entity, tempfile.TemporaryFile() as wrapped:
        part.write(b"Content-Type: application/edifact\r\nContent-Disposition: attachment; filename=long.edi\r\n\r\n")
        size = sum(part.write(chunk) for chunk in content)
        signature = sign(
            digest_of(part), Digest.SHA256, theirs.signer.key, theirs.signer.certificate, Scheme.RSA_PKCS1, theirs.at
        )
        frame = signed(b"HERE", Digest.SHA256, signature)
        opening, closing = frame.body.split(b"HERE", 1)
        entity.write(f"Content-Type: {frame.content_type}\r\n\r\n".encode() + opening)
        append(entity, part)
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
        answer = httpx.post(f"{place.url}/as2", content=chain(chunks), headers=headers, timeout=3600)
        took = time.monotonic() - began
    if answer.status_code != 200 or b"; processed\r\n" not in answer.content:
        raise SystemExit(f"the message was not taken: {answer.status_code} {answer.text}\n{place.logs()}")
    return size, took


def peak(place: Ground) -> float:
    """MB of the process of the server that had most."""
    server = psutil.Process(place.server.pid)
    marks = [Path(f"/proc/{one.pid}/status").read_text() for one in (server, *server.children(recursive=True))]
    return max(round(int(re.search(r"VmHWM:\s+(\d+)", mark)[1]) / 1024, 1) for mark in marks)  # type: ignore[index]


def measure(megabytes: int, cipher: Cipher) -> dict[str, float]:
    with ground() as place:
        files = PartnerFiles(place.folder / "partners", place.folder / "partner-keys", place.folder / "theirs")
        files.write(f"{place.url}/as2")
        profile = files.folder / "profiles" / "werra.yaml"
        text = profile.read_text().replace(
            '{id: "4098765000027"', '{id: "4012345000009"', 1
        )  # who stands in the orders
        profile.write_text(text.replace("  keys:", "  receive: {most_bytes: 2 GiB}\n  keys:", 1))
        place.environment |= {
            "GATEWAY_PARTNERS": str(files.folder), "GATEWAY_PARTNER_KEYS": str(place.folder / "partner-keys"),
        }  # fmt: skip
        place.workers.clear()
        place.start()
        theirs = files.werra()()
        send(place, 1, 1, theirs, cipher)
        small = peak(place)
        one = sum(len(chunk) for chunk in orders(1, noise=NOISE))
        size, took = send(place, 2, max(2, megabytes * MEGABYTE // one), theirs, cipher)
        return {"small_mb": small, "long_mb": peak(place), "content_mb": round(size / MEGABYTE, 1), "receipt_s": took}


def main(arguments: list[str]) -> None:
    megabytes = next((int(word) for word in arguments if word.isdigit()), 1024)
    for cipher in (Cipher.AES_256_GCM, Cipher.AES_256_CBC) if "--both" in arguments else (Cipher.AES_256_GCM,):
        figures = measure(megabytes, cipher)
        if "--json" in arguments:
            print(json.dumps({"cipher": cipher, **figures}))
        else:
            print(
                f"{figures['content_mb']} MB by {cipher}: at most {figures['long_mb']} MB resident, "
                f"{figures['small_mb']} after a small message; the receipt after {figures['receipt_s']:.1f} s"
            )


if __name__ == "__main__":
    main(sys.argv[1:])
