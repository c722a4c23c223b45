"""Whom and what a rule is about, and quick answers to which rules are about this one."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Generic, Protocol, TypeVar

from msgspec import Meta

from policies.facts import DocumentFacts, RequestFacts, SenderKind
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
        if getattr(rule, field) and "partner" not in rule.senders:
            text = f"only partners are chosen by `{field}`; add `partner` to `senders` or leave `{field}` out"
            yield written.problem(field, text)


class Scoped(Protocol):
    """Anything made of a rule with a scope."""

    @property
    def rule(self) -> ScopedRule: ...


I = TypeVar("I", bound=Scoped)  # noqa: E741 - an item


class Selection(Generic[I]):
    """The items about a sender and a document type; a repeated question costs one look-up, however many rules."""

    def __init__(self, items: Iterable[I]) -> None:
        self._items = tuple(items)
        self._known: dict[tuple[str, str, str | None, str], tuple[I, ...]] = {}

    def __bool__(self) -> bool:
        return bool(self._items)

    def about(self, document: DocumentFacts) -> tuple[I, ...]:
        request = document.request
        key = (request.sender_kind, request.sender, request.plan, document.document_type)
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            found = self._known[key] = tuple(
                item for item in self._items if item.rule.covers(request) and item.rule.concerns(document.document_type)
            )
        return found
