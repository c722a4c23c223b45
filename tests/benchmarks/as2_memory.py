"""How much memory one long AS2 message takes, made and opened: `python tests/benchmarks/as2_memory.py [MEGABYTES]`.

First each stage by itself: the content is signed, compressed and encrypted to a file, then decrypted, decompressed and
verified from that file. Then the whole way of a message that is received: MIME, envelope, compression, signature in its
canonical form, integrity check, digest of the content. The figures are the process's peak resident memory, and CPU
seconds. The aim: 1 GB within 150 MB (`--json` for programs).
"""

import hashlib
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import BinaryIO

sys.path.insert(0, str(Path(__file__).parents[1]))  # as pytest does

from support.as2_keys import NOW, holder
from support.as2_worlds import ours

from gateway.channels.as2 import canonical
from gateway.channels.as2.cms.algorithms import Cipher, Digest, Scheme, Transport
from gateway.channels.as2.cms.compressed import compress, decompress
from gateway.channels.as2.cms.encrypting import encrypt
from gateway.channels.as2.cms.enveloped import decrypt
from gateway.channels.as2.cms.recipients import Recipient
from gateway.channels.as2.cms.rules import MODERN_ENCRYPTION, MODERN_SIGNATURES, Caps
from gateway.channels.as2.cms.signatures import read_signatures
from gateway.channels.as2.cms.writing import sign
from gateway.channels.as2.mdn import signed
from gateway.channels.as2.mime import outermost
from gateway.channels.as2.unwrapping import Unwrapping
from gateway.channels.as2.windows import Spools, whole

MEGABYTE = 1 << 20


def measure(megabytes: int, cipher: Cipher) -> dict[str, float]:
    """Peak memory in MB, before and after, and the seconds of CPU of each stage."""
    ours, theirs = holder("Nordwerk AS2"), holder("Kontor Steel")
    figures: dict[str, float] = {"before_mb": peak()}
    with tempfile.TemporaryFile() as content, tempfile.TemporaryFile() as packed, tempfile.TemporaryFile() as message:
        write_content(content, megabytes)

        def stage(name: str, work: Callable[[], object], *files: BinaryIO) -> None:
            for file in files:
                file.seek(0)
            began = time.process_time()
            work()
            figures[f"{name}_s"] = round(time.process_time() - began, 2)

        stage("hash", lambda: digest_of(content), content)
        digest = digest_of(content)
        signature = sign(digest, Digest.SHA256, theirs.key, theirs.certificate, Scheme.RSA_PKCS1, NOW)
        stage("compress", lambda: compress(content, packed), content, packed)
        certificates = [ours.certificate, theirs.certificate]
        stage(
            "encrypt",
            lambda: encrypt(packed, message, certificates, cipher, Transport.RSA_OAEP_SHA256),
            packed, message,
        )  # fmt: skip
        keys = [Recipient(ours.certificate, ours.key)]
        packed.truncate(0)
        stage("decrypt", lambda: decrypt(message, packed, keys, MODERN_ENCRYPTION), message, packed)
        content.truncate(0)
        stage("decompress", lambda: decompress(packed, content), packed, content)
        pinned = [theirs.certificate]
        read_signatures(signature).verify({"sha256": digest_of(content)}, pinned, MODERN_SIGNATURES, NOW)
    figures["after_mb"] = peak()
    return figures


def receive(megabytes: int, cipher: Cipher) -> dict[str, float]:
    """The same content as one message of AS2, opened as the channel opens what came."""
    us, them = holder("us"), holder("them")
    figures: dict[str, float] = {"before_mb": peak()}
    with tempfile.TemporaryFile() as part, tempfile.TemporaryFile() as packed, tempfile.TemporaryFile() as message:
        part.write(b"Content-Type: application/edifact\r\nContent-Disposition: attachment; filename=long.edi\r\n\r\n")
        write_content(part, megabytes)
        digest = digest_of(part)
        signature = sign(digest, Digest.SHA256, them.key, them.certificate, Scheme.RSA_PKCS1, NOW)
        frame = signed(b"HERE", Digest.SHA256, signature)
        opening, closing = frame.body.split(b"HERE", 1)
        with tempfile.TemporaryFile() as entity:
            entity.write(f"Content-Type: {frame.content_type}\r\n\r\n".encode() + opening)
            append(entity, part)
            entity.write(closing)
            entity.seek(0)
            compress(entity, packed)
        with tempfile.TemporaryFile() as wrapped:
            wrapped.write(b"Content-Type: application/pkcs7-mime; smime-type=compressed-data\r\n\r\n")
            append(wrapped, packed)
            wrapped.seek(0)
            encrypt(wrapped, message, [us.certificate], cipher, Transport.RSA_OAEP_SHA256)
        figures["made_mb"] = peak()
        began = time.process_time()
        fields = [("content-type", "application/pkcs7-mime; smime-type=enveloped-data")]
        with Spools() as spools:
            opened = Unwrapping(outermost(fields, whole(message)), ours(), spools, Caps()).open()
            assert opened.content.size == megabytes * MEGABYTE
            assert opened.measured.mic("sha256").digest == digest
            canonical.digest_of(opened.content, "sha256")
        figures["receive_s"] = round(time.process_time() - began, 2)
    figures["after_mb"] = peak()
    return figures


def append(file: BinaryIO, other: BinaryIO) -> None:
    for chunk in whole(other).chunks():
        file.write(chunk)


def write_content(file: BinaryIO, megabytes: int) -> None:
    """Digits of no pattern: they compress to half, so that no stage is spared its work."""
    for _ in range(megabytes):
        file.write(os.urandom(MEGABYTE // 2).hex().encode())


def digest_of(file: BinaryIO) -> bytes:
    file.seek(0)
    return hashlib.file_digest(file, "sha256").digest()


def peak() -> float:
    status = Path("/proc/self/status")
    if status.exists():  # of this program alone; `ru_maxrss` keeps the mark of whoever started it
        return round(int(status.read_text().partition("VmHWM:")[2].split()[0]) / 1024, 1)
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def main(arguments: list[str]) -> None:
    megabytes = next((int(word) for word in arguments if word.isdigit()), 1024)
    for cipher, work in product((Cipher.AES_256_GCM, Cipher.AES_256_CBC), (measure, receive)):
        figures = work(megabytes, cipher)
        if "--json" in arguments:
            print(json.dumps({"what": work.__name__, "cipher": cipher, "megabytes": megabytes, **figures}))
        else:
            stages = ", ".join(f"{name[:-2]} {spent} s" for name, spent in figures.items() if name.endswith("_s"))
            memory = f"{figures['before_mb']} -> {figures['after_mb']} MB at most"
            print(f"{work.__name__} {megabytes} MB by {cipher}: {memory}; CPU: {stages}")


if __name__ == "__main__":
    main(sys.argv[1:])
