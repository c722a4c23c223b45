"""The envelope of an interchange a command writes: as the options say, else as the document it came from says."""

import argparse
from datetime import datetime
from typing import Any

from translators.edifact.outgoing import Party
from translators.findings import Finding
from translators.reading import Reading
from translators.writing import Envelope, Unwritable

_ROLES = {
    "purchase_order": ("buyer", "seller"),
    "order_change": ("buyer", "seller"),
    "order_response": ("seller", "buyer"),
    "delivery_schedule": ("buyer", "seller"),
    "despatch_advice": ("despatcher", "receiver"),
    "receipt": ("receiver", "despatcher"),
    "invoice": ("seller", "buyer"),
}
"""Who sends a document to whom, by its fields."""

_GLN = "14"
"""0007: the identification is a GLN."""


def add_envelope_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("the interchange that is written (EDIFACT)")
    group.add_argument("--sender", metavar="ID[:QUALIFIER]", help="else as in the input, else the party's GLN")
    group.add_argument("--recipient", metavar="ID[:QUALIFIER]")
    group.add_argument("--reference", default="1", help="of the interchange; 1 if left out")
    group.add_argument("--association", default="", metavar="CODE", help="of the message (0057), as in EAN008")
    group.add_argument("--syntax", default="UNOC:3", metavar="SET:VERSION", help="UNOC:3 if left out")
    group.add_argument("--test", action="store_true", help="mark it as a test")
    group.add_argument("--lines", action="store_true", help="one segment a line")


def envelope_for(chosen: argparse.Namespace, reading: Reading) -> Envelope:
    """The envelope for the documents of one input. Raises Unwritable when nobody says who sends to whom."""
    repertoire, _, version = chosen.syntax.partition(":")
    sender, recipient = _parties(reading)
    sender = _party(chosen.sender) or sender
    recipient = _party(chosen.recipient) or recipient
    if sender is None or recipient is None:
        text = "it is not plain who sends this to whom; say `--sender` and `--recipient`"
        raise Unwritable([Finding("map.envelope", text, act="operator")])
    return Envelope(
        sender=sender,
        recipient=recipient,
        prepared=datetime.now(),  # noqa: DTZ005 - UNB has the local time, and no zone
        reference=chosen.reference,
        association=chosen.association,
        version=version or "3",
        repertoire=repertoire,
        test=chosen.test or bool(reading.interchange and reading.interchange.test),
        layout="\n" if chosen.lines else "",
    )


def _party(word: str | None) -> Party | None:
    if word is None:
        return None
    identification, _, qualifier = word.partition(":")
    return Party(id=identification, qualifier=qualifier)


def _parties(reading: Reading) -> tuple[Party | None, Party | None]:
    known = reading.interchange
    if known is not None and reading.tree is None:  # the domains of cXML are no qualifiers of an interchange
        return (
            Party(id=known.sender, qualifier=known.sender_qualifier or ""),
            Party(id=known.recipient, qualifier=known.recipient_qualifier or ""),
        )
    if not reading.documents:
        return None, None
    document = reading.documents[0]
    roles = _ROLES.get(document.type)
    if roles is None:
        return None, None
    return _named(document.object, roles[0]), _named(document.object, roles[1])


def _named(canonical: Any, role: str) -> Party | None:
    party = getattr(canonical, role, None)
    gln = party.identifier("gln") if party is not None else None
    return Party(id=gln, qualifier=_GLN) if gln is not None else None
