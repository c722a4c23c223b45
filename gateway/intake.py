"""Everything that happens to a message on its way in. `accept` is the page."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from uuid import UUID

import msgspec
from msgspec import Struct

from gateway.agreed import as_agreed
from gateway.answering import agrees, answered, answered_refusal, with_words
from gateway.counters import Charging
from gateway.judgement import Judged, Judgement, facts_of
from gateway.ledger.entries import Acceptance, Conflicting, Recorded, Records
from gateway.ledger.exchanges import AnsweredExchange, Overtaken
from gateway.limited import RefusedRequests
from gateway.places import places_of
from gateway.reading import read_within, understand_beside
from gateway.receiptsowed import owing_receipt
from gateway.recoding import in_our_codes
from gateway.rejections import by_rule, conflict, fields_of, other_type, unreadable
from gateway.routing import Deliveries
from gateway.senders import find_sender, recipient_of, request_facts
from gateway.shadowing import Shadow
from gateway.statements import Admission, acceptance, conflict_leaf, refusal
from gateway.submissions import Credential, Receipt, Rejection, Submission, Suspended
from gateway.suspending import (
    Divided,
    agreement_about,
    lane_of,
    may_go_on_without,
    modes_of,
    read_apart,
    stated,
    without,
)
from gateway.trials import only_tests, without_effect
from gateway.understanding import Understood
from partners.agreedforms import NO_FORMS
from partners.agreements import Agreement
from partners.live import LiveDirectory
from partners.profile import Partner
from policies.charges import Counted
from policies.facts import DocumentFacts, Verb
from policies.limits import verdict as limits_verdict
from policies.live import LivePolicies
from policies.masking import Masking
from policies.olderversions import OlderVersions
from policies.verdicts import Refused, RuleRef
from translators.findings import Unreadable
from translators.formats import Label
from translators.identify import identify
from translators.reading import Limits, Reading

Answer = Callable[[UUID], AnsweredExchange]
"""Called with the id of a message that is about to be taken."""


class Read(Struct, frozen=True):
    """A submission that was read: by which agreement's modes, and which rules in observe mode would have refused it."""

    understood: Understood
    agreement: Agreement | None
    observed: tuple[RuleRef, ...]
    answer: Answer | None


class Intake:
    """Knows whom to ask; keeps nothing between two messages."""

    def __init__(
        self,
        policies: LivePolicies,
        partners: LiveDirectory,
        counters: Charging,
        ledger: Records,
        limits: Limits,
        shadow: Shadow | None = None,
    ) -> None:
        self._policies = policies
        self._partners = partners
        self._counters = counters
        self._ledger = ledger
        self._limits = limits
        self._refused = RefusedRequests(ledger)
        self._shadow = shadow

    def standing_in(self, ledger: Records, counters: Charging) -> "Intake":
        """The same judge before another record: for what is taken together with others."""
        return Intake(self._policies, self._partners, counters, ledger, self._limits)

    async def close(self) -> None:
        """Before the ledger is closed: what is recorded in sums is recorded up to now."""
        await self._refused.close()

    @property
    def older(self) -> OlderVersions:
        """The older versions that the rules in force still serve."""
        return self._policies.current.versions.older

    @property
    def masking(self) -> Masking:
        """What the rules in force hide from whom."""
        return self._policies.current.masking

    async def admit(self, credential: Credential, api_version: str, verb: Verb = "send") -> Admission | Rejection:
        """Before the body is read: who is it, may they call for this, is there room in their limits."""
        sender = find_sender(self._partners.current, credential)
        if isinstance(sender, Rejection):
            return sender
        rules = self._policies.current
        facts = request_facts(sender, api_version, verb)
        allowed = rules.admit(facts)
        if isinstance(allowed, Refused):
            self._refused.count(facts, allowed)
            if self._shadow is not None:
                self._shadow.see_request(facts, allowed)
            return by_rule(allowed)
        charges = rules.charges(facts)
        limited = limits_verdict(await self._counters.charge(charges))
        if isinstance(limited, Refused):
            self._refused.count(facts, limited)
            return by_rule(limited)
        fields, observed = (*allowed.fields, *limited.fields), (*allowed.observed, *limited.observed)
        return Admission(sender=sender, facts=facts, rules=rules, fields=fields, observed=observed)

    async def accept(
        self, submission: Submission, admission: Admission, answer: Answer | None = None
    ) -> Receipt | Rejection:
        """Take one submission, or say exactly why not. A Receipt means it is committed.

        `answer` writes what a channel must keep before it tells it: it is kept in the same commit, or not at all.
        Raises LedgerUnavailable; Overtaken where there is an answer already.
        """
        understood: Understood | None = None
        modes, forms = None, NO_FORMS
        try:
            older, version = admission.rules.versions.older, admission.facts.api_version
            understood = await understand_beside(submission, older, version)
            agreement = agreement_about(self._partners.current, admission, understood.label)
            modes = modes_of(agreement, admission, submission)
            forms = self._partners.current.forms(admission.sender.id, agreement.name) if agreement else NO_FORMS
            caps = admission.rules.schemas.caps
            reading, capped = await read_within(understood, admission.facts, caps, self._limits, forms)
            divided = reading if isinstance(reading, Rejection) else Divided(reading)
        except Unreadable as error:
            found = await read_apart(understood, modes, self._limits, forms) if understood is not None else None
            if found is None:
                label, findings = (None, error.findings) if understood is None else understood.told(error.findings)
                return await self._refuse(submission, admission, label, (), unreadable(findings))
            divided, capped = found, ()
        assert understood is not None, "it was read"
        if isinstance(divided, Rejection):
            return await self._refuse(submission, admission, understood.label, (), divided)
        read = Read(understood, modes, (*admission.observed, *capped), answer)
        return await self._take(submission, admission, read, divided)

    async def _take(
        self, submission: Submission, admission: Admission, read: Read, divided: Divided
    ) -> Receipt | Rejection:
        """What was read, by the profile and the rules. Where documents are refused and the agreement lets the others go
        on, those begin anew."""
        label = read.understood.label
        try:
            reading = as_agreed(divided.reading, self._partners.current, admission, label)
            reading = in_our_codes(reading, self._partners.current, admission.sender)
        except Unreadable as error:
            label, findings = read.understood.told(error.findings)
            return await self._refuse(submission, admission, label, (), unreadable(findings))
        if isinstance(reading, Rejection):
            return await self._refuse(submission, admission, label, (), reading)
        judged = self._judge(submission, admission, read, reading)
        if submission.document_type not in (None, label.document_type):
            return await self._refuse(submission, admission, label, judged.facts, other_type(submission, label))
        if judged.refused:
            fewer = without(divided, judged.refused, read.agreement, submission.content, self._limits)
            if fewer is not None:
                return await self._take(submission, admission, read, fewer)
            first = next(iter(judged.refused.values()))
            return await self._refuse(submission, admission, label, judged.facts, first)

        counted = await self._counters.charge(admission.rules.document_charges(judged.facts))
        limited = limits_verdict(counted)
        if isinstance(limited, Refused):
            return await self._refuse(submission, admission, label, judged.facts, by_rule(limited))
        observed, made = (*judged.judgement.observed, *limited.observed), judged.deliveries
        entry = acceptance(
            submission, admission, label, made.with_parts(reading), made.made, observed, judged.facts,
            trial=judged.trial, suspended=stated(divided.suspended),
        )  # fmt: skip
        entry = await self._with_answers(entry, admission, submission, label, reading, divided.suspended, judged.trial)
        recorded = await self._record(entry, counted, read.answer)
        if isinstance(recorded, Rejection) and entry.is_interchange:
            return await self._refuse(submission, admission, label, judged.facts, recorded)
        if isinstance(recorded, Rejection):
            return msgspec.structs.replace(recorded, fields=admission.fields)
        return Receipt(
            message_id=str(recorded.message_id),
            statement=recorded.statement,
            duplicate=recorded.duplicate,
            fields=judged.judgement.fields(admission.fields),
            trial=judged.trial,
            suspended=() if recorded.duplicate else divided.suspended,
        )

    def _judge(self, submission: Submission, admission: Admission, read: Read, reading: Reading) -> Judged:
        """Each document by itself; after the first that is refused no more, unless the others may go on."""
        label, partners = read.understood.label, self._partners.current
        places = [places_of(partners, document) for document in reading.documents]
        facts = [
            facts_of(admission.facts, label, document, where, len(submission.content), recipient_of(partners, document))
            for document, where in zip(reading.documents, places, strict=True)
        ]
        judgement = Judgement(admission.rules, read.understood, read.observed, reading.tree)
        trial = not admission.is_trial and only_tests(admission.sender, label.document_type, reading.documents)
        together = lane_of(read.agreement, reading)
        deliveries = Deliveries(admission.sender.id, len(facts), partners, trial=trial, together=together)
        refused: dict[int, Rejection] = {}
        for number, (document, own, where) in enumerate(zip(reading.documents, facts, places, strict=True), 1):
            why = judgement.refuses(own) or deliveries.lead(admission.rules.routes(own), document, number, where)
            if why is not None:
                refused[number] = why
            if refused and not may_go_on_without(read.agreement, reading):
                break
        return Judged(facts, judgement, deliveries, trial, refused)

    async def _with_answers(
        self,
        entry: Acceptance,
        admission: Admission,
        submission: Submission,
        label: Label,
        reading: Reading,
        suspended: Sequence[Suspended],
        trial: bool,
    ) -> Acceptance:
        """With what we owe for it, and with what it says of what we sent; a trial says nothing of that."""
        partner = self._partner(admission)
        if partner is not None:
            entry = await answered(entry, partner, label, reading, self._limits, submission.part, suspended)
        return without_effect(entry) if trial else with_words(entry, label, reading)

    async def refuse(self, submission: Submission, admission: Admission, rejection: Rejection) -> Rejection:
        """Put on record what was refused before it was read as a message."""
        label: Label | None = None
        with suppress(Unreadable):
            label = identify(submission.content, submission.media_type)
        return await self._refuse(submission, admission, label, (), rejection)

    def _partner(self, admission: Admission) -> Partner | None:
        """The sender's profile, where something that it sends is agreed."""
        sender = admission.sender
        found = self._partners.current.partners.get(sender.id) if sender.kind == "partner" else None
        return found if agrees(found) else None

    async def _record(self, entry: Acceptance, counted: Counted, answer: Answer | None) -> Recorded | Rejection:
        """Commit it. What was `counted` for a message that had come before is given back; a ledger that does not answer
        may have taken it, so then nothing is. Raises LedgerUnavailable, Overtaken."""
        if answer is not None:
            entry = msgspec.structs.replace(entry, exchange=answer(entry.message_id))
            entry = owing_receipt(entry, self._partners.current.partners.get(entry.sender))
        try:
            recorded = await self._ledger.record(entry)
        except Overtaken:
            self._counters.undo(counted)
            raise
        if isinstance(recorded, Conflicting):
            self._counters.undo(counted)
            await self._ledger.note(conflict_leaf(entry, recorded.message_id), recorded.message_id)
            return conflict(recorded.message_id, entry)
        if recorded.duplicate:
            self._counters.undo(counted)
        elif self._shadow is not None:
            self._shadow.see(entry)
        return recorded

    async def _refuse(
        self,
        submission: Submission,
        admission: Admission,
        label: Label | None,
        judged: Sequence[DocumentFacts],
        rejection: Rejection,
    ) -> Rejection:
        """Put the refusal on record and tell the sender under which id."""
        entry = refusal(submission, admission, label, judged, rejection)
        partner = self._partner(admission)
        if partner is not None:
            entry = await answered_refusal(entry, partner, label, rejection, self._limits)
        await self._ledger.refuse(entry)
        if self._shadow is not None:
            self._shadow.see(entry)
        return msgspec.structs.replace(
            rejection,
            message_id=str(entry.message_id),
            policy_revision=entry.policy_revision,
            fields=fields_of(rejection, admission.fields),
        )
