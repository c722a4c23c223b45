"""Layer by layer into a message, as far as it can be opened: a layer that does not verify is still looked into."""

from collections.abc import Callable, Sequence
from datetime import datetime

from cryptography import x509
from msgspec import Struct

from gateway.channels.as2 import canonical
from gateway.channels.as2.cms import algorithms
from gateway.channels.as2.cms.compressed import decompress
from gateway.channels.as2.cms.enveloped import Decrypted, Envelope, decrypt, read_envelope
from gateway.channels.as2.cms.failures import CryptographicFailure
from gateway.channels.as2.cms.recipients import KeyTransport, Recipient
from gateway.channels.as2.cms.rules import LEGACY_ENCRYPTION, MODERN_CIPHERS, MODERN_TRANSPORTS
from gateway.channels.as2.cms.signed import identities
from gateway.channels.as2.filenames import file_name
from gateway.channels.as2.headers import read_headers
from gateway.channels.as2.inspecting.captures import Capture
from gateway.channels.as2.inspecting.receipts import look_at_receipt
from gateway.channels.as2.inspecting.signing import look_at_signature
from gateway.channels.as2.inspecting.steps import Attachment, Inspection, Step, described, out_of_time
from gateway.channels.as2.mic import known_algorithm
from gateway.channels.as2.mime import Entity, decoded, read_entity, split, split_signed
from gateway.channels.as2.refusing import Unacceptable
from gateway.channels.as2.unwrapping import Measured
from gateway.channels.as2.windows import Spools, held, whole

_DEEPEST = 6
_PKCS7 = ("application/pkcs7-mime", "application/x-pkcs7-mime")
_SIGNATURE = ("application/pkcs7-signature", "application/x-pkcs7-signature")
_LARGEST_SIGNATURE = 1 << 20


class Credentials(Struct, frozen=True):
    """What is at hand: keys of ours that open, certificates of the partner that verify, and the moment (aware)."""

    keys: Sequence[Recipient]
    pinned: Sequence[x509.Certificate]
    at: datetime


def inspect(capture: Capture, credentials: Credentials, spools: Spools) -> Inspection:
    """Never raises for what a message holds: what is wrong is a problem of its step."""
    looking = _Looking(credentials, spools)
    looking.steps.append(_headers(capture))
    entity = capture.entity
    for _ in range(_DEEPEST):
        try:
            following = looking.into(entity)
        except Unacceptable as refused:
            looking.steps.append(Step(title=entity.header.media_type, problems=(refused.detail,)))
            break
        if following is None:
            break
        entity = following
    else:
        looking.steps.append(Step(title="Deeper layers", problems=(f"more than {_DEEPEST} layers lie in it",)))
    return Inspection(tuple(looking.steps), tuple(looking.attachments))


def _headers(capture: Capture) -> Step:
    fields = capture.entity.header.fields
    if "as2-from" not in fields and "as2-to" not in fields:
        return Step(title=f"The file is {capture.what}", problems=capture.problems)
    try:
        read = read_headers((name.encode("latin-1"), value.encode("latin-1")) for name, value in fields.items())
    except Unacceptable as refused:
        return Step(title=f"The file is {capture.what}", problems=(*capture.problems, refused.detail))
    wanted = "none is asked for"
    if read.receipt is not None:
        wanted = "signed" if read.receipt.signed else "unsigned"
        wanted += ", asynchronous, to " + read.receipt.address if read.receipt.address else ", in the answer"
        wanted += f", digest one of {', '.join(read.receipt.algorithms)}" if read.receipt.algorithms else ""
    facts = [
        ("AS2-From", read.sender), ("AS2-To", read.receiver), ("Message-ID", read.message_id or "missing"),
        ("AS2-Version", ".".join(map(str, read.version))), ("product", read.product or fields.get("user-agent", "")),
        ("Date", read.date), ("Subject", read.subject), ("receipt", wanted),
    ]  # fmt: skip
    return Step(
        title=f"The file is {capture.what}",
        facts=tuple((label, value) for label, value in facts if value),
        problems=capture.problems,
    )


class _Looking:
    """One look; `into` adds the step of a layer and gives the next one."""

    def __init__(self, credentials: Credentials, spools: Spools) -> None:
        self._credentials = credentials
        self._spools = spools
        self._measured: Measured | None = None
        self._digest = "sha256"
        self._outermost = True
        self.steps: list[Step] = []
        self.attachments: list[Attachment] = []

    def into(self, entity: Entity) -> Entity | None:
        is_outermost, self._outermost = self._outermost, False
        media_type = entity.header.media_type
        if media_type in _PKCS7:
            return self._envelope(entity)
        if media_type in _SIGNATURE:
            return self._bare_signature(entity)
        if media_type == "multipart/signed":
            return self._signed(entity)
        if media_type == "multipart/report":
            self.steps.append(look_at_receipt(entity, self._spools))
            return None
        self._payload(entity, is_outermost=is_outermost)
        return None

    def _envelope(self, entity: Entity) -> Entity | None:
        sealed = decoded(entity, self._spools)
        kind = sealed.read(64)
        if algorithms.SIGNED_DATA in kind:
            return self._bare_signature(entity)
        sink = self._spools.new()
        if algorithms.COMPRESSED_DATA in kind:
            title = "Compression (CMS CompressedData, zlib)"
            try:
                length = decompress(sealed.reader(), sink)
            except CryptographicFailure as failure:
                self.steps.append(Step(title=title, problems=(failure.detail,)))
                return None
            self.steps.append(Step(title=title, facts=(("size", f"{sealed.size} bytes, {length} decompressed"),)))
            return read_entity(whole(sink))
        try:
            envelope = read_envelope(sealed.reader())
        except CryptographicFailure as failure:
            self.steps.append(Step(title=entity.header.media_type, problems=(failure.detail,)))
            return None
        step, is_open = self._opened(envelope, lambda: decrypt(
            sealed.reader(), sink, self._credentials.keys, LEGACY_ENCRYPTION
        ))  # fmt: skip
        self.steps.append(step)
        return read_entity(whole(sink)) if is_open else None

    def _opened(self, envelope: Envelope, decrypted: Callable[[], Decrypted]) -> tuple[Step, bool]:
        kind = "AuthEnvelopedData" if envelope.authenticated else "EnvelopedData"
        facts = [("algorithm", envelope.algorithm)]
        facts += [("encrypted for", self._recipient(one)) for one in envelope.recipients]
        proofs, problems, is_open = [], [], False
        if not self._credentials.keys:
            problems.append("no key was given, so it stays shut: --key with --cert, or --profile")
        else:
            try:
                opened = decrypted()
            except CryptographicFailure as failure:
                problems.append(failure.detail)
            else:
                is_open = True
                proofs.append(f"it opens with the key of {described(opened.certificate)}")
                late = out_of_time(opened.certificate, self._credentials.at)
                problems += [f"it is encrypted to a certificate out of its time: {late}"] if late else []
                facts += _exceptions(opened)
        step = Step(
            title=f"Encryption (CMS {kind})", facts=tuple(facts), proofs=tuple(proofs), problems=tuple(problems)
        )
        return step, is_open

    def _recipient(self, one: KeyTransport) -> str:
        ours = [key.certificate for key in self._credentials.keys if one.identity in identities(key.certificate)]
        return f"{described(ours[0]) if ours else one.identity}, key by {one.algorithm}"

    def _bare_signature(self, entity: Entity) -> Entity | None:
        looked = look_at_signature(self._signature_of(entity), None, self._credentials.pinned, self._credentials.at)
        self.steps.append(looked.step)
        return read_entity(held(looked.inside)) if looked.inside is not None else None

    def _signature_of(self, entity: Entity) -> bytes:
        blob = decoded(entity, self._spools)
        if blob.size > _LARGEST_SIGNATURE:
            raise Unacceptable("as2.malformed", f"the signature is larger than {_LARGEST_SIGNATURE} bytes")
        return blob.read()

    def _signed(self, entity: Entity) -> Entity:
        signed, signature = split_signed(entity)
        micalg = entity.header.parameter("micalg")
        claimed = known_algorithm(micalg) if micalg is not None else None
        credentials = self._credentials
        looked = look_at_signature(self._signature_of(signature), signed, credentials.pinned, credentials.at, claimed)
        self._measured, self._digest = Measured(signed, looked.form), looked.digest
        mic = str(self._measured.mic(looked.digest))
        step = looked.step
        facts = (*step.facts, ("`micalg`", micalg or "missing"), ("message integrity check", mic))
        self.steps.append(Step(title=step.title, facts=facts, proofs=step.proofs, problems=step.problems))
        return signed

    def _payload(self, entity: Entity, *, is_outermost: bool) -> None:
        content = decoded(entity, self._spools)
        facts = [
            ("type", entity.header.media_type),
            ("transfer encoding", entity.header.encoding),
            ("size", f"{content.size} bytes"),
            ("sha256", canonical.digest_of(content, "sha256").hex()),
        ]
        if self._measured is None:
            measured = Measured(entity, None if is_outermost else "header CRLF")
            facts.append(("message integrity check", str(measured.mic(self._digest))))
        self.steps.append(Step(title="Content", facts=tuple(facts)))
        is_many = entity.header.media_type.startswith("multipart/")
        for part in map(read_entity, split(entity).parts) if is_many else [entity]:
            self._attachment(part)

    def _attachment(self, entity: Entity) -> None:
        content = decoded(entity, self._spools)
        problems: tuple[str, ...] = ()
        try:
            name = file_name(entity.header)
        except Unacceptable as refused:
            name, problems = None, (refused.detail,)
        self.attachments.append(Attachment(name, entity.header.media_type, content))
        facts = (("name", name or "none"), ("type", entity.header.media_type), ("size", f"{content.size} bytes"))
        self.steps.append(Step(title=f"Attachment {len(self.attachments)}", facts=facts, problems=problems))


def _exceptions(opened: Decrypted) -> list[tuple[str, str]]:
    """What the gateway takes only where the profile's `legacy` says so."""
    found = [] if opened.cipher in MODERN_CIPHERS else [("needs", "the legacy exception `3des`")]
    return found if opened.transport in MODERN_TRANSPORTS else [*found, ("needs", "the legacy exception `oaep-sha-1`")]
