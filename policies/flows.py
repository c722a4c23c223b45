"""Flow classes: what a kind of traffic is for, and the settings that follow from it.

A routing rule names its flow; attempts, priority and deadline that it does not write itself come from there.
"""

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from policies.amounts import Duration, Schedule
from policies.flowtable import ATTEMPTS, CRITICALITY, KEEP, LATENCY, Alert, Criticality, Latency, Recovery
from policies.reading import Read
from policies.written import Rule, limited_by
from translators.fileproblems import FileProblem


class FlowRule(Rule, frozen=True, kw_only=True):
    """`criticality`: what its failure does; `latency`: how soon it must be there; `recovery`: how it is made good."""

    criticality: Criticality
    latency: Latency
    recovery: Recovery


class FlowsFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`flows.yaml`."""

    kind: Literal["flows"]
    rules: tuple[FlowRule, ...]


class Flow(Struct, frozen=True, kw_only=True):
    """What follows from a flow class. `keep` is how long payloads stay."""

    name: str
    attempts: Schedule
    priority: int
    deadline: Duration
    alert: Alert
    keep: Duration


def flow_of(rule: FlowRule) -> Flow:
    soon, grave = LATENCY[rule.latency], CRITICALITY[rule.criticality]
    return Flow(
        name=rule.name,
        attempts=Schedule.from_text(ATTEMPTS[rule.recovery][rule.latency]),
        priority=min(9, max(0, soon.priority - grave.sooner)),
        deadline=Duration.from_text(soon.deadline),
        alert=grave.alert,
        keep=Duration.from_text(KEEP[rule.recovery][rule.criticality]),
    )


class Flows:
    """All flow classes of a set, by name."""

    FILE = FlowsFile

    def __init__(self, read: Read) -> None:
        self.by_name = {one.rule.name: flow_of(one.rule) for one in read.lists["rules"]}

    @staticmethod
    def check(read: Read) -> Iterator[FileProblem]:
        for written in read.lists["rules"]:
            rule = written.rule
            if rule.mode == "observe":
                yield written.problem("mode", "a flow is what it is; there is nothing to observe")
            for field in limited_by(rule):
                yield written.problem(field, f"a flow holds always; `{field}` belongs to the route that names it")
