"""The ledger's verbs: all that the rest of the gateway sees of the database."""

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

from gateway.ledger import (
    delivering,
    finding,
    judging,
    offering,
    operating,
    overdue,
    partners,
    reading,
    recording,
    retention,
    sequencing,
    verifying,
    watching,
)
from gateway.ledger.acknowledging import Acknowledgements
from gateway.ledger.certificates import CertificateExchanges
from gateway.ledger.checkpoints import SigningKey, Verifier
from gateway.ledger.database import Pool, connection, migrate, open_pool
from gateway.ledger.entries import Acceptance, Conflicting, Recorded, Refusal
from gateway.ledger.exchanging import Exchanges
from gateway.ledger.files import Files, NewFile
from gateway.ledger.interchanges import LongInterchanges
from gateway.ledger.leasing import Lease, Leases
from gateway.ledger.mailbox import Mailboxes
from gateway.ledger.operating import Balance, Depth, ParkedDelivery, Selection
from gateway.ledger.payloads import Payloads
from gateway.ledger.pickups import Pickups
from gateway.ledger.pieces import Pieces
from gateway.ledger.reading import KeptDocument, MessageFilter, MessageHead, MessageHistory
from gateway.ledger.recording import Note, Recorder
from gateway.ledger.sealing import Sealer
from gateway.ledger.shipping import Parcels
from gateway.ledger.webhooks import Webhooks
from gateway.ledger.work import Result, Work

PATIENCE = 10.0
"""Seconds a process that starts waits for a database that is restarting."""


class Ledger:
    """Open with `open_ledger`. Every verb raises LedgerUnavailable when the database does not answer."""

    def __init__(self, pool: Pool, payloads: Payloads, worker: str) -> None:
        self._pool = pool
        self._payloads = payloads
        self._worker = worker
        self._recorder: Recorder | None = None
        self.leases = Leases(pool, worker)
        self.parcels = Parcels(pool, payloads)
        self.acknowledgements = Acknowledgements(pool)
        self.webhooks = Webhooks(pool)
        self.mailboxes = Mailboxes(pool, payloads, self.parcels)
        self.exchanges = Exchanges(pool)
        self.certificates = CertificateExchanges(pool)
        self.pickups = Pickups(pool, worker)
        self.pieces = Pieces(pool, payloads)
        self.files = Files(pool, payloads, self.pieces)
        self.interchanges = LongInterchanges(pool)
        self.masking_key = payloads.masking_key

    async def close(self) -> None:
        if self._recorder is not None:
            await self._recorder.close()
        await self._pool.close()

    async def ping(self) -> None:
        async with connection(self._pool) as held:
            await held.execute("select 1")

    # -- in --------------------------------------------------------------------------------------------------------

    async def record(self, entry: Acceptance) -> Recorded | Conflicting:
        """Keep an accepted submission; returns after the commit, with the stored statement for a repetition."""
        return await self._open_recorder().record(entry)

    async def record_together(
        self, entries: list[Acceptance], files: Sequence[NewFile] = ()
    ) -> list[Recorded | Conflicting]:
        """Keep accepted submissions and their files in one commit; none of them where one is in conflict."""
        return await recording.record_together(self._pool, self._payloads, entries, files)

    async def refuse(self, entry: Refusal) -> None:
        """Keep a refused submission; returns after the commit."""
        await self._open_recorder().keep(entry)

    async def note(self, body: bytes, message_id: UUID | None = None) -> None:
        """Keep an event that belongs to no new message."""
        await self._open_recorder().keep(Note(message_id, body))

    # -- out -------------------------------------------------------------------------------------------------------

    async def shards_with_work(self, destination: str, shards: Sequence[int]) -> list[int]:
        return await delivering.shards_with_work(self._pool, destination, shards)

    async def next_deliveries(self, lease: Lease, limit: int) -> list[Work]:
        return await delivering.next_deliveries(self._pool, self._payloads, lease, self._worker, limit)

    async def settle(self, lease: Lease, results: Sequence[Result]) -> None:
        """Raises Fenced when the lease was lost; nothing of the batch is then recorded here."""
        await delivering.settle(self._pool, self._payloads, lease, self._worker, results)

    async def fetch_offered(self, destination: str, *, limit: int, seconds: float) -> list[offering.OfferedDelivery]:
        return await offering.fetch_offered(self._pool, self._payloads, destination, limit=limit, seconds=seconds)

    async def acknowledge(
        self, destination: str, message_id: UUID, number: int, *, accepted: bool, reference: str, actor: str
    ) -> offering.Acknowledged:
        return await offering.acknowledge(
            self._pool, destination, message_id, number, accepted=accepted, reference=reference, actor=actor
        )

    # -- operators -------------------------------------------------------------------------------------------------

    async def replay(
        self, selection: Selection, *, actor: str, reason: str, per_second: float = 1.0, limit: int = 1000
    ) -> list[str]:
        return await operating.replay(
            self._pool, selection, actor=actor, reason=reason, per_second=per_second, limit=limit
        )

    async def cancel(self, message_id: UUID, number: int, *, actor: str, reason: str) -> bool:
        return await operating.cancel(self._pool, message_id, number, actor=actor, reason=reason)

    async def parked(
        self, *, destination: str | None = None, cause: str | None = None, limit: int = 100
    ) -> list[ParkedDelivery]:
        return await operating.parked(self._pool, destination=destination, cause=cause, limit=limit)

    async def waiting(
        self, *, destination: str | None = None, sender: str | None = None, limit: int = 100
    ) -> list[finding.WaitingDelivery]:
        """What has not ended and is not parked."""
        return await finding.waiting(self._pool, destination=destination, sender=sender, limit=limit)

    async def find(self, wanted: finding.Wanted, *, contained: bool = False, limit: int = 20) -> list[UUID]:
        """Ids of messages of anybody, newest first."""
        return await finding.find(self._pool, wanted, contained=contained, limit=limit)

    async def balance(self) -> Balance:
        return await operating.balance(self._pool)

    async def depths(self) -> list[Depth]:
        return await operating.depths(self._pool)

    async def suspend_partner(self, partner: str, *, actor: str, reason: str) -> bool:
        return await partners.suspend(self._pool, partner, actor=actor, reason=reason)

    async def resume_partner(self, partner: str, *, actor: str, reason: str) -> bool:
        return await partners.resume(self._pool, partner, actor=actor, reason=reason)

    async def approve_partner(self, partner: str, *, actor: str, approved_by: str, revision: str, reason: str) -> None:
        await partners.approve(
            self._pool, partner, actor=actor, approved_by=approved_by, revision=revision, reason=reason
        )

    async def withdraw_approval(self, partner: str, *, actor: str, reason: str) -> bool:
        return await partners.withdraw(self._pool, partner, actor=actor, reason=reason)

    async def partner_decisions(self) -> list[partners.PartnerDecision]:
        """Suspensions and approvals that hold now."""
        return await partners.decisions(self._pool)

    async def warn_of_certificates(self, ends: Sequence[partners.CertificateEnd]) -> list[partners.CertificateEnd]:
        return await partners.warn_of_certificates(self._pool, ends)

    async def kept_messages(self, after: UUID, before: datetime, limit: int) -> list[retention.KeptMessage]:
        """Messages received before that moment whose payloads are here, after the id, oldest first."""
        return await retention.kept_messages(self._pool, after, before, limit)

    async def erase_payloads(self, ids: Sequence[UUID], *, rule: str, policy: str) -> retention.Erased:
        return await retention.erase_payloads(self._pool, ids, rule=rule, policy=policy)

    async def telling_messages(self, after: UUID, before: datetime, limit: int) -> list[retention.KeptMessage]:
        """Messages received before that moment whose payloads are erased and whose events are here."""
        return await retention.telling_messages(self._pool, after, before, limit)

    async def erase_events(self, ids: Sequence[UUID], *, rule: str, policy: str) -> int:
        return await retention.erase_events(self._pool, ids, rule=rule, policy=policy)

    async def notice_overdue(self) -> list[overdue.OverdueDelivery]:
        """Deliveries that have passed their deadline since the last look."""
        return await overdue.notice_overdue(self._pool)

    async def overdue_now(self) -> list[overdue.OverdueCount]:
        return await overdue.overdue_now(self._pool)

    async def rotate_keys(self) -> int:
        """Rewrap every data key with the newest payload key; returns how many."""
        total = 0
        while done := await self._payloads.rotate(self._pool):
            total += done
        return total

    # -- reading ---------------------------------------------------------------------------------------------------

    async def history(self, message_id: UUID) -> MessageHistory | None:
        return await reading.history(self._pool, message_id)

    async def documents(self, message_id: UUID) -> list[KeptDocument]:
        """Its documents with their bodies; none for a message that was refused, or is not there."""
        return await reading.documents(self._pool, self._payloads, message_id)

    async def list_messages(self, which: MessageFilter, limit: int) -> list[MessageHead]:
        return await reading.list_messages(self._pool, which, limit)

    def judged_since(self, since: datetime) -> AsyncIterator[judging.JudgedMessage]:
        """Messages in the order in which they came, with the facts they were judged by."""
        return judging.judged_since(self._pool, since)

    async def judged_one(self, message_id: UUID) -> judging.JudgedMessage | None:
        """None for a message that is not there, or was recorded before facts were kept."""
        return await judging.judged_one(self._pool, message_id)

    async def content(self, message_id: UUID) -> bytes | None:
        """The bytes of a submission; None when they are kept no longer."""
        return await reading.content(self._pool, self._payloads, message_id)

    async def without_facts(self, since: datetime) -> int:
        return await judging.without_facts(self._pool, since)

    async def refused_requests(self, since: datetime) -> list[judging.RefusedSum]:
        """Sums of requests refused before their body was read."""
        return await judging.refused_requests(self._pool, since)

    # -- rules -----------------------------------------------------------------------------------------------------

    async def report_gateway(self, report: watching.GatewayReport) -> list[watching.RunningGateway]:
        """Says which rules this process runs; returns what all of them say."""
        return await watching.report_gateway(self._pool, self._worker, report)

    async def forget_gateway(self) -> None:
        """This process runs no rules any more."""
        await watching.forget_gateway(self._pool, self._worker)

    async def gateways(self) -> list[watching.RunningGateway]:
        return await watching.gateways(self._pool)

    async def add_shadow(
        self, candidate: str, live: str, *, judged: int, skipped: int, differences: Sequence[watching.Difference]
    ) -> None:
        await watching.add_shadow(self._pool, candidate, live, judged=judged, skipped=skipped, differences=differences)

    async def shadow_runs(self) -> list[watching.ShadowRun]:
        return await watching.shadow_runs(self._pool)

    # -- the audit -------------------------------------------------------------------------------------------------

    async def tree_size(self) -> int:
        """Events under the newest checkpoint."""
        return await sequencing.tree_size(self._pool)

    async def prove(self, message_id: UUID) -> sequencing.Proof | None:
        return await sequencing.prove(self._pool, message_id)

    async def verify(self, verifiers: Collection[Verifier], *, anchor: Path | None = None) -> verifying.Verdict:
        return await verifying.verify(self._pool, list(verifiers), anchor=anchor)

    def sequencer(
        self, key: SigningKey, *, cosigning: Sequence[SigningKey] = (), anchor: Path | None = None
    ) -> sequencing.Sequencer:
        return sequencing.Sequencer(self._pool, key, cosigning=cosigning, anchor=anchor)

    def _open_recorder(self) -> Recorder:
        if self._recorder is None:
            self._recorder = Recorder(self._pool, self._payloads)
        return self._recorder


async def open_ledger(url: str, sealer: Sealer, *, worker: str, connections: int = 8) -> Ledger:
    """Connect and bring the schema up to date. `worker` names this process in leases and attempts."""
    pool = await open_pool(url, size=connections, patience=PATIENCE)
    await migrate(pool)
    return Ledger(pool, Payloads(sealer), worker)
