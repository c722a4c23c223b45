"""An interchange with bad messages: by agreement they are suspended and the good ones go on, or nothing of it is taken.

Nothing is half done: what goes on is judged, routed and recorded in one transaction, together with what is told of the
messages that stay. Formats other than EDIFACT are taken whole or not at all.
"""

import asyncio
from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from gateway.names import hold_names
from gateway.rejections import suspended_because, unreadable
from gateway.statements import Admission, StatedSuspension
from gateway.submissions import Rejection, Submission, Suspended
from gateway.understanding import Understood
from gateway.verdicts import examine_limits
from partners.agreedforms import Forms
from partners.agreements import Agreement
from partners.directory import Directory
from partners.inbound import Came, agreement_by_which, is_anything_agreed
from translators.edifact.dispositions import InboundMode, dispose
from translators.edifact.examining import examine
from translators.findings import Finding
from translators.formats import Label
from translators.interchanges import of_edifact
from translators.reading import Document, Limits, Reading
from translators.readingeach import EachReading, MessageReading, read_each


class Divided(Struct, frozen=True):
    """What goes on of an input, and what stays. `places` says of each document where it stood: `2.3` is the third
    message of the second interchange; None as long as nobody had to know, for every message goes on."""

    reading: Reading
    suspended: tuple[Suspended, ...] = ()
    places: tuple[str, ...] | None = None


def agreement_about(partners: Directory, admission: Admission, label: Label) -> Agreement | None:
    """By which an input is read, told from what it begins with."""
    sender = admission.sender
    partner = partners.partners.get(sender.id) if sender.kind == "partner" else None
    if partner is None or label.document_type == "ack" or not is_anything_agreed(partner):
        return None
    came = Came(
        document=label.document_type, channel=sender.credential.channel, at=admission.facts.at, format=label.format,
        label=label,
    )  # fmt: skip
    found = agreement_by_which(partner, came)
    return found if isinstance(found, Agreement) else None


def modes_of(agreement: Agreement | None, admission: Admission, submission: Submission) -> Agreement | None:
    """Whose modes hold. A part of a long interchange, and what is tried in the sandbox, is taken whole."""
    return None if submission.part is not None or admission.is_trial else agreement


async def read_apart(
    understood: Understood, agreement: Agreement | None, limits: Limits, forms: Forms
) -> Divided | None:
    """The good messages of what could not be read as a whole; None where there is none, or they must not go on."""
    if agreement is None or agreement.suspend == "all" or understood.label.format != "edifact":
        return None
    divided = await asyncio.to_thread(_divide, understood.content, limits, forms)
    return divided if divided is None else replace(divided, reading=hold_names(divided.reading))


def _divide(content: bytes, limits: Limits, forms: Forms) -> Divided | None:
    guidelines = (forms.guideline,) if forms.guideline is not None else ()
    each = read_each(content, limits, guidelines=guidelines, using=forms.map)
    if any(finding.severity == "error" for finding in each.examination.findings):
        return None
    bad = _bad(each)
    documents: list[Document] = []
    suspended: list[Suspended] = []
    places: list[str] = []
    findings: list[Finding] = []
    for message in each.messages:
        place = _place(each, message)
        if place in bad:
            suspended.append(_suspended(place, message, bad[place]))
            continue
        documents += message.documents
        places += [place] * len(message.documents)
        findings += message.findings
    if not documents or not suspended:
        return None
    headers = tuple(of_edifact(one.header) for one in each.examination.interchanges if one.header is not None)
    reading = Reading(documents=tuple(documents), findings=tuple(findings), interchanges=headers)
    return Divided(reading, tuple(suspended), tuple(places))


def _bad(each: EachReading) -> dict[str, str]:
    """Why a message stays, by its place: its own errors, or those of what is around it."""
    found = {
        f"{place}.{one.message.number}": one.because
        for place, interchange in enumerate(each.examination.interchanges, 1)
        for one in dispose(interchange, InboundMode()).suspended
    }
    for message in each.messages:
        if message.is_bad:
            found.setdefault(_place(each, message), "the message has errors")
    return found


def _place(each: EachReading, message: MessageReading) -> str:
    interchanges = each.examination.interchanges
    number = next(place for place, one in enumerate(interchanges, 1) if one is message.interchange)
    return f"{number}.{message.message.number}"


def _suspended(place: str, message: MessageReading, because: str) -> Suspended:
    is_own = any(finding.severity == "error" for finding in message.findings)
    rejection = unreadable(message.findings) if is_own else suspended_because(because)
    return Suspended(place=place, reference=message.message.message.reference, rejection=rejection)


def may_go_on_without(agreement: Agreement | None, reading: Reading) -> bool:
    """Whether the other documents go on when one is refused: those of an interchange, each on its way."""
    return (
        agreement is not None
        and agreement.suspend == "message"
        and agreement.interchange == "split"
        and len(reading.documents) > 1
        and bool(reading.interchanges)
    )


def lane_of(agreement: Agreement | None, reading: Reading) -> str | None:
    """The lane of what is preserved as one interchange; None where each document goes in its own."""
    header = reading.interchange
    if agreement is None or agreement.interchange != "preserve" or header is None:
        return None
    return f"interchange|{header.sender}|{header.reference}"


def without(
    divided: Divided, refused: Mapping[int, Rejection], agreement: Agreement | None, content: bytes, limits: Limits
) -> Divided | None:
    """The same without the documents that were refused, by their numbers from 1; None where the agreement keeps them
    together, or nothing would be left."""
    documents = divided.reading.documents
    if not may_go_on_without(agreement, divided.reading) or len(refused) == len(documents):
        return None
    found = _references(content, limits)
    places = divided.places or tuple(found)
    if len(places) != len(documents):
        return None  # no EDIFACT, where each message is one document
    suspended = [
        Suspended(place=places[number - 1], reference=found[places[number - 1]], rejection=why)
        for number, why in refused.items()
    ]
    kept = [number for number in range(1, len(documents) + 1) if number not in refused]
    return Divided(
        replace(divided.reading, documents=tuple(documents[number - 1] for number in kept)),
        (*divided.suspended, *suspended),
        tuple(places[number - 1] for number in kept),
    )


def _references(content: bytes, limits: Limits) -> dict[str, str]:
    """The references of all messages by their places; empty for what is no EDIFACT."""
    return {
        f"{place}.{each.number}": each.message.reference
        for place, one in enumerate(examine(content, examine_limits(limits)).interchanges, 1)
        for each in one.messages
    }


def stated(suspended: Sequence[Suspended]) -> list[StatedSuspension]:
    """As the audit has it."""
    return [
        StatedSuspension(one.rejection.code, one.reference[:35], one.place, one.rejection.text) for one in suspended
    ]
