"""Limits made ready for use: the charges they make of a request or of the documents of a message.

What a sender's requests are charged changes only when a rule begins or ends, a calendar opens or closes, or a day is
over. So the charges are made once, kept until the next such moment, and given again.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from policies.calendars import CalendarRule
from policies.caps import Caps, check_cap
from policies.charges import Charge, Charges
from policies.conditions import Facts
from policies.facts import DocumentFacts, RequestFacts
from policies.limitrules import LimitRule, LimitsFile, check_limits
from policies.reading import Read
from policies.readylimits import FOR_EVER, LONG_AGO, ReadyLimit
from policies.scopes import Names, Selection
from policies.verdicts import Refused, RuleRef
from policies.windows import Calendar
from policies.written import Written
from translators.fileproblems import FileProblem

MOST_REMEMBERED = 20_000
"""Senders whose charges are kept ready; beyond it the memory starts anew, so strangers cannot fill it."""


class Charging:
    """All limits that are counted."""

    def __init__(
        self, rules: Iterable[Written[LimitRule]], calendars: Iterable[CalendarRule], default: RuleRef, revision: str
    ) -> None:
        named = {calendar.name: Calendar(calendar.windows, calendar.zone) for calendar in calendars}
        limits = [ReadyLimit(one, named, revision) for one in rules]
        self._early = [limit for limit in limits if limit.rule.is_early()]
        self._late = Selection(limit for limit in limits if not limit.rule.is_early())
        self._default = default
        self._revision = revision
        self._ready: dict[_Asker, _Ready] = {}

    def of_request(self, request: RequestFacts) -> Charges:
        """What to count before the body is read."""
        ready = self._of(request)
        return ready.charges if ready.charges is not None else self._conditional(ready, request)

    def of_documents(self, documents: Sequence[DocumentFacts]) -> Charges:
        """What to count once a message's documents are read and judged: all of them together, or none."""
        if not self._late:
            return _NOTHING
        charges: dict[str, Charge] = {}
        for document in documents:
            request = document.request
            about = [one for one in self._late.about(document) if _concerns(one.rule.plants, document.plant)]
            for limit, charge in _in_force(about, document):
                account, cost = limit.account(request, document), limit.cost(document)
                key = limit.key(account)
                if key not in charges:
                    charges[key] = limit.keyed(charge, account, cost)
                elif charge.unit != "bytes":  # which all documents of a message share
                    charges[key] = replace(charges[key], cost=charges[key].cost + cost)
        return Charges(charges.values())

    def unlimited(self, request: RequestFacts) -> Refused | None:
        """A refusal when no limit in force covers this sender's requests: nobody is unlimited."""
        if any(charge.enforced for charge in self.of_request(request)):
            return None
        whom = f"plan `{request.plan}`" if request.plan else f"this {request.sender_kind}"
        text = f"no limit covers {whom}, and nobody is unlimited"
        return Refused(self._default, "limit.none_applies", text, "ask us to set your limits", revision=self._revision)

    def _of(self, request: RequestFacts) -> "_Ready":
        key = (request.sender_kind, request.sender, request.client, request.plan, request.address)
        ready = self._ready.get(key)
        if ready is None or not ready.since <= request.at < ready.until:
            if len(self._ready) >= MOST_REMEMBERED:
                self._ready.clear()
            ready = self._ready[key] = self._make_ready(request)
        return ready

    def _make_ready(self, request: RequestFacts) -> "_Ready":
        covering = [limit for limit in self._early if limit.rule.covers(request)]
        held = [limit.at(request.at) for limit in covering]
        since = max((one.since for one in held), default=LONG_AGO)
        until = min((one.until for one in held), default=FOR_EVER)
        if any(limit.force is not None for limit in covering):
            return _Ready(None, covering, {}, since, until)
        return _Ready(_charges(_in_force(covering, request), request), covering, {}, since, until)

    def _conditional(self, ready: "_Ready", request: RequestFacts) -> Charges:
        """Where limits have conditions the charges are made once for each outcome of them."""
        held = _in_force(ready.covering, request)
        outcome = tuple(limit.ref for limit, _ in held)
        charges = ready.by_outcome.get(outcome)
        if charges is None:
            charges = ready.by_outcome[outcome] = _charges(held, request)
        return charges


def _in_force(limits: Iterable[ReadyLimit], facts: Facts) -> list[tuple[ReadyLimit, Charge]]:
    """Those that hold now, without those that another one of them overrides.

    A limit whose condition cannot be judged counts, and lifts no other.
    """
    held, overridden = [], set()
    for limit in limits:
        charge = limit.at(facts.at).charge
        judged = True if limit.force is None or charge is None else limit.force.judge(facts)
        if charge is None or judged is False:
            continue
        held.append((limit, charge))
        if limit.rule.overrides is not None and charge.enforced and judged:
            overridden.add(limit.rule.overrides)
    return [(limit, charge) for limit, charge in held if limit.rule.name not in overridden] if overridden else held


def _charges(held: Iterable[tuple[ReadyLimit, Charge]], request: RequestFacts) -> Charges:
    return Charges(limit.keyed(charge, limit.account(request, None)) for limit, charge in held)


def _concerns(plants: Names, plant: str | None) -> bool:
    return not plants or plant in plants


_NOTHING = Charges()
_Asker = tuple[str, str, str, str | None, str]


class _Ready(Struct, frozen=True):
    """A sender's charges, as they are from `since` to `until`; None where conditions decide each time."""

    charges: Charges | None
    covering: list[ReadyLimit]
    by_outcome: dict[tuple[RuleRef, ...], Charges]
    since: datetime
    until: datetime


class Limits:
    """All limits of a set: what is counted, and what one document may be."""

    FILE = LimitsFile

    def __init__(self, read: Read) -> None:
        self.counted = Charging(read.lists["rules"], read.content.calendars, read.default, read.revision)
        self.caps = Caps(read.lists["caps"])

    @staticmethod
    def check(read: Read) -> Iterator[FileProblem]:
        calendars: tuple[CalendarRule, ...] = read.content.calendars
        named: set[str] = set()
        for number, calendar in enumerate(calendars):
            if calendar.name in named:
                yield read.problem(f"$.calendars[{number}].name", f"there is a calendar `{calendar.name}` already")
            named.add(calendar.name)
        yield from check_limits(read.lists["rules"], calendars)
        for cap in read.lists["caps"]:
            yield from check_cap(cap)
