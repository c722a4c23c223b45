"""How long payloads stay. Of all rules that match the longest holds: nothing is erased that a rule still wants kept."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

from policies.amounts import Duration
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
    keep_payloads: Duration


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
    """`keep` is None when nothing says how long: then it stays. `observed`: what rules in observe mode say."""

    rule: RuleRef
    keep: timedelta | None
    observed: tuple[tuple[RuleRef, timedelta], ...] = ()


class _Holding:
    def __init__(self, written: Written[RetentionRule]) -> None:
        self.rule = written.rule
        self.ref = written.ref
        self.keep = timedelta(seconds=written.rule.keep_payloads.seconds)
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

    @staticmethod
    def check(read: Read) -> Iterator[FileProblem]:
        flows = flows_in(read)
        for written in read.lists["rules"]:
            yield from check_scope(written)
            for number, flow in enumerate(written.rule.flows):
                if "flows" in read.others and flow not in flows:
                    yield written.problem(f"flows[{number}]", f"there is no flow `{flow}` in flows.yaml")

    def of(self, kept: Kept) -> Decision:
        observed = tuple((one.ref, one.keep) for one in self._observed if one.holds(kept))
        holding = max((one for one in self._enforced if one.holds(kept)), key=lambda one: one.keep, default=None)
        if holding is not None:
            return Decision(holding.ref, holding.keep, observed)
        flows = [self._flows[name] for name in kept.flows if name in self._flows]
        if flows and len(flows) == len(kept.flows):
            longest = max(flows, key=lambda flow: flow.keep.seconds)
            ref = RuleRef("flows", longest.name, "flows.yaml", 0)
            return Decision(ref, timedelta(seconds=longest.keep.seconds), observed)
        return Decision(self._default, None, observed)


def is_over(decision: Decision, received_at: datetime, now: datetime) -> bool:
    return decision.keep is not None and received_at + decision.keep <= now
