"""Who may do what. Nothing is allowed that no rule grants, a deny beats every grant, what cannot be judged is refused,
and between zones only what a conduit carries goes anywhere."""

from collections.abc import Iterator

from policies.accessrules import EARLY, AccessFile, AccessRule, Doing, check_access
from policies.conditions import Facts
from policies.facts import DocumentFacts, RequestFacts
from policies.grants import Grant
from policies.reading import Read
from policies.routing import Route
from policies.scopes import Selection
from policies.verdicts import Allowed, Refused, RuleRef
from policies.zones import Conduits
from translators.yamlfiles import FileProblem

__all__ = ["Access", "AccessFile", "AccessRule"]

_VERBS: tuple[Doing, ...] = (*EARLY, "send")
_SENTENCES: dict[Doing, str] = {
    "call": "use the API",
    "read": "read what it has sent",
    "fetch": "fetch what lies ready for it",
}


class Access:
    """All access rules, zones and conduits of a set."""

    FILE = AccessFile

    def __init__(self, read: Read) -> None:
        lists = {one.name: one for one in read.content.addresses}
        grants = [Grant(written, lists) for written in read.lists["rules"]]
        self.default = read.default
        self.lists = lists
        """Of addresses, by name."""
        self.conduits = Conduits(read, lists)
        self._denies = {verb: Selection(g for g in grants if g.rule.may == verb and g.denies) for verb in _VERBS}
        self._grants = {verb: Selection(g for g in grants if g.rule.may == verb and not g.denies) for verb in _VERBS}

    @staticmethod
    def check(read: Read) -> Iterator[FileProblem]:
        yield from check_access(read)

    def to_call(self, request: RequestFacts) -> Allowed | Refused:
        """May this sender call, from where it calls, for what it wants to do."""
        outside = self.conduits.refuse_caller(request)
        if outside is not None:
            return outside
        called = self._decide("call", request)
        if request.verb == "send" or isinstance(called, Refused):
            return called
        done = self._decide(request.verb, request)
        if isinstance(done, Refused) or not called.observed:
            return done
        return Allowed(done.rule, (), (*called.observed, *done.observed))

    def to_send(self, document: DocumentFacts) -> Allowed | Refused:
        """May this sender send this document."""
        return self._decide("send", document)

    def to_route(self, document: DocumentFacts, routes: tuple[Route, ...]) -> Refused | None:
        """A refusal when a conduit is missing to one of the places the document goes to."""
        for route in routes:
            refused = self.conduits.refuse_way(document, route.destination)
            if refused is not None:
                return refused
        return None

    def _decide(self, verb: Doing, facts: Facts) -> Allowed | Refused:
        observed: tuple[RuleRef, ...] = ()
        for deny in self._denies[verb].about(facts):
            if deny.matches(facts):
                if deny.rule.mode == "enforce":
                    text = f"rule `{deny.rule.name}` does not allow it"
                    return Refused(deny.ref, "access.denied", text, deny.way_out(), observed=observed)
                observed = (*observed, deny.ref)
        for grant in self._grants[verb].about(facts):
            if grant.rule.mode == "enforce" and grant.matches(facts):
                return grant.allowed if not observed else Allowed(grant.ref, (), observed)
        return self._not_granted(verb, facts, observed)

    def _not_granted(self, verb: Doing, facts: Facts, observed: tuple[RuleRef, ...]) -> Refused:
        """The advice is that of the last grant that would have been for this sender; grants for another channel come
        first, so that nobody is told to change the channel where a role is what is missing."""
        document = None if isinstance(facts, RequestFacts) else facts
        request = facts if isinstance(facts, RequestFacts) else facts.request
        what = f"send `{document.document_type}`" if document else _SENTENCES[verb]
        text = f"no rule lets this {request.sender_kind} {what}"
        advice = "ask us for access to this kind of document" if document else "ask us for access"
        for grant in sorted(self._grants[verb].about(facts), key=lambda one: one.is_for(request.channel)):
            lacking = grant.lacks(facts)
            if lacking is None and grant.rule.mode == "enforce" and document:
                text = f"{text} for {'that plant' if document.plant else 'a plant we do not know'}"
                advice = "send it with the credential of the plant it concerns, or correct the plant in the document"
                break
            advice = lacking or advice
        return Refused(self.default, "access.not_granted", text, advice, observed=observed)
