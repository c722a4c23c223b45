"""What people decide about partners beside their profiles, and which ends of certificates were warned of."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec
from msgspec import Struct

from gateway.clock import as_text, now_text
from gateway.ledger.database import Connection, Pool, connection
from gateway.ledger.statements import statements
from gateway.ledger.states import Event

_SQL = statements("partners")
_NOTE = statements("recording")["note"]


class PartnerDecision(Struct, frozen=True, kw_only=True):
    """One that holds now. `approved_by` and `revision` (of the profile) belong to approvals."""

    partner: str
    decision: Literal["suspended", "approved"]
    at: datetime
    actor: str
    reason: str
    approved_by: str | None = None
    revision: str | None = None


class CertificateEnd(Struct, frozen=True, kw_only=True):
    """A certificate in use whose end is nearer than a threshold of `days`, or over with 0 days; `certificate` is its
    SHA-256 in hex.

    `partner` is theirs whose certificate it is, or who sees ours.
    """

    partner: str
    certificate: str
    days: int
    use: tuple[str, ...]
    name: str
    ends: datetime


async def suspend(pool: Pool, partner: str, *, actor: str, reason: str) -> bool:
    """False when it was suspended already. The audit event commits with it."""
    async with connection(pool) as held, held.transaction():
        done = await held.fetchval(_SQL["suspend_partner"], partner, actor, reason) is not None
        if done:
            await _note(held, Event.PARTNER_SUSPENDED, partner=partner, actor=actor, reason=reason)
    return done


async def resume(pool: Pool, partner: str, *, actor: str, reason: str) -> bool:
    """False when it was not suspended."""
    async with connection(pool) as held, held.transaction():
        done = await held.fetchval(_SQL["resume_partner"], partner) is not None
        if done:
            await _note(held, Event.PARTNER_RESUMED, partner=partner, actor=actor, reason=reason)
    return done


async def approve(pool: Pool, partner: str, *, actor: str, approved_by: str, revision: str, reason: str) -> None:
    async with connection(pool) as held, held.transaction():
        await held.execute(_SQL["approve_partner"], partner, actor, approved_by, revision, reason)
        facts = {"partner": partner, "actor": actor, "reason": reason, "approved_by": approved_by, "profile": revision}
        await _note(held, Event.PARTNER_APPROVED, **facts)


async def withdraw(pool: Pool, partner: str, *, actor: str, reason: str) -> bool:
    """Takes an approval back; False when there was none."""
    async with connection(pool) as held, held.transaction():
        done = await held.fetchval(_SQL["withdraw_approval"], partner) is not None
        if done:
            await _note(held, Event.PARTNER_WITHDRAWN, partner=partner, actor=actor, reason=reason)
    return done


async def decisions(pool: Pool) -> list[PartnerDecision]:
    async with connection(pool) as held:
        return [PartnerDecision(**dict(row)) for row in await held.fetch(_SQL["decisions"])]


async def warn_of_certificates(pool: Pool, ends: Sequence[CertificateEnd]) -> list[CertificateEnd]:
    """Those that were not warned of before, each with its event, in one transaction."""
    if not ends:
        return []
    columns = [one.partner for one in ends], [one.certificate for one in ends], [one.days for one in ends]
    async with connection(pool) as held, held.transaction():
        fresh = {tuple(row) for row in await held.fetch(_SQL["warn_of_certificates"], *columns)}
        told = [one for one in ends if (one.partner, one.certificate, one.days) in fresh]
        for one in told:
            facts = {"use": list(one.use), "name": one.name, "ends": as_text(one.ends), "days": one.days}
            event = Event.CERTIFICATE_ENDING if one.days else Event.CERTIFICATE_ENDED
            await _note(held, event, partner=one.partner, certificate=one.certificate, **facts)
    return told


async def _note(held: Connection, event: Event, **facts: object) -> None:
    leaf = msgspec.json.encode({"event": event, "at": now_text(), **facts}, order="sorted")
    await held.execute(_NOTE, [None], [leaf])
