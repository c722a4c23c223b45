"""Who sends a cXML document to whom, as its header says: the credentials of From, To and Sender.

What stands there belongs to the transmission and not to the order or invoice in it. A shared secret is never read.
Source: cXML User's Guide 1.2, "Header" and "Credential".
"""

from typing import Any

from msgspec import Struct


class Credential(Struct, frozen=True):
    """An identity in the domain that gave it, such as `NetworkID` or `DUNS`."""

    domain: str
    identity: str


class CxmlHeader(Struct, frozen=True, kw_only=True):
    """`carrier` is who handed the document over (Sender); a marketplace between both is neither From nor To.

    `payload` names the transmission: the same one is never sent twice under two of them. What is `also_` said names the
    same company in other domains, as the guide has it.
    """

    sender: Credential
    recipient: Credential
    carrier: Credential | None
    payload: str
    test: bool
    also_sender: tuple[Credential, ...] = ()
    also_recipient: tuple[Credential, ...] = ()


def gather_descriptions(root: Any) -> None:
    """Put the text of each description before its short name: a guide's example begins with the name, others end so.

    `<Description><ShortName>Bolt</ShortName>Bolt M8, zinc plated</Description>` says the same either way; read is what
    stands first in an element.
    """
    for short in root.iter("ShortName"):
        behind = (short.tail or "").strip()
        if behind:
            parent = short.getparent()
            parent.text = " ".join(filter(None, ((parent.text or "").strip(), behind)))
            short.tail = None


def header_of(root: Any) -> CxmlHeader | None:
    """The header of a cXML document; None for other XML, and where From, To or the payload's name is missing."""
    if root.tag != "cXML":
        return None
    senders, recipients, carriers = (_credentials(root, role) for role in ("From", "To", "Sender"))
    payload = (root.get("payloadID") or "").strip()
    if not senders or not recipients or not payload:
        return None
    mode = next((each.get("deploymentMode") for each in root if each.get("deploymentMode")), None)
    return CxmlHeader(
        sender=senders[0],
        recipient=recipients[0],
        carrier=carriers[0] if carriers else None,
        payload=payload,
        test=mode == "test",
        also_sender=senders[1:],
        also_recipient=recipients[1:],
    )


def _credentials(root: Any, role: str) -> tuple[Credential, ...]:
    """All of `role` that name somebody, in their order."""
    found = []
    for each in root.findall(f"Header/{role}/Credential"):
        identity = (each.findtext("Identity") or "").strip()
        if identity:
            found.append(Credential((each.get("domain") or "").strip(), identity))
    return tuple(found)
