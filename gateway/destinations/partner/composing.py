"""A partner's documents as the parcel that leaves: which agreement, which envelope, which bytes."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache, partial
from pathlib import Path
from uuid import UUID

from msgspec import Struct

from gateway.destinations.carrying import CarrierName
from gateway.ledger.parcels import Expected, Made, NewParcel, References, Series
from partners.agreements import Agreement, agreement_for, own_file, why_none
from partners.profile import Partner
from partners.recoding import NO_CODES, PartnerCodes
from policies.masking import Masking
from translators.edifact.controlnumbers import ControlNumbers
from translators.edifact.examining import guideline_findings
from translators.edifact.guidelines import Guideline, guideline, shipped_guideline
from translators.edifact.outgoing import Party
from translators.fileproblems import FileProblems
from translators.findings import Finding
from translators.mapping.acceptance import compiled
from translators.mapping.files import shipped
from translators.mapping.running import Map
from translators.targets import map_to
from translators.writing import Envelope, Unwritable, write

_ENVELOPED = {"edifact": "application/edifact", "x12": "application/edi-x12", "vda": "application/edi-consent"}
_ENDINGS = {"edifact": "edi", "x12": "x12", "vda": "vda", "json": "json", "xml": "xml"}
MESSAGES = ControlNumbers(first=1, last=999_999_999, digits=4)
"""References of messages (0062, ST02) go on from interchange to interchange: 4 digits at least, as X12 wants them."""


class NotComposed(Exception):  # noqa: N818 - a refusal, not a defect
    """The document cannot leave for this partner; `code` is a cause of causes.py."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code = code
        self.why = why


class Leaving(Struct, frozen=True, kw_only=True):
    """A document on its way to a partner."""

    message_id: UUID
    number: int
    document_type: str
    body: bytes
    test: bool = False
    traceparent: str | None = None


class Composer(Struct, frozen=True):
    """`maps`: where their own maps lie; `masking`: the rules in force; `codes`: a partner's cross-references."""

    maps: Path
    masking: Callable[[], Masking]
    masking_key: bytes
    codes: Callable[[str], PartnerCodes] = lambda _: NO_CODES

    def agreement(self, partner: Partner, document_type: str, at: datetime, *, test: bool) -> Agreement:
        """How it leaves. Raises NotComposed."""
        agreed = agreement_for(partner.agreements, document=document_type, at=at, test=test)
        if agreed is None:
            why = why_none(partner.id, partner.agreements, document=document_type, at=at)
            raise NotComposed("partner.no_agreement", why)
        return agreed

    def parcel(
        self,
        partner: Partner,
        agreement: Agreement,
        documents: Sequence[Leaving],
        *,
        id: UUID,  # noqa: A002 - the word every row uses
        at: datetime,
        gathered: bool = False,
    ) -> tuple[NewParcel, Callable[[References], Made]]:
        """What is to be kept, and how its content is made once its references are known. Raises NotComposed."""
        kind = format_of(agreement)
        series = _series(partner, agreement, kind, len(documents)) if kind in _ENVELOPED else None
        test = agreement.test or any(one.test for one in documents)
        new = NewParcel(
            id=id,
            partner=partner.id,
            agreement=agreement.name,
            carrier=carrier_of(partner, agreement),
            document_types=tuple(dict.fromkeys(one.document_type for one in documents)),
            members=tuple((one.message_id, one.number) for one in documents),
            made_at=at,
            series=series,
            not_again_after=at - timedelta(seconds=agreement.duplicate_window.seconds),
            test=test,
            traceparent=documents[0].traceparent,
            gathered=gathered,
            expects=tuple(
                Expected(one.kind, one.within.seconds, one.warn.seconds if one.warn is not None else None)
                for one in agreement.acknowledgements
                if one.when == "always"
            ),
        )
        bodies = [self._as_they_see_it(partner, one) for one in documents]
        using, guideline = self._map(agreement, partner), self._guideline(agreement, partner)
        return new, partial(_make, partner, agreement, bodies, new, using, guideline)

    def size_alone(self, partner: Partner, agreement: Agreement, document: Leaving, at: datetime) -> int:
        """Bytes of the document written alone. Raises NotComposed for what cannot be written, before it waits for
        others: one document must not keep a batch from leaving."""
        new, make = self.parcel(partner, agreement, [document], id=UUID(int=0), at=at)
        return len(make(example_references(new)).content)

    def _as_they_see_it(self, partner: Partner, document: Leaving) -> bytes:
        """In their codes, then without what they may not see: our own number of an item may be hidden behind theirs."""
        body, codes = document.body, self.codes(partner.id)
        if codes:
            recoded = codes.recode(body, "out")
            if recoded.findings:
                raise NotComposed("partner.code_unknown", recoded.sentence)
            body = recoded.body
        mask = self.masking().of("partner", document.document_type, partner.id)
        return body if mask is None else mask.apply(body, self.masking_key)

    def _guideline(self, agreement: Agreement, partner: Partner) -> Guideline | None:
        if agreement.guideline is None:
            return None
        path = own_file(self.maps.parent / "guidelines", agreement.guideline)
        try:
            if path is not None:
                return _loaded(path, path.stat().st_mtime_ns)
            return shipped_guideline(agreement.guideline.removesuffix(".yaml"))
        except FileProblems as problems:
            text = f"guideline `{agreement.guideline}` of agreement `{agreement.name}` of `{partner.id}`"
            raise NotComposed("partner.profile_incomplete", f"{text}: {problems.problems[0]}") from None

    def _map(self, agreement: Agreement, partner: Partner) -> Map | None:
        if agreement.map is None:
            return None
        path = own_file(self.maps, agreement.map) or shipped(agreement.map.removesuffix(".yaml"))
        if not path.is_file():
            text = f"there is no map `{agreement.map}` for agreement `{agreement.name}` of `{partner.id}`"
            raise NotComposed("partner.profile_incomplete", text)
        try:
            return _compiled(path, path.stat().st_mtime_ns)
        except FileProblems as problems:
            raise NotComposed("partner.profile_incomplete", str(problems.problems[0])) from None


def _keeps_to(guideline: Guideline, content: bytes) -> None:
    """What we promised of our messages is looked at before they leave."""
    findings = guideline_findings(content, guideline)
    if findings:
        raise NotComposed("partner.not_writable", f"against {guideline.name}: {sentence_of(findings)}")


def carrier_of(partner: Partner, agreement: Agreement) -> CarrierName:
    """`sftp` is their server where we push to it, else the mailbox at ours; `http` outbound is the outbox."""
    match agreement.channel:
        case "sftp":
            server = partner.sftp.server if partner.sftp is not None else None
            return "sftp" if server is not None and server.push is not None else "mailbox"
        case "http":
            return "outbox"
        case channel:
            return channel


def format_of(agreement: Agreement) -> str:
    """`edifact`, `x12`, `vda`, `json` or `xml`."""
    kind = (agreement.format or "json").partition(":")[0].lower()
    return "xml" if kind == "ubl" else kind


def example_references(new: NewParcel) -> References:
    """As long as real ones, for documents that are written to see whether they can be."""
    if new.series is None:
        return References()
    messages = tuple(new.series.of_messages.reference(place) for place in range(new.series.messages))
    return References(new.series.numbers.reference(0), messages)


def sentence_of(findings: Sequence[Finding]) -> str:
    """The first findings with their places, for whoever repairs it."""
    told = [f"{one.place.path}: {one.text}" if one.place.path else one.text for one in findings[:3]]
    more = f"; and {len(findings) - 3} more" if len(findings) > 3 else ""
    return "; ".join(told) + more


def _make(
    partner: Partner, agreement: Agreement, bodies: list[bytes], new: NewParcel, using: Map | None,
    guideline: Guideline | None, references: References,
) -> Made:  # fmt: skip
    kind = format_of(agreement)
    name = references.interchange or str(new.id)
    media_type = _ENVELOPED.get(kind) or ("application/json" if kind == "json" else "application/xml")
    if kind == "json" and len(bodies) > 1:
        media_type = "application/x-ndjson"
    envelope = _envelope(partner, agreement, new, references) if kind in _ENVELOPED else None
    target = agreement.format or "json"
    try:
        if using is None and kind != "json" and target != "ubl":
            using = map_to(target)
        content = write(bodies if len(bodies) > 1 or envelope is not None else bodies[0], target,
                        envelope=envelope, using=using, prepared=new.made_at)  # fmt: skip
    except Unwritable as refused:
        raise NotComposed("partner.not_writable", sentence_of(refused.findings)) from None
    if guideline is not None:
        _keeps_to(guideline, content)
    file_name = f"{new.document_types[0].replace('_', '-')}-{name}.{_ENDINGS[kind]}"
    return Made(content=content, media_type=media_type, file_name=file_name)


def _series(partner: Partner, agreement: Agreement, kind: str, messages: int) -> Series:
    ours, theirs = _names(partner, agreement, kind)
    asked = agreement.control_numbers
    try:
        numbers = ControlNumbers(first=asked.first, last=asked.last, digits=asked.digits, prefix=asked.prefix)
    except ValueError as error:
        raise NotComposed("partner.profile_incomplete", f"agreement `{agreement.name}`: {error}") from None
    return Series(ours=text_of(ours), theirs=text_of(theirs), numbers=numbers, of_messages=MESSAGES, messages=messages)


def _names(partner: Partner, agreement: Agreement, kind: str) -> tuple[Party, Party]:
    """Ours and theirs, as the envelope has them. VDA numbers stand among the names for EDIFACT."""
    if kind == "x12" and partner.x12 is not None:
        ours, theirs = partner.x12.ours, partner.x12.theirs[0]
        return (Party(id=ours.id, qualifier=ours.qualifier, internal=ours.group),
                Party(id=theirs.id, qualifier=theirs.qualifier, internal=theirs.group))  # fmt: skip
    if kind in ("edifact", "vda") and partner.edifact is not None:
        us, them = partner.edifact.ours, partner.edifact.theirs[0]
        return (Party(id=us.id, qualifier=us.qualifier, internal=us.internal),
                Party(id=them.id, qualifier=them.qualifier, internal=them.internal))  # fmt: skip
    needed = "x12" if kind == "x12" else "edifact"
    raise NotComposed(
        "partner.profile_incomplete",
        f"agreement `{agreement.name}` of `{partner.id}` sends {kind}, but the profile has no names under `{needed}`",
    )


def text_of(name: Party) -> str:
    return ":".join((name.id, name.qualifier, name.internal)).rstrip(":")


def _envelope(partner: Partner, agreement: Agreement, new: NewParcel, references: References) -> Envelope:
    kind = format_of(agreement)
    ours, theirs = _names(partner, agreement, kind)
    answers = {"contrl", "997", "999"}
    return Envelope(
        sender=ours,
        recipient=theirs,
        prepared=new.made_at,
        reference=references.interchange,
        message_references=references.messages if kind != "vda" else (),
        association=agreement.association,
        version=agreement.syntax or "3",
        repertoire=agreement.charset or "UNOC",
        wants_acknowledgement=any(one.kind in answers and one.when == "always" for one in agreement.acknowledgements),
        test=new.test,
        previous=references.previous if kind == "vda" else "",
    )


@lru_cache(maxsize=256)
def _compiled(path: Path, _changed: int) -> Map:
    return compiled(path)


@lru_cache(maxsize=64)
def _loaded(path: Path, _changed: int) -> Guideline:
    return guideline(path)
