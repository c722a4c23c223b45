"""Who may do what. Nothing is allowed that no rule grants, a deny beats every grant, and what cannot be judged is
refused."""

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from policies.conditions import Facts
from policies.facts import DocumentFacts, RequestFacts
from policies.reading import Read
from policies.scopes import Names, ScopedRule, Selection, check_scope
from policies.verdicts import Allowed, Refused, RuleRef
from policies.written import Force, Written, force_of
from translators.yamlfiles import FileProblem

Roles = tuple[str, ...]


class AccessRule(ScopedRule, frozen=True, kw_only=True):
    """A grant, or a deny. `may: call` is about using the API at all, `may: send` about documents."""

    effect: Literal["allow", "deny"] = "allow"
    may: Literal["call", "send"]
    roles: Roles = ()
    """The sender has at least one of them."""
    scopes: Roles = ()
    """The token has all of them."""
    bindings: tuple[Literal["none", "certificate", "dpop"], ...] = ()
    """How the credential is bound; empty means any."""
    channels: tuple[Literal["http", "as2", "sftp"], ...] = ()
    plants: Literal["own"] | Names = ()
    """The plant the document concerns: listed, or `own`, the sender itself."""

    def is_early(self) -> bool:
        return self.may == "call"


class AccessFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`access.yaml`."""

    kind: Literal["access"]
    rules: tuple[AccessRule, ...]


def check_access(written: Written[AccessRule]) -> Iterator[FileProblem]:
    yield from check_scope(written)
    rule = written.rule
    if rule.may == "call":
        for field in ("documents", "plants"):
            if getattr(rule, field):
                text = f"`{field}` are not known when the API is called; use `may: send`"
                yield written.problem(field, text)
    if rule.plants == "own" and rule.senders != ("plant",):
        yield written.problem("plants", "only a plant has an own plant; set `senders: [plant]`")
    if rule.effect == "allow" and rule.may == "send" and not rule.documents:
        yield written.problem(None, "a grant to send names its `documents`")


class _Grant:
    """An access rule made ready for use."""

    def __init__(self, written: Written[AccessRule]) -> None:
        self.rule = rule = written.rule
        self.ref = written.ref
        self.allowed = Allowed(written.ref)
        self.force: Force | None = force_of(written)
        self.roles = frozenset(rule.roles)
        self.scopes = frozenset(rule.scopes)
        self.bindings = frozenset(rule.bindings)
        self.channels = frozenset(rule.channels)
        self.own_plant = rule.plants == "own"
        self.plants = frozenset(rule.plants) if rule.plants != "own" else frozenset[str]()

    def missing(self, facts: Facts) -> str | None:
        """What the sender lacks for this rule to match, as advice; None when it matches.

        A deny whose condition cannot be judged matches, a grant does not.
        """
        request = facts if isinstance(facts, RequestFacts) else facts.request
        if self.roles and self.roles.isdisjoint(request.roles):
            return f"ask for the role {' or '.join(f'`{role}`' for role in self.rule.roles)}"
        if not self.scopes <= request.scopes:
            return f"ask for a token with the scope `{' '.join(self.rule.scopes)}`"
        if self.bindings and request.binding not in self.bindings:
            return f"use a token bound by {' or '.join(self.rule.bindings)}"
        if self.channels and request.channel not in self.channels:
            return f"send over {' or '.join(self.rule.channels)}"
        if self.force is not None and not self.force.holds(facts, unsure=self.rule.effect == "deny"):
            return "ask whether this was meant to be possible now"
        return None

    def misses_plant(self, document: DocumentFacts) -> bool:
        """Whether the document's plant is not the rule's. An unknown plant is nobody's."""
        if self.own_plant:
            return document.plant is None or document.plant != document.request.sender
        return bool(self.plants) and document.plant not in self.plants

    def denies(self, document: DocumentFacts) -> bool:
        """A deny for certain plants also meets a document whose plant is unknown: it cannot be judged."""
        if self.missing(document) is not None:
            return False
        return (document.plant is None and bool(self.plants)) or not self.misses_plant(document)


class Access:
    """All access rules of a set, denies before grants."""

    FILE = AccessFile

    def __init__(self, read: Read) -> None:
        grants = [_Grant(one) for one in read.lists["rules"]]
        self.default = read.default
        self._calls = [grant for grant in grants if grant.rule.may == "call"]
        self._denies = Selection(g for g in grants if g.rule.may == "send" and g.rule.effect == "deny")
        self._grants = Selection(g for g in grants if g.rule.may == "send" and g.rule.effect == "allow")

    @staticmethod
    def check(read: Read) -> Iterator[FileProblem]:
        for written in read.lists["rules"]:
            yield from check_access(written)

    def to_call(self, request: RequestFacts) -> Allowed | Refused:
        """May this sender use the API at all."""
        observed: tuple[RuleRef, ...] = ()
        granted: _Grant | None = None
        advice: str | None = None
        for grant in self._calls:
            if not grant.rule.covers(request):
                continue
            missing = grant.missing(request)
            if missing is not None:
                advice = missing if grant.rule.effect == "allow" else advice
            elif grant.rule.mode == "observe":
                observed = (*observed, grant.ref) if grant.rule.effect == "deny" else observed
            elif grant.rule.effect == "deny":
                return _denied(grant, observed)
            else:
                granted = granted or grant
        if granted is not None:
            return granted.allowed if not observed else Allowed(granted.ref, (), observed)
        text = f"no rule lets this {request.sender_kind} use the API"
        return Refused(self.default, "access.not_granted", text, advice or "ask us for access", observed=observed)

    def to_send(self, document: DocumentFacts) -> Allowed | Refused:
        """May this sender send this document."""
        observed: tuple[RuleRef, ...] = ()
        for deny in self._denies.about(document):
            if deny.denies(document):
                if deny.rule.mode == "enforce":
                    return _denied(deny, observed)
                observed = (*observed, deny.ref)
        for grant in self._grants.about(document):
            if grant.rule.mode == "enforce" and grant.missing(document) is None and not grant.misses_plant(document):
                return grant.allowed if not observed else Allowed(grant.ref, (), observed)
        return self._not_granted(document, observed)

    def _not_granted(self, document: DocumentFacts, observed: tuple[RuleRef, ...]) -> Refused:
        text = f"no rule lets this {document.request.sender_kind} send `{document.document_type}`"
        advice = "ask us for access to this kind of document"
        for grant in self._grants.about(document):
            missing = grant.missing(document)
            if missing is None and grant.rule.mode == "enforce":
                text = f"{text} for {'that plant' if document.plant else 'a plant we do not know'}"
                advice = "send it with the credential of the plant it concerns, or correct the plant in the document"
                break
            advice = missing or advice
        return Refused(self.default, "access.not_granted", text, advice, observed=observed)


def _denied(deny: _Grant, observed: tuple[RuleRef, ...]) -> Refused:
    text = f"rule `{deny.rule.name}` does not allow it"
    return Refused(
        deny.ref, "access.denied", text, "ask us; nothing you can change in the message helps", observed=observed
    )
