"""How long payloads and events stay. Of all rules that match the longest holds: nothing goes that a rule wants kept."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

from policies.amounts import Term
from policies.conditions import Facts
from policies.facts import RequestFacts
from policies.flows import Flow
from policies.reading import Read
from policies.routes import flows_in
from policies.scopes import Names, ScopedRule, check_scope
from policies.verdicts import RuleRef
from policies.written import Force, Written, force_of
from translators.fileproblems import FileProblem

Verdicts = tuple[Literal["accepted", "refused"], ...]


class RetentionRule(ScopedRule, frozen=True, kw_only=True):
    """What came from these senders, of these documents and flows, stays at least so long. `observe`: erases nothing
    itself and only tells what it would have."""

    verdicts: Verdicts = ()
    flows: Names = ()
    test: bool | None = None
    keep_payloads: Term
    keep_events: Term | None = None
    """Left out: for good."""


class RetentionFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`retention.yaml`."""

    kind: Literal["retention"]
    rules: tuple[RetentionRule, ...]


class Kept(Struct, frozen=True, kw_only=True):
    """What a rule of retention may look at: a message as the ledger keeps it. `facts`: those it was judged by."""

    request: RequestFacts
    documents: tuple[Facts, ...] = ()
    document_type: str | None = None
    verdict: str
    flows: tuple[str, ...] = ()
    test: bool = False


class Decision(Struct, frozen=True):
    """`keep` is None when nothing says how long: then it stays. `observed`: what rules in observe mode say.

    `events` is how long its events stay, None for good; it is never shorter than `keep`.
    """

    rule: RuleRef
    keep: timedelta | None
    events: timedelta | None = None
    observed: tuple[tuple[RuleRef, timedelta], ...] = ()


class _Holding:
    def __init__(self, written: Written[RetentionRule]) -> None:
        self.rule = written.rule
        self.ref = written.ref
        self.keep = timedelta(seconds=written.rule.keep_payloads.seconds)
        events = written.rule.keep_events
        self.events = timedelta(seconds=events.seconds) if events is not None else None
        self._force: Force | None = force_of(written)

    def holds(self, kept: Kept) -> bool:
        """A condition that cannot be judged keeps."""
        rule = self.rule
        if not rule.covers(kept.request) or (rule.verdicts and kept.verdict not in rule.verdicts):
            return False
        if rule.documents and kept.document_type not in rule.documents:
            return False
        if rule.flows and set(rule.flows).isdisjoint(kept.flows):
            return False
        if rule.test is not None and rule.test is not kept.test:
            return False
        if self._force is None:
            return True
        return any(self._force.holds(facts, unsure=True) for facts in kept.documents or (kept.request,))


class Retention:
    """All rules of retention of a set; where none matches, the flows of a message decide."""

    FILE = RetentionFile

    def __init__(self, read: Read) -> None:
        rules = [_Holding(one) for one in read.lists["rules"]]
        self._enforced = [one for one in rules if one.rule.mode == "enforce"]
        self._observed = [one for one in rules if one.rule.mode == "observe"]
        self._flows: dict[str, Flow] = flows_in(read)
        self._default = read.default
        kept = [one.keep for one in rules] + [timedelta(seconds=one.keep.seconds) for one in self._flows.values()]
        self.shortest = min(kept)
        """Nothing younger is ever erased."""
        self.shortest_events = min((one.events for one in self._enforced if one.events is not None), default=None)
        """The same of events; None where they all stay for good."""

    @staticmethod
    def check(read: Read) -> Iterator[FileProblem]:
        flows = flows_in(read)
        for written in read.lists["rules"]:
            yield from check_scope(written)
            payloads, events = written.rule.keep_payloads, written.rule.keep_events
            if events is not None and events.seconds < payloads.seconds:
                text = f"events tell what became of the bytes; keep them no shorter than these, {payloads.text}"
                yield written.problem("keep_events", text)
            for number, flow in enumerate(written.rule.flows):
                if "flows" in read.others and flow not in flows:
                    yield written.problem(f"flows[{number}]", f"there is no flow `{flow}` in flows.yaml")

    def of(self, kept: Kept) -> Decision:
        observed = tuple((one.ref, one.keep) for one in self._observed if one.holds(kept))
        matching = [one for one in self._enforced if one.holds(kept)]
        if matching:
            longest_rule = max(matching, key=lambda one: one.keep)
            return Decision(longest_rule.ref, longest_rule.keep, _longest(matching), observed)
        flows = [self._flows[name] for name in kept.flows if name in self._flows]
        if flows and len(flows) == len(kept.flows):
            longest = max(flows, key=lambda flow: flow.keep.seconds)
            ref = RuleRef("flows", longest.name, "flows.yaml", 0)
            return Decision(ref, timedelta(seconds=longest.keep.seconds), observed=observed)
        return Decision(self._default, None, observed=observed)


def _longest(matching: list[_Holding]) -> timedelta | None:
    """For good, when one of them says nothing of events."""
    found = [one.events for one in matching]
    times = [one for one in found if one is not None]
    return max(times) if len(times) == len(found) else None


def is_over(decision: Decision, received_at: datetime, now: datetime) -> bool:
    return decision.keep is not None and received_at + decision.keep <= now
