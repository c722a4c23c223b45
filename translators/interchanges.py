"""Who sent an input to whom, in whatever format it came: as its UNB, ISA, VDA header or cXML header says."""

from msgspec import Struct

from translators.edifact.headers import Header
from translators.vda.transmissions import Transmission
from translators.x12.interchanges import Interchange as X12Interchange
from translators.xmldoc.cxml import CxmlHeader


class Interchange(Struct, frozen=True, kw_only=True):
    """The names are as they were sent, the qualifiers None where there are none.

    In cXML the qualifiers are the domains of the credentials, `reference` is the payloadID, and `carrier` is who handed
    the document over (Sender), which need not be who it is from.
    """

    sender: str
    sender_qualifier: str | None
    recipient: str
    recipient_qualifier: str | None
    reference: str
    test: bool = False
    carrier: str | None = None
    carrier_qualifier: str | None = None
    sender_internal: str = ""
    recipient_internal: str = ""
    also_sender: tuple[tuple[str, str], ...] = ()
    also_recipient: tuple[tuple[str, str], ...] = ()
    """Further credentials of From and To in cXML, identity and domain: the same companies, named by others."""
    syntax: str = ""
    """Of EDIFACT: repertoire and version of the syntax, `UNOC:3`."""


def of_edifact(header: Header) -> Interchange:
    """From a UNB."""
    return Interchange(
        sender=header.sender,
        sender_qualifier=header.sender_qualifier or None,
        recipient=header.recipient,
        recipient_qualifier=header.recipient_qualifier or None,
        reference=header.reference,
        test=header.is_test,
        sender_internal=header.sender_internal,
        recipient_internal=header.recipient_internal,
        syntax=f"{header.repertoire}:{header.version}",
    )


def of_x12(header: X12Interchange) -> Interchange:
    """From an ISA."""
    return Interchange(
        sender=header.sender,
        sender_qualifier=header.sender_qualifier or None,
        recipient=header.receiver,
        recipient_qualifier=header.receiver_qualifier or None,
        reference=header.control,
        test=header.is_test,
    )


def of_vda(header: Transmission) -> Interchange:
    """From a record 511 or 711: the customer sends delivery schedules, the supplier delivery notes."""
    names = (header.customer, header.supplier)
    sender, recipient = names if header.message == "4905" else reversed(names)
    return Interchange(
        sender=sender, sender_qualifier=None, recipient=recipient, recipient_qualifier=None, reference=header.number
    )


def of_cxml(header: CxmlHeader) -> Interchange:
    """From the header of a cXML document."""
    carrier = header.carrier
    return Interchange(
        sender=header.sender.identity,
        sender_qualifier=header.sender.domain or None,
        recipient=header.recipient.identity,
        recipient_qualifier=header.recipient.domain or None,
        reference=header.payload,
        test=header.test,
        carrier=carrier.identity if carrier is not None else None,
        carrier_qualifier=(carrier.domain or None) if carrier is not None else None,
        also_sender=tuple((each.identity, each.domain) for each in header.also_sender),
        also_recipient=tuple((each.identity, each.domain) for each in header.also_recipient),
    )
