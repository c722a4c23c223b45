"""A document held against the rules in force as if the partner had sent it; nothing is kept of it anywhere."""

from uuid import UUID

from msgspec.structs import replace

from gateway.intake import Intake
from gateway.ledger.entries import Acceptance, Recorded, Refusal
from gateway.rehearsing import Rehearsal
from gateway.statements import Admission
from gateway.submissions import Channel, Credential, Receipt, Rejection, Submission
from partners.profile import Partner
from policies.facts import Verb

API_VERSION = "v1"
Tried = tuple[Receipt | Rejection, Admission | None]
"""What it would have come to, and the admission where it came so far."""


class Nowhere:
    """Stands where the ledger stands."""

    async def record(self, entry: Acceptance) -> Recorded:
        return Recorded(entry.message_id, entry.statement, duplicate=False)

    async def refuse(self, entry: Refusal) -> None:
        """A refusal is told, and that is all."""

    async def note(self, body: bytes, message_id: UUID | None = None) -> None:
        """No audit is kept of what nobody sent."""


def nothing_kept() -> Rehearsal:
    """For an Intake that looks and keeps nothing at all, not even that it looked."""
    return Rehearsal(Nowhere())


def credential_of(partner: Partner, channel: Channel) -> Credential | None:
    """What the partner proves on this channel when everything is as its profile says; None where it has no such way."""
    if channel == "as2":
        return None if partner.as2 is None else Credential(
            kind="partner", client=partner.as2.theirs, towards=partner.as2.ours, channel="as2"
        )  # fmt: skip
    if channel == "sftp":
        mailbox = partner.sftp.mailbox if partner.sftp is not None else None
        return Credential(kind="partner", client=mailbox.account, channel="sftp") if mailbox is not None else None
    if not partner.clients:
        return None
    return Credential(
        kind="partner",
        client=partner.clients[0],
        roles=frozenset(partner.oauth.roles if partner.oauth is not None else ()),
        scopes=frozenset(partner.oauth.scopes if partner.oauth is not None else ()),
        binding=partner.binding,
    )


async def tried(intake: Intake, credential: Credential, content: bytes, media_type: str) -> Tried:
    """As the sandbox takes it: also of a partner that is not live, what is no test, and tests that are not agreed."""
    admission = await intake.admit(credential, API_VERSION)
    if not isinstance(admission, Admission):
        return admission, None
    admission = replace(admission, sender=replace(admission.sender, testing=False), is_trial=True)
    return await intake.accept(Submission(content=content, media_type=media_type), admission), admission


async def may(intake: Intake, credential: Credential, verb: Verb) -> bool:
    return isinstance(await intake.admit(credential, API_VERSION, verb), Admission)
