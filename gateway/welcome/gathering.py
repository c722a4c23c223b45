"""The welcome kit of one partner, gathered from its profile, our settings and keys, and the rules in force.

kit = await gather(settings, load(settings.partners), "aurora", now())
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from gateway.counters import Counters
from gateway.intake import Intake
from gateway.settings import Settings
from gateway.submissions import Channel, Receipt
from gateway.welcome.kit import Kit, OurCertificate, Sample, Term
from gateway.welcome.samples import THEIRS, Made, NoSample, inbound, sample_of
from gateway.welcome.trying import credential_of, may, nothing_kept, tried
from gateway.welcome.ways import Ways
from partners.agreements import Agreement
from partners.certificatefiles import BadCertificate, certificates_in
from partners.directory import Directory
from partners.holding import agreed, identities, plain
from partners.live import LiveDirectory
from partners.ownkeys import time_of
from partners.profile import Partner
from policies.live import LivePolicies
from policies.signers import load_signers
from translators.reading import Limits

_CHANNELS: tuple[Channel, ...] = ("http", "as2", "sftp")
_TOLD_OTHERWISE = ("document", "direction", "channel", "format", "test", "acknowledgements")
_USUAL = agreed(Agreement(name="usual", document="any", direction="in", channel="http"))


async def gather(settings: Settings, directory: Directory, partner: Partner, at: datetime) -> Kit:
    """Nothing is asked of Keycloak, the ledger or the partner. Raises FileProblems where rules cannot be read."""
    missing: list[str] = []
    ways = Ways(settings, directory, partner, at, missing)
    async with sandbox_of(settings) as intake:
        caller = credential_of(partner, "http")
        reads = caller is not None and await may(intake, caller, "read")
        fetches = caller is not None and await may(intake, caller, "fetch")
        http, as2, mailbox, server, webhook = (
            ways.http(reads=reads, fetches=fetches), ways.as2(), ways.mailbox(), ways.server(), ways.webhook(),
        )  # fmt: skip
        samples = [one async for one in _samples(settings, directory, partner, intake, at, missing)]
    if not fetches and any(one.direction == "out" and one.channel in ("http", "outbox") for one in partner.agreements):
        missing.append("an outbox is agreed, but no rule lets the partner fetch; in `oauth.roles` is no role for it")
    return Kit(
        partner=partner.id,
        name=partner.name,
        at=at,
        revision=directory.revisions.get(partner.id, ""),
        state=partner.state,
        http=http,
        as2=as2,
        mailbox=mailbox,
        server=server,
        webhook=webhook,
        certificates=tuple(_certificates(settings, partner, at, missing)),
        receipt_keys=tuple(_receipt_keys(settings.keys, missing) if http or mailbox else ()),
        names=tuple(_names(partner)),
        agreed=tuple(_term(one) for one in partner.agreements if one.until is None or one.until.at > at),
        samples=tuple(samples),
        missing=tuple(missing),
    )


@asynccontextmanager
async def sandbox_of(settings: Settings) -> AsyncIterator[Intake]:
    """The way in under the rules in force, which keeps nothing at all; its limits are counted here alone."""
    counters = Counters(None)
    signers = load_signers(settings.policy_signers) if settings.policy_signers is not None else None
    policies, partners = LivePolicies(settings.policies, signers=signers), LiveDirectory(settings.partners)
    try:
        yield Intake(policies, partners, counters, nothing_kept(), Limits(max_bytes=settings.max_body))
    finally:
        await counters.close()


async def _samples(
    settings: Settings, directory: Directory, partner: Partner, intake: Intake, at: datetime, missing: list[str]
) -> AsyncIterator[Sample]:
    """One for each agreement inbound. Where nothing is agreed over HTTP, one for each document that is granted: what is
    not is no gap then."""
    for channel in _CHANNELS:
        credential = credential_of(partner, channel)
        if credential is None:
            continue
        agreements: list[Agreement | None] = list(inbound(partner, channel, at))
        wanted = [(one.document, one) for one in agreements if one is not None]
        granted = [(document, None) for document in THEIRS] if channel == "http" and not wanted else []
        for document, agreement in (*wanted, *granted):
            name = agreement.name if agreement is not None else document.replace("_", "-")
            try:
                made = sample_of(directory, partner, document, agreement, settings.partners / "maps", at)
            except NoSample as reason:
                if agreement is not None:
                    missing.append(f"no sample for agreement `{name}`: {reason}")
                continue
            outcome, _ = await tried(intake, credential, made.content, made.media_type)
            if isinstance(outcome, Receipt):
                yield _sample(channel, name, agreement, made)
            elif agreement is not None:
                act = f"; {outcome.act}" if outcome.act else ""
                missing.append(f"the sample for agreement `{name}` does not pass: {outcome.code}: {outcome.text}{act}")


def _sample(channel: Channel, name: str, agreement: Agreement | None, made: Made) -> Sample:
    return Sample(
        file=f"samples/{name}.{made.ending}",
        document=made.document,
        channel=channel,
        agreement=agreement.name if agreement is not None else None,
        media_type=made.media_type,
        content=made.content,
    )


def _certificates(settings: Settings, partner: Partner, at: datetime, missing: list[str]) -> Iterator[OurCertificate]:
    """Those that hold and those to come; the private keys are not looked at."""
    for entry in partner.as2.keys if partner.as2 is not None else ():
        path = settings.partner_keys / f"{entry.name}.crt"
        try:
            first, *above = certificates_in(path.read_bytes())
        except OSError as error:
            missing.append(f"{path}: cannot be read: {(error.strerror or 'no reason is known').lower()}")
            continue
        except BadCertificate as problem:
            missing.append(f"{path}: {problem}")
            continue
        begins, ends = time_of(entry, first)
        if ends <= at:
            continue
        yield OurCertificate(
            file=f"certificates/{entry.name}.pem",
            uses=entry.use,
            holder=first.subject.rfc4514_string(),
            serial=f"{first.serial_number:x}",
            sha256=_pairs(first.fingerprint(SHA256())),
            sha1=_pairs(first.fingerprint(SHA1())),  # noqa: S303 - many AS2 products show no other
            begins=begins,
            ends=ends,
            content=b"".join(one.public_bytes(Encoding.PEM) for one in (first, *above)),
        )


def _receipt_keys(folder: Path, missing: list[str]) -> Iterator[str]:
    """The private halves are not looked at."""
    files = sorted(folder.glob("checkpoint-*.vkey"))
    if not files:
        missing.append(
            f"{folder}: there is no `checkpoint-….vkey`, so the kit does not say how our receipts are verified; "
            "`partner-gateway keys show` prints it where the keys are"
        )
    for file in files:
        try:
            yield file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            missing.append(f"{file}: cannot be read")


def _pairs(digest: bytes) -> str:
    return digest.hex(":").upper()


def _names(partner: Partner) -> Iterator[tuple[str, str]]:
    shown = {"UNB": "your name in UNB", "ISA": "your name in ISA", "cXML": "your credential in cXML",
             "GLN": "your GLN", "DUNS": "your DUNS", "VAT": "your VAT number"}  # fmt: skip
    for kind, name, _ in identities(partner):
        if kind in shown:
            yield shown[kind], name
    if partner.edifact is not None:
        ours = partner.edifact.ours
        yield "our name in UNB", ":".join((ours.id, ours.qualifier, ours.internal)).rstrip(":")
    if partner.x12 is not None:
        yield "our name in ISA", f"{partner.x12.ours.qualifier}*{partner.x12.ours.id}"
    if partner.cxml is not None:
        yield "our credential in cXML", f"{partner.cxml.ours.domain} {partner.cxml.ours.identity}"


def _term(one: Agreement) -> Term:
    fields = {
        name: value for name, value in agreed(one).items() if name not in _TOLD_OTHERWISE and _USUAL.get(name) != value
    }
    return Term(
        name=one.name,
        document=one.document,
        direction=one.direction,
        channel=one.channel,
        format=one.format or ("json" if one.channel in ("http", "webhook", "outbox") else "any that is read"),
        test=one.test,
        begins=one.from_.at if one.from_ is not None else None,
        ends=one.until.at if one.until is not None else None,
        acknowledgements=tuple(plain(each) for each in one.acknowledgements),
        fields=fields,
    )
