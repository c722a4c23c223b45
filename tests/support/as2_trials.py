"""Damaged AS2 messages and receipts through everything that reads them. Nothing may be taken that was not signed.

A damage of what nobody vouches for (the name of a boundary, a certificate enclosed as a hint) leaves a message whole:
that counts as `unharmed`, and only when content and integrity check are those of a message the partner did make. Line
ends of a text may be others: the signature is tried over each form of them (canonical.py), and fits the signed one.
"""

import hashlib
import random
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from io import BytesIO

from msgspec import Struct
from support.as2_keys import NOW, holder
from support.as2_worlds import ours
from support.cms_damaging import damaged_structure
from support.cms_shapes import sha256
from support.damaging import damaged

from gateway.channels.as2.cms.algorithms import Cipher, Digest, Scheme, Transport
from gateway.channels.as2.cms.compressed import compress
from gateway.channels.as2.cms.encrypting import encrypt
from gateway.channels.as2.cms.rules import Caps
from gateway.channels.as2.cms.writing import sign
from gateway.channels.as2.dispositions import Disposition
from gateway.channels.as2.mdn import Receipted, read_mdn, report, signed
from gateway.channels.as2.mic import Mic
from gateway.channels.as2.mime import outermost
from gateway.channels.as2.receipts import Accepted, Expected, judge_receipt
from gateway.channels.as2.refusing import Unacceptable
from gateway.channels.as2.unwrapping import Opened, Unwrapping
from gateway.channels.as2.windows import Spools, held

CAPS = Caps(content=1 << 22)
ORDER = b"UNB+UNOA:2+NORDWIND+WERK+260314:0926+1'\r\nUNH+1+ORDERS:D:96A:UN'\r\nUNT+2+1'\r\nUNZ+1+1'\r\n"
SENT = Mic("sha256", sha256(b"what we sent"))
EXPECTED = Expected("<7@werk-ulm.example>", {"sha256": SENT.digest}, signed=True)


class Part(Struct, frozen=True):
    """A MIME entity: the value of its Content-Type, and its body."""

    kind: str
    body: bytes

    @property
    def content(self) -> bytes:
        return f"Content-Type: {self.kind}\r\n\r\n".encode() + self.body


class Original(Struct, frozen=True):
    """A right message, still in its parts, so that each can be damaged by itself."""

    part: Part
    signature: bytes


def _originals() -> list[Original]:
    payloads = [Part("application/edifact", ORDER), Part("application/xml", b"<order/>\n"), Part("text/plain", b"x")]
    answer = Receipted(
        message_id=EXPECTED.message_id, sender="WERK ULM", receiver="nordwind-edi", subject="", date="",
        disposition=Disposition("processed"), mic=SENT,
    )  # fmt: skip
    receipt = report(answer)
    parts = [*payloads, *map(_packed, payloads), Part(receipt.content_type, receipt.body)]
    return [Original(part, _signature(part.content, scheme)) for part in parts for scheme in _SCHEMES]


_SCHEMES = (Scheme.RSA_PKCS1, Scheme.RSA_PSS)
_CIPHERS = (Cipher.AES_256_GCM, Cipher.AES_128_CBC)
_TRANSPORTS = (Transport.RSA_PKCS1, Transport.RSA_OAEP_SHA256)


def _signature(content: bytes, scheme: Scheme) -> bytes:
    them = holder("them")
    return sign(hashlib.sha256(content).digest(), Digest.SHA256, them.key, them.certificate, scheme, NOW)


def _packed(part: Part) -> Part:
    sink = BytesIO()
    compress(BytesIO(part.content), sink)
    return Part("application/pkcs7-mime; smime-type=compressed-data", sink.getvalue())


def _signed(part: Part, signature: bytes) -> Part:
    made = signed(part.content, Digest.SHA256, signature)
    return Part(made.content_type, made.body)


def _sealed(part: Part, chance: random.Random) -> Part:
    sink = BytesIO()
    encrypt(
        BytesIO(part.content), sink, [holder("us").certificate], chance.choice(_CIPHERS), chance.choice(_TRANSPORTS)
    )
    return Part("application/pkcs7-mime; smime-type=enveloped-data", sink.getvalue())


class As2Trial:
    """Damages of the originals, one after the other, and what becomes of them."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.chance = random.Random(seed)
        self.outcomes: Counter[str] = Counter()
        self.slowest = 0.0
        self._relation = ours(receive={"signed": True, "encrypted": False})
        self._originals = _originals()
        self._structures = [original.signature for original in self._originals]
        self._bodies = [_signed(original.part, original.signature).body for original in self._originals]
        self._envelopes = [_sealed(_signed(one.part, one.signature), self.chance) for one in self._originals]
        self._genuine = {hashlib.sha256(one.part.content).digest() for one in self._originals}
        self._payloads = {self._opened(_signed(one.part, one.signature))[1] for one in self._originals}

    @property
    def _kinds(self) -> tuple[Callable[[], Part], ...]:
        return (
            self._damaged_bytes, self._damaged_content, self._damaged_signature, self._damaged_packing,
            self._damaged_inside, self._damaged_envelope, self._damaged_envelope,
        )  # fmt: skip

    def damaged(self) -> Part:
        """The next one."""
        return self.chance.choice(self._kinds)()

    def run(self, rounds: int) -> Iterator[str]:
        """What was wrong with an input, one after the other: nothing, it is hoped."""
        for _ in range(rounds):
            kind = self.chance.choice(self._kinds)
            part = kind()
            began = time.process_time()
            try:
                outcome = self.outcome(part)
            except Exception:
                outcome = "raised"
                yield f"{kind.__name__} {part!r}\n{traceback.format_exc()}"
            else:
                if outcome == "accepted":
                    yield f"{kind.__name__} {part!r}\nwas accepted"
            self.outcomes[outcome] += 1
            self.slowest = max(self.slowest, time.process_time() - began)

    def outcome(self, part: Part) -> str:
        """`refused`, `unharmed`, or `accepted`, which must not be."""
        refused = None
        try:
            measured, payload, form = self._opened(part)
        except Unacceptable as unacceptable:
            refused = unacceptable
        if refused is None:
            same = payload in self._payloads
            if form != "as received":
                same = payload.replace(b"\r\n", b"\n") in {one.replace(b"\r\n", b"\n") for one in self._payloads}
            return "unharmed" if measured in self._genuine and same else "accepted"
        assert refused.detail
        assert refused.code.startswith("as2.")
        if self._unwrapping.is_encrypted and self._unwrapping.signer is None:
            assert refused.code == "as2.decryption", "one class for all that an encrypted message lacks"
        return "refused"

    def _opened(self, part: Part) -> tuple[bytes, bytes, str | None]:
        """The digest of what was verified, the payload, and the form that fitted; a receipt is judged, too."""
        with Spools() as spools:
            entity = outermost([("content-type", part.kind)], held(part.body))
            self._unwrapping = Unwrapping(entity, self._relation, spools, CAPS)
            opened = self._unwrapping.open()
            assert opened.signer is not None
            self._judge(opened, spools)
            return opened.measured.mic("sha256").digest, opened.content.read(), opened.measured.form

    def _judge(self, opened: Opened, spools: Spools) -> None:
        if opened.payload.header.media_type == "multipart/report":
            assert isinstance(judge_receipt(read_mdn(opened.payload, spools), EXPECTED, verified=True), Accepted)

    def _one(self) -> Original:
        return self.chance.choice(self._originals)

    def _damaged_bytes(self) -> Part:
        """Anywhere in the body of a multipart/signed, its boundaries and headers included."""
        one = self._one()
        whole = _signed(one.part, one.signature)
        if self.chance.random() < 0.2:
            kind = damaged(whole.kind.encode(), self._bodies, self.chance).decode("latin-1")
            return Part(kind, whole.body)
        return Part(whole.kind, damaged(whole.body, self._bodies, self.chance))

    def _damaged_content(self) -> Part:
        """The signed part, or one that was signed elsewhere."""
        one, chance = self._one(), self.chance
        if chance.random() < 0.1:
            other = self._one()
            return _signed(other.part, one.signature)
        made = signed(damaged(one.part.content, self._bodies, chance), Digest.SHA256, one.signature)
        return Part(made.content_type, made.body)

    def _damaged_signature(self) -> Part:
        one = self._one()
        return _signed(one.part, damaged_structure(one.signature, self._structures, self.chance))

    def _damaged_packing(self) -> Part:
        """Compressed after it was signed, and damaged then."""
        one = self._one()
        packed = _packed(_signed(one.part, one.signature))
        return Part(packed.kind, damaged_structure(packed.body, self._structures, self.chance))

    def _damaged_inside(self) -> Part:
        """Anybody can encrypt for us: a right envelope around something damaged."""
        inside = self.chance.choice(
            (self._damaged_bytes, self._damaged_content, self._damaged_signature, self._damaged_packing)
        )()
        return _sealed(inside, self.chance) if inside.kind.isascii() else inside

    def _damaged_envelope(self) -> Part:
        envelope, chance = self.chance.choice(self._envelopes), self.chance
        if chance.random() < 0.3:
            return Part(envelope.kind, damaged(envelope.body, [one.body for one in self._envelopes], chance))
        return Part(envelope.kind, damaged_structure(envelope.body, self._structures, chance))
