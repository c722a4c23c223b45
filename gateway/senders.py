"""Whose credential it is, which plant a document concerns: proven facts held against the profiles."""

from gateway.clock import now
from gateway.submissions import Channel, Credential, Rejection, Sender
from partners.directory import Directory, is_open
from partners.profile import Partner, Plant
from policies.facts import RequestFacts, Verb
from translators.reading import Document


def find_sender(partners: Directory, credential: Credential) -> Sender | Rejection:
    """Whose credential it is. Corporate clients stand in no profile: their roles are all they have."""
    if credential.kind == "corporate":
        return Sender(kind="corporate", id=credential.client, plan=None, credential=credential)
    found = _profile(partners, credential)
    if found is None:
        text = f"no profile names this {_CALLED[credential.channel]}"
        return Rejection(code="sender.unknown", text=text, act="ask us to finish onboarding")
    if credential.plant not in (None, found.id):
        text = f"the token names plant `{credential.plant}`, but its client belongs to `{found.id}`"
        return Rejection(
            code="sender.unknown", text=text, act="correct the client's `plant` claim or the plant's profile"
        )
    if not is_open(found, now()):
        return Rejection(code="sender.suspended", text=f"`{found.id}` is suspended", act="ask your contact here why")
    if credential.channel == "http" and found.binding not in ("none", credential.binding):
        text = f"`{found.id}` must present a token bound by {found.binding}"
        return Rejection(code="sender.binding_required", text=text, act=f"obtain tokens bound by {found.binding}")
    plan = found.plan if isinstance(found, Partner) else None
    testing = found.state == "testing"
    return Sender(kind=credential.kind, id=found.id, plan=plan, credential=credential, testing=testing)


_CALLED: dict[Channel, str] = {"http": "client", "as2": "pair of AS2 names", "sftp": "account"}


def _profile(partners: Directory, credential: Credential) -> Partner | Plant | None:
    """By the name under which the channel knows its callers; what proves it is the channel's matter."""
    if credential.channel == "as2":
        return partners.by_as2(credential.client, credential.towards)
    if credential.fetched_from is not None:
        return partners.partners.get(credential.fetched_from)
    if credential.channel == "sftp":
        return partners.by_account(credential.client)
    return partners.by_client(credential.kind, credential.client)


def plant_of(partners: Directory, document: Document) -> str | None:
    """The plant a document concerns: the site that reports, or the place it is shipped to."""
    if document.site is not None:
        return document.site if document.site in partners.plants else None
    plant = partners.plant_by_gln(document.ship_to) if document.ship_to else None
    return plant.id if plant else None


_RECIPIENTS: dict[str, tuple[str, ...]] = {
    "purchase_order": ("seller",),
    "order_change": ("seller",),
    "order_response": ("buyer", "ship_to", "invoicee"),
    "delivery_schedule": ("supplier", "ship_from"),
    "despatch_advice": ("receiver", "ship_to"),
    "receipt": ("despatcher", "ship_from"),
    "invoice": ("invoicee", "buyer", "ship_to"),
    "remittance_advice": ("payee",),
    "price_catalogue": ("buyer",),
    "sales_report": ("receiver", "supplier"),
    "transport_status": ("receiver", "consignee"),
    "inventory_snapshot": ("receiver",),
    "quality_event": ("receiver",),
    "ack": ("receiver",),
}
"""Of each type, the parties it may be for, the likeliest first."""


def recipient_of(partners: Directory, document: Document) -> str | None:
    """The partner a document is for: the first party on the other side whose GLN, DUNS or VAT number is a partner's."""
    for role in _RECIPIENTS.get(document.type, ()):
        party = getattr(document.object, role, None)
        for identifier in party.identifiers if party is not None else ():
            found = partners.partner_named(identifier.scheme, identifier.value)
            if found is not None:
                return found.id
    return None


def request_facts(sender: Sender, api_version: str, verb: Verb = "send") -> RequestFacts:
    credential = sender.credential
    return RequestFacts(
        sender_kind=sender.kind,
        sender=sender.id,
        client=credential.client,
        roles=credential.roles,
        scopes=credential.scopes,
        plan=sender.plan,
        channel=credential.channel,
        api_version=api_version,
        address=credential.address,
        binding=credential.binding,
        at=now(),
        verb=verb,
    )
