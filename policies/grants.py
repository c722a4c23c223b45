"""One access rule made ready: whether it matches, and what a sender lacks for it to match."""

from policies.accessrules import AccessRule
from policies.conditions import Facts
from policies.facts import RequestFacts
from policies.networks import Addresses, AddressList
from policies.verdicts import Allowed
from policies.written import Written, force_of
from translators.yamlsentences import enumerate_words

_BINDINGS = ("certificate", "dpop")
_CHANNELS = ("http", "as2", "sftp")
NOTHING_HELPS = "ask us; nothing you can change in the message helps"


class Grant:
    """A rule that allows or denies. Where nobody can tell whether it matches (an address or a plant that is not known,
    a condition that fails), a deny matches and a grant does not.
    """

    def __init__(self, written: Written[AccessRule], lists: dict[str, AddressList]) -> None:
        self.rule = rule = written.rule
        self.ref = written.ref
        self.allowed = Allowed(written.ref)
        self.denies = rule.effect == "deny"
        self._force = force_of(written)
        self._roles = frozenset(rule.roles)
        self._scopes = frozenset(rule.scopes)
        self._bindings = frozenset(rule.bindings)
        self._channels = frozenset(rule.channels)
        self._inside = Addresses(lists[name] for name in rule.addresses) if rule.addresses else None
        self._outside = Addresses(lists[name] for name in rule.outside) if rule.outside else None
        self._own_plant = rule.plants == "own"
        self._plants = frozenset[str]() if rule.plants == "own" else frozenset(rule.plants)

    def matches(self, facts: Facts) -> bool:
        request = facts if isinstance(facts, RequestFacts) else facts.request
        if self._roles and self._roles.isdisjoint(request.roles):
            return False
        if self._scopes and not self._scopes <= request.scopes:
            return False
        if self._bindings and request.binding not in self._bindings:
            return False
        if not self.is_for(request.channel):
            return False
        if not self._comes_from_there(request):
            return False
        if (self._plants or self._own_plant) and not self._is_for_the_plant(facts):
            return False
        return self._force is None or self._force.holds(facts, unsure=self.denies)

    def is_for(self, channel: str) -> bool:
        """Whether it may hold for what comes over this channel."""
        return not self._channels or channel in self._channels

    def lacks(self, facts: Facts) -> str | None:
        """What the sender can do for a grant to match, as advice; None when nothing but the plant keeps it."""
        rule = self.rule
        request = facts if isinstance(facts, RequestFacts) else facts.request
        if self._roles and self._roles.isdisjoint(request.roles):
            return f"ask for the role {enumerate_words(rule.roles)}"
        if not self._scopes <= request.scopes:
            return f"ask for a token with the scope `{' '.join(rule.scopes)}`"
        if self._bindings and request.binding not in self._bindings:
            return f"use a token bound by {' or '.join(rule.bindings)}"
        if not self.is_for(request.channel):
            return f"send over {' or '.join(rule.channels)}"
        if not self._comes_from_there(request):
            known = rule.addresses or rule.outside
            return f"call from an address {'in' if rule.addresses else 'outside'} {enumerate_words(known)}"
        if self._force is not None and not self._force.holds(facts, unsure=False):
            return "ask whether this was meant to be possible now"
        return None

    def way_out(self) -> str:
        """What a sender whom this denies can do."""
        rule = self.rule
        if rule.bindings and (others := [one for one in _BINDINGS if one not in rule.bindings]):
            return f"use a token bound by {' or '.join(others)}"
        if rule.outside:
            return f"call from an address in {enumerate_words(rule.outside)}"
        if rule.channels:
            return f"send over {' or '.join(one for one in _CHANNELS if one not in rule.channels)}"
        return NOTHING_HELPS

    def _comes_from_there(self, request: RequestFacts) -> bool:
        if self._inside is not None:
            inside = self._inside.hold(request.address)
            if not (self.denies if inside is None else inside):
                return False
        if self._outside is not None:
            held = self._outside.hold(request.address)
            return self.denies if held is None else not held
        return True

    def _is_for_the_plant(self, facts: Facts) -> bool:
        """An unknown plant is nobody's. When lines go to several, a deny meets any of them, a grant covers all."""
        if isinstance(facts, RequestFacts) or facts.plant is None:
            return self.denies
        own = {facts.request.sender} if self._own_plant else self._plants
        if self.denies:
            return facts.plant in own or not facts.plants.isdisjoint(own)
        return facts.plant in own and facts.plants <= own
