"""Limits made ready: each as it is at a moment, the count it is made against, and what a document costs it."""

from base64 import b64encode
from datetime import UTC, datetime
from hashlib import sha256

from msgspec import Struct
from msgspec.structs import replace

from policies.charges import AtOnce, Charge, Measure, Pace, Quota, Unit
from policies.facts import DocumentFacts, RequestFacts
from policies.limitrules import LimitRule, Measured, interval_us
from policies.periods import NOMINAL_SECONDS, microseconds, three_windows
from policies.windows import Calendar
from policies.written import Written, force_of

FOR_EVER = datetime.max.replace(tzinfo=UTC)
LONG_AGO = datetime.min.replace(tzinfo=UTC)

_QUOTA_UNITS: dict[Unit, str] = {"requests": "", "bytes": ';qu="content-bytes"'}
"""The units the draft has words for, as RateLimit-Policy writes them."""


class Held(Struct, frozen=True):
    """What a limit is from `since` (included) to `until` (excluded); `charge` lacks its key and its cost."""

    since: datetime
    until: datetime
    charge: Charge | None
    """None: the rule is not in force."""


class ReadyLimit:
    """A rule made ready for use."""

    def __init__(self, written: Written[LimitRule], calendars: dict[str, Calendar], revision: str) -> None:
        self.rule = written.rule
        self.ref = written.ref
        self.force = force_of(written) if written.condition or written.rule.during else None
        """Asked each time, where hours or a condition decide."""
        self._revision = revision
        self._start = written.rule.from_.at if written.rule.from_ else LONG_AGO
        self._end = written.rule.until.at if written.rule.until else FOR_EVER
        self._instead = [(calendars[one.calendar], one) for one in written.rule.instead]
        self._held = Held(FOR_EVER, FOR_EVER, None)

    def at(self, moment: datetime) -> Held:
        """The limit as it is at `moment`; worked out anew only when something has changed since it was last asked."""
        held = self._held
        if not held.since <= moment < held.until:
            held = self._held = self._look(moment)
        return held

    def _look(self, at: datetime) -> Held:
        if at < self._start:
            return Held(LONG_AGO, self._start, None)
        if at >= self._end:
            return Held(self._end, FOR_EVER, None)
        until = self._end
        held: Measured = self.rule
        for calendar, instead in self._instead:
            until = min(until, calendar.next_change(at))
            if held is self.rule and calendar.holds(at):
                held = instead
        measure: Measure
        if held.rate is not None:
            measure = Pace(interval_us(held.rate), held.burst or held.rate.count)
        elif held.quota is not None:
            assert self.rule.zone is not None
            windows = three_windows(at, held.quota.period, self.rule.zone.info)
            until = min(until, windows[2])
            before, start, end, after = map(microseconds, windows)
            measure = Quota(held.quota.count, (before, start, end, after))
        else:
            assert held.concurrency is not None
            measure = AtOnce(held.concurrency)
        # Kept from `at` on: a clock that goes back looks again.
        return Held(at, until, self._charge(held, measure))

    def _charge(self, held: Measured, measure: Measure) -> Charge:
        return Charge(
            rule=self.ref,
            key="",
            measure=measure,
            on_store_loss=self.rule.on_store_loss,
            enforced=self.rule.mode == "enforce",
            unit=self.rule.counts,
            announcement=self._announcement(measure),
            allows=self._in_words(held),
            revision=self._revision,
        )

    def _announcement(self, measure: Measure) -> str:
        unit = _QUOTA_UNITS.get(self.rule.counts)
        if unit is None:
            return ""
        if isinstance(measure, Pace):
            window = f";w={max(1, -(-measure.most * measure.interval_us // 1_000_000))}"
        elif isinstance(measure, AtOnce):
            unit, window = ';qu="concurrent-requests"', ""
        else:
            assert self.rule.quota is not None
            seconds = NOMINAL_SECONDS[self.rule.quota.period]
            window = f";w={seconds}" if seconds else ""
        return f'"{self.rule.name}";q={measure.most}{unit}{window}'

    def _in_words(self, held: Measured) -> str:
        if held.rate is not None:
            return f"{self.rule.counts} at {held.rate.text}, {held.burst or held.rate.count} at once"
        if held.quota is not None:
            assert self.rule.zone is not None
            quota = held.quota
            return f"{quota.count} {self.rule.counts} per {quota.period} ({self.rule.zone.text})"
        return f"{held.concurrency} requests at once"

    def account(self, request: RequestFacts, document: DocumentFacts | None) -> str:
        """Whose count it is: a sender, or the part of its doing that has counts of its own."""
        if self.rule.per == "all":
            return "all"
        # The braces keep all counts of a sender on one node of a cluster.
        sender = f"{{{request.sender_kind}:{request.sender}}}"
        part = _part(self.rule, request, document)
        return sender if part is None else f"{sender}:{self.rule.per}:{part}"

    def key(self, account: str) -> str:
        rule = self.rule
        # A count is read as what it was written as: another measure under the same name counts elsewhere.
        name = f"{rule.name}:per-{rule.quota.period}" if rule.quota else rule.name
        name = f"{rule.name}:at-once" if rule.concurrency else name
        return f"{account}:{name}"

    def cost(self, document: DocumentFacts) -> int:
        """At least one: a document without lines would be free."""
        match self.rule.counts:
            case "lines":
                return max(1, document.lines)
            case "bytes":
                return max(1, document.size)
            case "points":
                points = self.rule.points.get(document.document_type)
                return points.of(document.lines) if points else 1
            case _:
                return 1

    def keyed(self, charge: Charge, account: str, cost: int = 1) -> Charge:
        """`charge` as it is made of one sender."""
        key = self.key(account)
        if not charge.announcement or self.rule.per in ("sender", "all"):
            return replace(charge, key=key, account=account, cost=cost)
        # Who shares the count is told as a hash: an address is personal data, and the field travels far.
        partition = f";pk=:{b64encode(sha256(key.encode()).digest()[:9]).decode()}:"
        announcement = charge.announcement + partition
        return replace(charge, key=key, account=account, cost=cost, partition=partition, announcement=announcement)


def _part(rule: LimitRule, request: RequestFacts, document: DocumentFacts | None) -> str | None:
    """The part of the sender's doing that has a count of its own."""
    match rule.per:
        case "client":
            return request.client
        case "address":
            return request.address
        case "document" if document is not None:
            return document.document_type
        case "plant" if document is not None:
            return document.plant or ""
        case _:
            return None
