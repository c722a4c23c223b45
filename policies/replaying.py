"""Past messages judged again by other rules: what would have been different, for whom, with examples."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from policies.deciding import OF_RULES, Change, Counting, Decision, compare, decide
from policies.facts import DocumentFacts, RequestFacts
from policies.policyset import PolicySet
from policies.verdicts import Refused, RuleRef

MOST_EXAMPLES = 3
_OF_CONTENT = "schema.not_matched"


class Past(Struct, frozen=True, kw_only=True):
    """A message as it was judged then. `code` and `rule` of its refusal; `routes` as `odoo sale_order.create`.

    `content` gives its bytes, when they are still kept.
    """

    id: str
    request: RequestFacts
    documents: tuple[DocumentFacts, ...]
    code: str | None = None
    rule: str | None = None
    routes: tuple[str, ...] = ()
    content: Callable[[], bytes | None] | None = None


class PastSum(Struct, frozen=True, kw_only=True):
    """Requests refused before their body was read; `example` is one of them."""

    requests: int
    code: str
    rule: str
    example: RequestFacts


class Example(Struct, frozen=True, kw_only=True):
    id: str | None
    at: datetime
    was: str
    would_be: str


class Difference(Struct, frozen=True, kw_only=True):
    """All that changes for one sender, in one way, by one rule of the candidate."""

    sender: str
    change: str
    rule: str
    count: int
    examples: tuple[Example, ...]


class Replayed(Struct, frozen=True, kw_only=True):
    """`unreadable`: refused by no rule, so by none of the candidate's. `unchecked`: their bytes were
    not held against the candidate's schemas; `limited`: requests that limits refused, known as sums only, so that no
    candidate can be tried on them."""

    revision: str
    messages: int
    unreadable: int
    unchecked: int
    requests: int
    limited: int
    observed: tuple[tuple[str, int], ...]
    differences: tuple[Difference, ...]


class Replay:
    """Takes past messages in the order in which they came; `counting` counts in their time."""

    def __init__(self, candidate: PolicySet, counting: Counting | None = None) -> None:
        self._candidate = candidate
        self._counting = counting
        self._sums: dict[tuple[str, str, str], list[Any]] = {}
        self._observed: dict[RuleRef, int] = {}
        self._messages = self._unreadable = self._unchecked = self._requests = self._limited = 0

    def message(self, past: Past) -> Change | None:
        """None when the candidate says the same."""
        self._messages += 1
        if past.code is not None and past.code not in OF_RULES:
            self._unreadable += 1
            return None
        decided = decide(self._candidate, past.request, past.documents, self._counting)
        decision = self._with_schema(past, decided)
        if decision is None:
            return None
        for rule in decision.observed:
            self._observed[rule] = self._observed.get(rule, 0) + 1
        change = compare(past.code, past.rule, past.routes, decision)
        if change is not None:
            self._note(past.request, past.id, 1, change)
        return change

    def requests(self, past: PastSum) -> Change | None:
        """Sums of what was refused before the body; limits are left out, because the times are not known."""
        if past.code.startswith("limit.") and past.code != "limit.none_applies":
            self._limited += past.requests
            return None
        self._requests += past.requests
        decision = decide(self._candidate, past.example, ())
        change = compare(past.code, past.rule, (), decision)
        if change is not None:
            self._note(past.example, None, past.requests, change)
        return change

    def report(self) -> Replayed:
        differences = [
            Difference(sender=sender, change=change, rule=rule, count=count, examples=tuple(examples))
            for (sender, change, rule), (count, examples) in self._sums.items()
        ]
        observed = sorted(((str(rule), count) for rule, count in self._observed.items()), key=lambda one: -one[1])
        return Replayed(
            revision=self._candidate.revision,
            messages=self._messages,
            unreadable=self._unreadable,
            unchecked=self._unchecked,
            requests=self._requests,
            limited=self._limited,
            observed=tuple(observed),
            differences=tuple(sorted(differences, key=lambda one: (-one.count, one.sender, one.rule))),
        )

    def _note(self, request: RequestFacts, id_: str | None, count: int, change: Change) -> None:
        found = self._sums.setdefault((request.sender, change.kind, change.rule), [0, []])
        found[0] += count
        if len(found[1]) < MOST_EXAMPLES:
            found[1].append(Example(id=id_, at=request.at, was=change.was, would_be=change.would_be))

    def _with_schema(self, past: Past, decision: Decision) -> Decision | None:
        """A document that facts allow may still not match its schema: then its bytes decide, where they can be had.

        None when nobody can tell: it did not match then, and its bytes are not at hand.
        """
        if not decision.allowed or not decision.schemas:
            return decision
        content = past.content() if past.content is not None else None
        if content is None:
            self._unchecked += 1
            return decision if past.code != _OF_CONTENT else None
        return _judged_by_schemas(self._candidate, past.documents, content) or decision


def _judged_by_schemas(rules: PolicySet, documents: Sequence[DocumentFacts], content: bytes) -> Decision | None:
    for document in documents:
        schema = rules.schema_for(document)
        if schema is None or isinstance(schema, Refused) or schema.mode != "enforce":
            continue
        findings = schema.check(content)
        if findings:
            refused = schema.refusal(findings)
            return Decision(
                allowed=False, stage="document 1", rule=refused.rule, code=refused.code, text=refused.text,
                act=refused.act, revision=rules.revision,
            )  # fmt: skip
    return None
