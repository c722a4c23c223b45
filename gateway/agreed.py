"""What a partner sent, held against its profile: whose names stand on it, and by which agreement it came.

The channel has proven who sent it; UNB, ISA and the header of cXML only claim it. So what a partner sends carries its
own names and one of ours, is a document that is agreed with it, in the form that is agreed, and is marked as a test
where nothing else is taken from it yet.
"""

from msgspec.structs import replace

from gateway.rejections import not_agreed_inbound, not_live, without_names, wrong_recipient, wrong_sender
from gateway.statements import Admission
from gateway.submissions import Rejection
from partners.directory import Directory
from partners.inbound import Came, NotAgreed, agreement_by_which, is_anything_agreed
from partners.interchangenames import InterchangeName, Named, named, of_partner
from partners.profile import Partner
from translators.formats import Label
from translators.interchanges import Interchange
from translators.reading import Document, Reading

_INDICATED = ("edifact", "x12")
"""Formats in which a sender can mark a test."""


def as_agreed(
    reading: Reading | Rejection, partners: Directory, admission: Admission, label: Label
) -> Reading | Rejection:
    """The reading, its documents marked as tests where they can only be that; or why it is not what is agreed."""
    sender = admission.sender
    partner = partners.partners.get(sender.id) if sender.kind == "partner" else None
    if isinstance(reading, Rejection) or partner is None:
        return reading
    refused = _misnamed(reading, partners, partner, label)
    if refused is not None:
        return refused
    marked = []
    for document in reading.documents:
        one = _by_agreement(document, reading, partner, admission, label)
        if isinstance(one, Rejection):
            return one
        marked.append(one)
    if sender.testing and not all(one.test for one in marked):
        return not_live(sender)
    return replace(reading, documents=tuple(marked))


def _misnamed(reading: Reading, partners: Directory, partner: Partner, label: Label) -> Rejection | None:
    kind = _named_in(reading, label)
    if kind is None:
        return None
    if kind == "cxml" and partner.cxml is not None and not reading.interchanges:
        return without_names()
    refusals = (_misnaming(each, partners, partner, kind) for each in reading.interchanges)
    return next((each for each in refusals if each is not None), None)


def _named_in(reading: Reading, label: Label) -> Named | None:
    """What of it names who sends it to whom, if anything does."""
    if label.format == "edifact" or label.format == "x12":
        return label.format
    return "cxml" if reading.is_cxml else None


def _misnaming(interchange: Interchange, partners: Directory, partner: Partner, kind: Named) -> Rejection | None:
    """A profile without names takes what is claimed, unless it is another's."""
    known = partners.interchange_names
    names = of_partner(partner, kind)
    senders, recipients = named(interchange, "sender", kind), named(interchange, "recipient", kind)
    if names is not None and not any(one.is_meant_by(said) for one in names.theirs for said in senders):
        return wrong_sender(kind, senders, names.theirs, interchange.reference)
    others = any(known.owner(kind, said) not in (None, partner.id) for said in senders)
    if others and (names is None or len(senders) > 1):  # beside one of its own as well
        return wrong_sender(kind, senders, names.theirs if names is not None else (), interchange.reference)
    if _are_we(recipients, names.ours if names is not None else None, partners, kind):
        return None
    return wrong_recipient(kind, recipients, names.ours if names is not None else None, interchange.reference)


def _are_we(
    said: tuple[InterchangeName, ...], agreed: InterchangeName | None, partners: Directory, kind: Named
) -> bool:
    """Towards another partner we may have another name; it is ours all the same."""
    known = partners.interchange_names
    if agreed is None:
        return all(known.owner(kind, each) is None for each in said)
    return any(agreed.is_meant_by(each) or known.is_ours(kind, each) for each in said)


def _by_agreement(
    document: Document, reading: Reading, partner: Partner, admission: Admission, label: Label
) -> Document | Rejection:
    if document.type == "ack":
        return document  # it answers what we sent, by the agreement that it left by
    has_indicator = label.format in _INDICATED or (label.format == "xml" and bool(reading.interchanges))  # cXML
    if partner.unagreed == "take" and not is_anything_agreed(partner):
        return replace(document, test=True) if admission.sender.testing and not has_indicator else document
    found = agreement_by_which(
        partner,
        Came(
            document=document.type,
            channel=admission.sender.credential.channel,
            at=admission.facts.at,
            format=label.format,
            label=label if label.document_type == document.type else None,
            syntax=reading.interchange.syntax if reading.interchange is not None else "",
            test=document.test if has_indicator else None,
        ),
        tests_anyway=partner.state == "testing" or admission.is_trial,
    )
    if isinstance(found, NotAgreed):
        if found.why == "none" and partner.unagreed == "take":
            return replace(document, test=True) if admission.sender.testing and not has_indicator else document
        if found.why == "tests_only" and admission.is_trial:
            return document
        return not_agreed_inbound(found, partner.id)
    is_test = document.test or (not has_indicator and (found.test or admission.sender.testing))
    return replace(document, test=True) if is_test and not document.test else document
