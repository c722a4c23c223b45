"""Whom and what a rule is about, and quick answers to which rules are about this one."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Generic, Protocol, TypeVar

from msgspec import Meta

from policies.conditions import Facts
from policies.facts import RequestFacts, SenderKind
from policies.written import Name, Rule, Written
from translators.yamlfiles import FileProblem

Names = tuple[Name, ...]
Senders = Annotated[tuple[SenderKind, ...], Meta(min_length=1)]

_MOST_REMEMBERED = 20_000
"""Answers kept ready by one selection; beyond it the memory starts anew, so strangers cannot fill it."""


class ScopedRule(Rule, frozen=True, kw_only=True):
    """Empty `plans`, `partners` and `documents` mean all; the kinds of `senders` must be said."""

    senders: Senders
    plans: Names = ()
    partners: Names = ()
    documents: Names = ()
    """Canonical document types (`purchase_order`)."""

    def covers(self, request: RequestFacts) -> bool:
        return (
            request.sender_kind in self.senders
            and (not self.plans or request.plan in self.plans)
            and (not self.partners or request.sender in self.partners)
        )

    def concerns(self, document_type: str) -> bool:
        return not self.documents or document_type in self.documents


S = TypeVar("S", bound=ScopedRule)


def check_scope(written: Written[S]) -> Iterator[FileProblem]:
    rule = written.rule
    for field in ("plans", "partners"):
        if getattr(rule, field) and rule.senders != ("partner",):
            text = f"only partners are chosen by `{field}`; set `senders: [partner]` or leave `{field}` out"
            yield written.problem(field, text)


class Scoped(Protocol):
    """Anything made of a rule with a scope."""

    @property
    def rule(self) -> ScopedRule: ...


I = TypeVar("I", bound=Scoped)  # noqa: E741 - an item


class Selection(Generic[I]):
    """The items about a sender and a document type, in the order of the file.

    Asked again, the answer costs one look-up, however many rules and partners there are. What a partner is told that no
    rule names is what its plan is told, so the memory grows with the rules and not with the partners.
    """

    def __init__(self, items: Iterable[I]) -> None:
        self._items = tuple(items)
        self._named = frozenset(partner for item in self._items for partner in item.rule.partners)
        self._known: dict[tuple[str, str | None, str | None, str | None], tuple[I, ...]] = {}
        self._by_partner: dict[str, list[I]] = {}
        for item in self._items:
            for partner in item.rule.partners or ("",):
                self._by_partner.setdefault(partner, []).append(item)
        self._places = {id(item): place for place, item in enumerate(self._items)}

    def __bool__(self) -> bool:
        return bool(self._items)

    def about(self, facts: Facts) -> tuple[I, ...]:
        """Before the document is read, the items about the sender."""
        if isinstance(facts, RequestFacts):
            request, document_type = facts, None
        else:
            request, document_type = facts.request, facts.document_type
        sender = request.sender if request.sender in self._named else None
        key = (request.sender_kind, sender, request.plan, document_type)
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            found = self._known[key] = self._look_up(request, document_type)
        return found

    def _look_up(self, request: RequestFacts, document_type: str | None) -> tuple[I, ...]:
        near = [*self._by_partner.get("", ()), *self._by_partner.get(request.sender, ())]
        near.sort(key=lambda item: self._places[id(item)])
        return tuple(
            item
            for item in near
            if item.rule.covers(request) and (document_type is None or item.rule.concerns(document_type))
        )
