"""The questions that two sets of rules are asked to tell how they differ, and whom each question stands for.

For every kind of sender, role, document, version and plant that a changed rule names, and one that nothing names; at
every moment and from every address that it tells from others.
"""

from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any, Literal, get_args

from msgspec import Struct
from msgspec.structs import replace

from policies.facts import DocumentFacts, RequestFacts, SenderKind, Verb
from policies.policyset import PolicySet
from policies.situations import Situation
from policies.verdicts import Refused
from policies.written import Written
from translators.canonical.fieldgroups import usual_writes

ANY_OTHER = "any other"
ANOTHER_PLANT = "another plant"

Topic = Literal["gains", "loses", "limit", "version", "schema", "route", "condition"]


class Sender(Struct, frozen=True, kw_only=True):
    """One to ask about, who stands for all like them."""

    kind: SenderKind
    id: str
    plan: str | None

    @property
    def words(self) -> str:
        if self.id != ANY_OTHER:
            return f"`{self.id}`"
        plan = f" on plan `{self.plan}`" if self.plan is not None else ""
        return f"every {self.kind if self.kind != 'corporate' else 'corporate client'}{plan}"


class Answers(Struct, frozen=True, kw_only=True):
    """One question that the two sets answer otherwise. `where`, `how` and `situation` say what else was in it."""

    topic: Topic
    what: str
    sender: Sender
    where: str = ""
    change: str = ""
    how: str = ""
    situation: str = ""


class Axes:
    """The values worth asking about."""

    def __init__(
        self,
        before: PolicySet,
        after: PolicySet,
        concerned: list[Written[Any]],
        plans: dict[str, str],
        asked: list[Situation],
    ) -> None:
        """`concerned`: the rules that changed. `plans`: the plan of every partner there is, by id."""
        self.situations = asked
        every = [*before.written, *after.written]
        self.plans_of = plans
        self.named_partners = sorted(set(_values(concerned, "partners")) | set(_values(concerned, "open_to")))
        self.plans = sorted(set(_values(every, "plans")) | set(plans.values()))
        self.roles = sorted(set(_values(every, "roles")))
        self.scopes = frozenset(_values(every, "scopes"))
        self.bindings = sorted(set(_values(concerned, "bindings")) | {"none"})
        self.channels = sorted(set(_values(concerned, "channels")) | {"http"})
        self.plants = [*sorted(set(_values(concerned, "plants"))), ANOTHER_PLANT, None]
        self.api_versions = sorted({one.rule.api for one in every if getattr(one.rule, "api", None)})
        self.documents = sorted(set(_values(every, "documents")))
        self.labels = _labels(every)
        tested = any(getattr(one.rule, "test", None) is not None for one in concerned)
        self.tests = (False, True) if tested else (False,)
        self.senders = list(self._senders())

    def _senders(self) -> Iterator[Sender]:
        for kind in get_args(SenderKind):
            if kind != "partner":
                yield Sender(kind=kind, id=ANY_OTHER, plan=None)
                continue
            for plan in self.plans or (None,):
                yield Sender(kind=kind, id=ANY_OTHER, plan=plan)
            for name in self.named_partners:
                yield Sender(kind=kind, id=name, plan=self.plans_of.get(name, self.plans[0] if self.plans else None))

    def places_of(self, sender: Sender) -> list[str | None]:
        """Plants a document of this sender may concern."""
        return [*self.plants, sender.id] if sender.kind == "plant" else self.plants

    def partners_like(self, sender: Sender) -> Iterable[str]:
        if sender.kind != "partner":
            return ()
        if sender.id != ANY_OTHER:
            return (sender.id,)
        others = self.plans_of.items()
        return [name for name, plan in others if plan == sender.plan and name not in self.named_partners]


def _values(written: Iterable[Written[Any]], field: str) -> Iterator[str]:
    for one in written:
        value = getattr(one.rule, field, ())
        if isinstance(value, tuple):
            yield from value


def _labels(written: Iterable[Written[Any]]) -> list[tuple[str, str, str]]:
    """Format, name and version of every document that rules speak of."""
    found = set()
    for one in written:
        for field in ("document", "accepts"):
            value = getattr(one.rule, field, None)
            if value is not None:
                found.add((value.format, value.name, value.version))
    return sorted(found)


# ---- asking --------------------------------------------------------------------------------------------------------


def differing_answers(before: PolicySet, after: PolicySet, axes: Axes) -> Iterator[Answers]:
    """In every situation."""
    for situation, sender in product(axes.situations, axes.senders):
        for answers in _of_sender((before, after), sender, axes, situation):
            yield replace(answers, situation=situation.words)


def _of_sender(sets: "_Sets", sender: Sender, axes: Axes, situation: Situation) -> Iterator[Answers]:
    for role, binding, channel in product(axes.roles or ("",), axes.bindings, axes.channels):
        facts = _request(sender, axes, frozenset({role} if role else ()), situation, binding=binding, channel=channel)
        yield from _of_access(sets, facts, sender, axes, _how(axes, role, binding, channel))
    facts = _request(sender, axes, frozenset(axes.roles), situation)
    yield from _of_limits(sets, facts, sender, axes)
    yield from _of_versions(sets, facts, sender, axes)
    for document in _documents(facts, sender, axes):
        yield from _of_routes(sets, document, sender)


_Sets = tuple[PolicySet, PolicySet]
_DOINGS: tuple[tuple[Verb, str], ...] = (
    ("send", "calling the API"),
    ("read", "reading what it sent"),
    ("fetch", "fetching from its inbox"),
)


def _request(sender: Sender, axes: Axes, roles: frozenset[str], situation: Situation, **given: Any) -> RequestFacts:
    return RequestFacts(
        sender_kind=sender.kind, sender=sender.id, client=sender.id, roles=roles, scopes=axes.scopes, plan=sender.plan,
        at=situation.at, address=situation.address, **given,
    )  # fmt: skip


def _documents(request: RequestFacts, sender: Sender, axes: Axes) -> Iterator[DocumentFacts]:
    for document_type, plant, test in product(axes.documents, axes.places_of(sender), axes.tests):
        yield DocumentFacts(
            request=request, format="json", name=document_type, version="1", document_type=document_type, size=1,
            lines=1, plant=plant, plants=frozenset((plant,) if plant is not None else ()), test=test,
            writes=usual_writes(document_type),
        )  # fmt: skip


def _how(axes: Axes, role: str, binding: str, channel: str) -> str:
    words = f" with role `{role}`" if role else ""
    words += f", token bound by {binding}" if len(axes.bindings) > 1 else ""
    return words + (f", over {channel}" if len(axes.channels) > 1 else "")


def _of_access(sets: _Sets, facts: RequestFacts, sender: Sender, axes: Axes, how: str) -> Iterator[Answers]:
    for verb, what in _DOINGS:
        asked = _replaced(facts, verb=verb)
        could, can = (not isinstance(rules.access.to_call(asked), Refused) for rules in sets)
        if could != can:
            yield Answers(topic="gains" if can else "loses", what=what, sender=sender, how=how)
    for document in _documents(facts, sender, axes):
        could, can = (_may_send(rules, document) for rules in sets)
        if could != can:
            what, where = f"sending `{document.document_type}`", _where(document, sender)
            yield Answers(topic="gains" if can else "loses", what=what, where=where, sender=sender, how=how)


def _may_send(rules: PolicySet, document: DocumentFacts) -> bool:
    """By the grants, and by whose data they are."""
    return not any(
        isinstance(one, Refused) for one in (rules.access.to_send(document), rules.ownership.judge(document))
    )


def _where(document: DocumentFacts, sender: Sender) -> str:
    if document.plant is None:
        return "a plant we do not know"
    if sender.kind == "plant" and document.plant == sender.id:
        return "itself"
    return "any other plant" if document.plant == ANOTHER_PLANT else f"plant `{document.plant}`"


def _of_limits(sets: _Sets, facts: RequestFacts, sender: Sender, axes: Axes) -> Iterator[Answers]:
    early = [{one.rule.name: one for one in rules.charges(facts)} for rules in sets]
    yield from _of_charges(early, sender, "")
    for document in _documents(facts, sender, axes):
        late = [{one.rule.name: one for one in rules.document_charges([document])} for rules in sets]
        yield from _of_charges(late, sender, _where(document, sender))


def _of_charges(charges: list[dict[str, Any]], sender: Sender, where: str) -> Iterator[Answers]:
    for name in sorted(charges[0].keys() | charges[1].keys()):
        words = [_allows(limits[name]) if name in limits else "none" for limits in charges]
        if words[0] != words[1]:
            yield Answers(topic="limit", what=f"limit `{name}`", where=where, change=_from_to(words), sender=sender)


def _allows(charge: Any) -> str:
    return f"{charge.allows}{'' if charge.enforced else ' (observed)'}"


def _of_versions(sets: _Sets, facts: RequestFacts, sender: Sender, axes: Axes) -> Iterator[Answers]:
    for api in axes.api_versions:
        asked = _replaced(facts, api_version=api)
        words = [_version_words(rules.versions.of_api(asked)) for rules in sets]
        if words[0] != words[1]:
            yield Answers(topic="version", what=f"API version `{api}`", change=_from_to(words), sender=sender)
    for form, name, version in axes.labels:
        document = DocumentFacts(request=facts, format=form, name=name, version=version, document_type=name, size=1)
        words = [_version_words(rules.versions.of_document(document)) for rules in sets]
        if words[0] != words[1]:
            what = f"`{form} {name} {version}`"
            yield Answers(topic="version", what=what, change=_from_to(words), sender=sender)


def _replaced(facts: RequestFacts, **changes: Any) -> RequestFacts:
    return RequestFacts(**{name: getattr(facts, name) for name in facts.__struct_fields__} | changes)


def _version_words(verdict: Any) -> str:
    if isinstance(verdict, Refused):
        return f"refused ({verdict.text})"
    fields = ", ".join(f"{name} {value}" for name, value in verdict.fields if name in ("Deprecation", "Sunset"))
    return f"taken ({fields})" if fields else "taken"


def _of_routes(sets: _Sets, document: DocumentFacts, sender: Sender) -> Iterator[Answers]:
    words = [_route_words(rules.routes(document)) for rules in sets]
    if words[0] != words[1]:
        what = f"{'a test of ' if document.test else ''}`{document.document_type}`"
        yield Answers(topic="route", what=what, where=_where(document, sender), change=_from_to(words), sender=sender)


def _route_words(routes: Any) -> str:
    if isinstance(routes, Refused):
        return "nowhere"
    return ", ".join(sorted(f"{route.destination} {route.operation}" for route in routes)) or "nowhere"


def _from_to(words: list[str]) -> str:
    return f": {words[0]} → {words[1]}"
