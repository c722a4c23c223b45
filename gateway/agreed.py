"""What a partner sent, held against its profile: whose names stand on it, and by which agreement it came.

The channel has proven who sent it; UNB and ISA only claim it. So what a partner sends carries its own names and one of
ours, is a document that is agreed with it, in the form that is agreed, and is marked as a test where nothing else is
taken from it yet.
"""

from msgspec.structs import replace

from gateway.rejections import not_agreed_inbound, not_live, wrong_recipient, wrong_sender
from gateway.statements import Admission
from gateway.submissions import Rejection
from partners.directory import Directory
from partners.inbound import Came, NotAgreed, agreement_by_which, is_anything_agreed
from partners.interchangenames import InterchangeName, named, of_partner
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
    for interchange in reading.interchanges:
        refused = _misnamed(interchange, partners, partner, label.format)
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


def _misnamed(interchange: Interchange, partners: Directory, partner: Partner, format_: str) -> Rejection | None:
    """A profile without names takes what is claimed, unless it is another's."""
    known = partners.interchange_names
    names = of_partner(partner, format_)
    if format_ not in _INDICATED:
        return None
    header = "ISA" if format_ == "x12" else "UNB"
    sender, recipient = named(interchange, "sender"), named(interchange, "recipient")
    if names is not None and not any(one.is_meant_by(sender) for one in names.theirs):
        return wrong_sender(header, str(sender), [str(one) for one in names.theirs], interchange.reference)
    if names is None and known.owner(format_, sender) not in (None, partner.id):
        return wrong_sender(header, str(sender), [], interchange.reference)
    if _is_ours(recipient, names.ours if names is not None else None, partners, format_):
        return None
    return wrong_recipient(header, str(recipient), str(names.ours) if names is not None else "", interchange.reference)


def _is_ours(name: InterchangeName, agreed: InterchangeName | None, partners: Directory, format_: str) -> bool:
    """Towards another partner we may have another name; it is ours all the same."""
    known = partners.interchange_names
    if agreed is None:
        return known.owner(format_, name) is None
    return agreed.is_meant_by(name) or known.is_ours(format_, name)


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
