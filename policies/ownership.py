"""Whose data is whose: the matrix of domain, field group, system and verb.

Each row says whether a system may write, may propose, or may not. Asked when a document comes in, about every group of
fields it sets, and again before anything is written in a destination. What no row allows is refused; a deny beats a
proposal, a proposal beats an allowance.
"""

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta, Struct

from policies.facts import DocumentFacts, RequestFacts, SenderKind
from policies.reading import Read
from policies.scopes import Names
from policies.verdicts import Refused, RuleRef
from policies.written import Force, Name, Rule, Why, Written, force_of
from translators.canonical.fieldgroups import Verb, fields_of, known_groups
from translators.yamlfiles import FileProblem
from translators.yamlsentences import enumerate_words, suggest

Effect = Literal["allow", "propose", "deny"]
_MOST_REMEMBERED = 20_000


class System(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who writes: all senders of these kinds or, with `roles`, those that have one of them. A sender may be several."""

    name: Name
    why: Why
    senders: Annotated[tuple[SenderKind, ...], Meta(min_length=1)]
    roles: tuple[str, ...] = ()

    def is_played_by(self, request: RequestFacts) -> bool:
        return request.sender_kind in self.senders and (not self.roles or not request.roles.isdisjoint(self.roles))


class OwnershipRule(Rule, frozen=True, kw_only=True):
    """A row. `groups` left out means every group of the domain."""

    domain: str
    groups: tuple[str, ...] = ()
    systems: Annotated[Names, Meta(min_length=1)]
    verbs: Annotated[tuple[Verb, ...], Meta(min_length=1)]
    effect: Effect


class OwnershipFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`ownership.yaml`."""

    kind: Literal["ownership"]
    systems: Annotated[tuple[System, ...], Meta(min_length=1)]
    rules: tuple[OwnershipRule, ...]


class Owned(Struct, frozen=True):
    """It may be written. `proposed_by` are the rows that want a person's approval first."""

    proposed_by: tuple[RuleRef, ...] = ()
    observed: tuple[RuleRef, ...] = ()


class _Row(Struct, frozen=True):
    ref: RuleRef
    effect: Effect
    enforced: bool
    force: Force | None

    def holds(self, document: DocumentFacts) -> bool:
        return self.force is None or self.force.holds(document, unsure=self.effect != "allow")


class Ownership:
    """The whole matrix."""

    FILE = OwnershipFile

    def __init__(self, read: Read) -> None:
        self._default = read.default
        self._revision = read.revision
        self._systems: tuple[System, ...] = read.content.systems
        self.rules: tuple[OwnershipRule, ...] = tuple(written.rule for written in read.lists["rules"])
        self._rows: dict[tuple[str, str], list[_Row]] = {}
        known = known_groups()
        for written in read.lists["rules"]:
            rule: OwnershipRule = written.rule
            row = _Row(written.ref, rule.effect, rule.mode == "enforce", force_of(written))
            for system in rule.systems:
                for group in rule.groups or sorted(known[rule.domain]):
                    for verb in rule.verbs:
                        self._rows.setdefault((system, f"{verb} {rule.domain}.{group}"), []).append(row)
        self._known: dict[tuple[str, frozenset[str], frozenset[str]], Owned] = {}

    @staticmethod
    def check(read: Read) -> Iterator[FileProblem]:
        yield from _check_systems(read)
        for written in read.lists["rules"]:
            yield from _check_row(written, [one.name for one in read.content.systems])

    def systems_of(self, request: RequestFacts) -> frozenset[str]:
        """What the sender is here, by its kind and its roles."""
        return frozenset(one.name for one in self._systems if one.is_played_by(request))

    def judge(self, document: DocumentFacts, writes: frozenset[str] | None = None) -> Owned | Refused:
        """What the document sets, or what an operation writes on its behalf (`writes`)."""
        request = document.request
        asked = document.writes if writes is None else writes
        key = (request.sender_kind, request.roles, asked)
        known = self._known.get(key)
        if known is not None:
            return known
        systems = self.systems_of(request)
        rows = {write: [row for system in systems for row in self._rows.get((system, write), ())] for write in asked}
        proposed: tuple[RuleRef, ...] = ()
        observed: tuple[RuleRef, ...] = ()
        for write in sorted(asked):
            holding = [row for row in rows[write] if row.holds(document)]
            observed += tuple(row.ref for row in holding if not row.enforced and row.effect == "deny")
            effects: dict[Effect, RuleRef] = {}
            for row in holding:
                if row.enforced:
                    effects.setdefault(row.effect, row.ref)
            if "deny" in effects or not effects:
                return self._refused(write, document, effects.get("deny", self._default), observed)
            if "propose" in effects:
                proposed = (*proposed, effects["propose"])
        owned = Owned(proposed, observed)
        if all(row.force is None for found in rows.values() for row in found):
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            self._known[key] = owned
        return owned

    def _refused(self, write: str, document: DocumentFacts, ref: RuleRef, observed: tuple[RuleRef, ...]) -> Refused:
        verb, _, what = write.partition(" ")
        text = f"`{what}` is not for a {document.request.sender_kind} to {verb}"
        fields = fields_of(document.document_type, what.partition(".")[2])
        act = f"leave out {enumerate_words(fields)}" if fields else "send it to whoever owns these data, or ask us"
        return Refused(ref, "ownership.not_owned", text, act, observed=observed, revision=self._revision)


def _check_systems(read: Read) -> Iterator[FileProblem]:
    seen: set[str] = set()
    for number, one in enumerate(read.content.systems):
        if one.name in seen:
            yield read.problem(f"$.systems[{number}].name", f"the system `{one.name}` is written twice")
        seen.add(one.name)


def _check_row(written: Written[OwnershipRule], systems: list[str]) -> Iterator[FileProblem]:
    rule = written.rule
    known = known_groups()
    if rule.domain not in known:
        yield written.problem("domain", f"there is no domain `{rule.domain}`; {suggest(rule.domain, sorted(known))}")
    else:
        groups = sorted(known[rule.domain])
        for number, group in enumerate(rule.groups):
            if group not in groups:
                text = f"the domain `{rule.domain}` has no group `{group}`; {suggest(group, groups)}"
                yield written.problem(f"groups[{number}]", text)
    for number, system in enumerate(rule.systems):
        if system not in systems:
            yield written.problem(f"systems[{number}]", f"there is no system `{system}`; {suggest(system, systems)}")
