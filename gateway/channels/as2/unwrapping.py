"""From the body of a request to the content that was meant: decrypt, decompress, verify, each from file to file.

Encryption is outermost; compression and the signature come at most once each, in either order; then the content.
Whatever goes wrong inside an encrypted message is one error to the outside, until a signature has been verified: who
could learn what it was could learn the plaintext by trying.
"""

from msgspec import Struct

from gateway.channels.as2 import canonical
from gateway.channels.as2.cms import algorithms
from gateway.channels.as2.cms.algorithms import Digest
from gateway.channels.as2.cms.compressed import decompress
from gateway.channels.as2.cms.enveloped import Decrypted, decrypt
from gateway.channels.as2.cms.failures import CryptographicFailure, Reason
from gateway.channels.as2.cms.rules import Caps
from gateway.channels.as2.cms.signatures import VerifiedSigner, read_signatures
from gateway.channels.as2.filenames import file_name
from gateway.channels.as2.mic import Mic, known_algorithm
from gateway.channels.as2.mime import Entity, decoded, read_entity, split_signed
from gateway.channels.as2.refusing import Unacceptable
from gateway.channels.as2.relation import Relation
from gateway.channels.as2.windows import Spools, Window, whole

_CODES = {
    Reason.MALFORMED: "as2.malformed",
    Reason.INSUFFICIENT_SECURITY: "as2.security",
    Reason.DECRYPTION: "as2.decryption",
    Reason.DECOMPRESSION: "as2.decompression",
    Reason.INTEGRITY: "as2.digest",
    Reason.AUTHENTICATION: "as2.signature",
}
_PKCS7 = ("application/pkcs7-mime", "application/x-pkcs7-mime")


class Measured(Struct, frozen=True):
    """What the message integrity check is computed over (RFC 4130 section 7.3.1). `form` None: the body alone."""

    part: Entity
    form: str | None

    def mic(self, algorithm: str) -> Mic:
        if self.form is not None:
            return Mic(algorithm, canonical.digest(self.part, self.form, [algorithm])[algorithm])
        return Mic(algorithm, canonical.digest_of(self.part.body, algorithm))


class Opened(Struct, frozen=True, kw_only=True):
    """A message that may be processed. `content` is its bytes without transfer encoding."""

    payload: Entity
    content: Window
    measured: Measured
    signer: VerifiedSigner | None
    envelope: Decrypted | None
    compressed: bool

    @property
    def file_name(self) -> str | None:
        """Raises Unacceptable (`as2.file_name`)."""
        return file_name(self.payload.header)


class Unwrapping:
    """One message on its way to its content; what is known of it stays readable when it fails."""

    def __init__(self, outer: Entity, relation: Relation, spools: Spools, caps: Caps) -> None:
        self._outer = outer
        self._relation = relation
        self._spools = spools
        self._caps = caps
        self.measured: Measured | None = None
        self.envelope: Decrypted | None = None
        self.signer: VerifiedSigner | None = None
        self.claimed: str | None = None
        """The digest that the signature is said to be made with."""
        self.is_encrypted = False
        self._is_compressed = False

    def open(self) -> Opened:
        """Raises Unacceptable: `as2.decryption` for anything in an encrypted message; `detail` has the true reason."""
        try:
            return self._open()
        except CryptographicFailure as failure:
            refused = Unacceptable(_CODES[failure.reason], failure.detail)
        except Unacceptable as malformed:
            refused = malformed
        if self.is_encrypted and self.signer is None:
            self.measured = None
            raise Unacceptable("as2.decryption", f"{refused.code}: {refused.detail}")
        raise refused

    def _open(self) -> Opened:
        entity = self._outer
        while True:
            if entity.header.media_type in _PKCS7:
                entity = self._past_envelope(entity)
            elif entity.header.media_type == "multipart/signed":
                entity = self._past_signature(entity)
            else:
                return self._opened(entity)

    def _past_envelope(self, entity: Entity) -> Entity:
        sealed = decoded(entity, self._spools)
        kind = sealed.read(64)  # what smime-type says is often left out, and proves nothing
        if algorithms.COMPRESSED_DATA in kind:
            if self._is_compressed:
                raise Unacceptable("as2.malformed", "the message is compressed twice")
            self._is_compressed = True
            sink = self._spools.new()
            decompress(sealed.reader(), sink, self._caps)
            return read_entity(whole(sink))
        if algorithms.ENVELOPED_DATA in kind or algorithms.AUTH_ENVELOPED_DATA in kind:
            if entity is not self._outer:
                raise Unacceptable("as2.malformed", "encryption is not the outermost layer")
            self.is_encrypted = True
            sink = self._spools.new()
            self.envelope = decrypt(
                sealed.reader(), sink, self._relation.openers, self._relation.encryption_rules, self._caps
            )
            return read_entity(whole(sink))
        raise Unacceptable("as2.malformed", "application/pkcs7-mime is neither encrypted nor compressed data")

    def _past_signature(self, entity: Entity) -> Entity:
        if self.measured is not None:
            raise Unacceptable("as2.malformed", "the message is signed twice")
        signed, signature = split_signed(entity)
        self.measured = Measured(signed, canonical.FORMS[0])
        names = [known_algorithm(name) for name in (entity.header.parameter("micalg") or "").split(",")]
        claimed = [name for name in names if name is not None]
        self.claimed = claimed[0] if claimed else None
        blob = decoded(signature, self._spools)
        if blob.size > self._caps.structure:
            raise Unacceptable("as2.malformed", f"the signature is larger than {self._caps.structure} bytes")
        self.signer = self._verify(signed, blob.read())
        if claimed and self.signer.digest_algorithm not in claimed:
            self.signer = None
            raise Unacceptable("as2.signature", "the signature uses another digest than `micalg` says")
        return signed

    def _verify(self, signed: Entity, blob: bytes) -> VerifiedSigner:
        """By the first canonical form whose digest is the signed one."""
        signatures = read_signatures(blob, self._caps)
        opening = signed.content.read(256)
        rules, at = self._relation.signature_rules, self._relation.at
        mismatch: CryptographicFailure | None = None
        for form in canonical.forms_of(signed):

            def digest_of(digest: Digest, form: str = form) -> bytes:
                return canonical.digest(signed, form, [digest])[digest]

            try:
                verified = signatures.verify(digest_of, self._relation.pinned, rules, at, opening=opening)
            except CryptographicFailure as failure:
                if failure.reason is not Reason.INTEGRITY:
                    raise
                mismatch = mismatch or failure
                continue
            self.measured = Measured(signed, form)
            return verified
        assert mismatch is not None
        raise mismatch

    def _opened(self, payload: Entity) -> Opened:
        content = decoded(payload, self._spools)
        if self.measured is None:
            plain = payload is self._outer
            self.measured = Measured(payload, None if plain else "header CRLF")
        self._judge_protection()
        return Opened(
            payload=payload,
            content=content,
            measured=self.measured,
            signer=self.signer,
            envelope=self.envelope,
            compressed=self._is_compressed,
        )

    def _judge_protection(self) -> None:
        wanted = self._relation.agreed.receive
        if wanted.encrypted and self.envelope is None:
            raise Unacceptable("as2.security", "the message is not encrypted, and the agreement wants it so")
        if wanted.signed and self.signer is None:
            raise Unacceptable("as2.security", "the message is not signed, and the agreement wants it so")
        if self.envelope is not None and not self.envelope.cipher.is_authenticated and self.signer is None:
            raise Unacceptable("as2.security", "a cipher that cannot show changes needs a signature inside")
