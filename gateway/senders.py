"""Whose credential it is, which plant a document concerns: proven facts held against the profiles."""

from gateway.clock import now
from gateway.submissions import Credential, Rejection, Sender
from partners.directory import Directory, is_open
from partners.profile import Partner
from policies.facts import RequestFacts, Verb
from translators.reading import Document


def find_sender(partners: Directory, credential: Credential) -> Sender | Rejection:
    """Whose credential it is. Corporate clients stand in no profile: their roles are all they have."""
    if credential.kind == "corporate":
        return Sender(kind="corporate", id=credential.client, plan=None, credential=credential)
    found = partners.by_client(credential.kind, credential.client)
    if found is None:
        return Rejection(code="sender.unknown", text="no profile names this client", act="ask us to finish onboarding")
    if credential.plant not in (None, found.id):
        text = f"the token names plant `{credential.plant}`, but its client belongs to `{found.id}`"
        return Rejection(
            code="sender.unknown", text=text, act="correct the client's `plant` claim or the plant's profile"
        )
    if not is_open(found, now()):
        return Rejection(code="sender.suspended", text=f"`{found.id}` is suspended", act="ask your contact here why")
    if found.binding not in ("none", credential.binding):
        text = f"`{found.id}` must present a token bound by {found.binding}"
        return Rejection(code="sender.binding_required", text=text, act=f"obtain tokens bound by {found.binding}")
    plan = found.plan if isinstance(found, Partner) else None
    return Sender(kind=credential.kind, id=found.id, plan=plan, credential=credential)


def plant_of(partners: Directory, document: Document) -> str | None:
    """The plant a document concerns: the site that reports, or the place it is shipped to."""
    if document.site is not None:
        return document.site if document.site in partners.plants else None
    plant = partners.plant_by_gln(document.ship_to) if document.ship_to else None
    return plant.id if plant else None


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
