"""Rules about rates (GCRA), and the charges they make of a request or a document.

A rate is written `rate: 5 per 1s` with a `burst`: never more than `burst` at once, never more than the rate in the
long run; in any stretch of time t at most burst + t / interval.
"""

from collections.abc import Iterable, Iterator
from typing import Annotated, Literal

from msgspec import Meta, Struct

from policies.amounts import LONGEST_PERIOD, Rate
from policies.caps import CapRule, Caps, check_cap
from policies.facts import DocumentFacts, RequestFacts
from policies.limits import Charge, Counted, OnStoreLoss
from policies.reading import Read
from policies.scopes import ScopedRule, Selection, check_scope
from policies.verdicts import Refused, RuleRef
from policies.written import Force, Written, force_of
from translators.yamlfiles import FileProblem

MOST_REMEMBERED = 20_000
"""Senders whose charges are kept ready; beyond it the memory starts anew, so strangers cannot fill it."""


class RateRule(ScopedRule, frozen=True, kw_only=True):
    """`documents` only for what is counted once the document is read."""

    counts: Counted = "requests"
    per: Literal["sender", "client", "document", "all"] = "sender"
    """What shares one count: `sender` is a partner over all its credentials, `all` is everybody together."""
    rate: Rate
    burst: Annotated[int, Meta(ge=1, le=1_000_000_000)] | None = None
    """At once; without it as many as the rate gives in its period."""
    on_store_loss: OnStoreLoss = "local-share"

    def is_early(self) -> bool:
        return self.counts == "requests"


class LimitsFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`limits.yaml`: rates that are counted, and caps on single documents."""

    kind: Literal["limits"]
    rules: tuple[RateRule, ...]
    caps: tuple[CapRule, ...] = ()


def check_rate(written: Written[RateRule]) -> Iterator[FileProblem]:
    yield from check_scope(written)
    rule = written.rule
    early = rule.counts == "requests"
    if early and rule.documents:
        yield written.problem(
            "documents", "requests are counted before the document is read; count `documents` instead"
        )
    if early and rule.per == "document":
        yield written.problem("per", "requests are counted before the document is read; count `documents` instead")
    if rule.per == "all" and rule.on_store_loss == "allow":
        yield written.problem(
            "on_store_loss", "a limit for everybody together protects us; use `local-share` or `refuse`"
        )
    if _interval_us(rule.rate) * (rule.burst or rule.rate.count) > LONGEST_PERIOD * 1_000_000:
        yield written.problem("burst", "this burst takes more than 366 days to grow back; use a smaller one")


def _interval_us(rate: Rate) -> int:
    """Rounded up: a limit may be a microsecond too strict, never too loose."""
    return -(-rate.seconds * 1_000_000 // rate.count)


class _Rate:
    """A limit rule made ready for use."""

    def __init__(self, written: Written[RateRule]) -> None:
        self.rule = rule = written.rule
        self.ref = written.ref
        self.force = force_of(written)
        self.burst = rule.burst or rule.rate.count
        self.interval_us = _interval_us(rule.rate)
        self.allows = f"{rule.rate.text}, {self.burst} at once"
        self.refill = max(1, -(-self.burst * self.interval_us // 1_000_000))
        unit = "" if rule.counts == "requests" else f';qu="{_QUOTA_UNITS[rule.counts]}"'
        self.announcement = f'"{rule.name}";q={self.burst};w={self.refill}{unit}'

    def charge(self, request: RequestFacts, document: DocumentFacts | None, revision: str) -> Charge:
        return Charge(
            rule=self.ref,
            key=self._key(request, document),
            interval_us=self.interval_us,
            burst=self.burst,
            cost=1 if document is None else _cost(self.rule.counts, document),
            quota=self.burst,
            window=self.refill,
            on_store_loss=self.rule.on_store_loss,
            enforced=self.rule.mode == "enforce",
            unit=self.rule.counts,
            announcement=self.announcement,
            allows=self.allows,
            revision=revision,
        )

    def _key(self, request: RequestFacts, document: DocumentFacts | None) -> str:
        per = self.rule.per
        if per == "all":
            return f"all:{self.rule.name}"
        # The braces keep all counts of a sender on one node of a cluster.
        key = f"{{{request.sender_kind}:{request.sender}}}:{self.rule.name}"
        if per == "client":
            return f"{key}:{request.client}"
        if per == "document" and document is not None:
            return f"{key}:{document.document_type}"
        return key


_QUOTA_UNITS = {"documents": "documents", "lines": "lines", "bytes": "content-bytes"}


def _cost(counts: Counted, document: DocumentFacts) -> int:
    # A document without lines still counts as one, or it would be free.
    return {"requests": 1, "documents": 1, "lines": max(1, document.lines), "bytes": max(1, document.size)}[counts]


class Rates:
    """All rates of a set. The charges of a sender's requests are made once and kept."""

    def __init__(self, rules: Iterable[Written[RateRule]], default: RuleRef, revision: str) -> None:
        rates = [_Rate(one) for one in rules]
        self._early = [rate for rate in rates if rate.rule.counts == "requests"]
        self._late = Selection(rate for rate in rates if rate.rule.counts != "requests")
        self._default = default
        self._revision = revision
        self._ready: dict[_Asker, _Ready] = {}

    def of_request(self, request: RequestFacts) -> tuple[Charge, ...]:
        """What to count before the body is read."""
        ready = self._of(request)
        if ready.forces is None:
            return ready.charges
        # A limit whose condition cannot be judged counts.
        pairs = zip(ready.charges, ready.forces, strict=True)
        return tuple(charge for charge, force in pairs if force is None or force.holds(request, unsure=True))

    def of_document(self, document: DocumentFacts) -> tuple[Charge, ...]:
        """What to count once the document is read."""
        request = document.request
        return tuple(
            rate.charge(request, document, self._revision)
            for rate in self._late.about(document)
            if rate.force is None or rate.force.holds(document, unsure=True)
        )

    def unlimited(self, request: RequestFacts) -> Refused | None:
        """A refusal when no rate in force covers this sender's requests: nobody is unlimited."""
        ready = self._of(request)
        covered = ready.enforced if ready.forces is None else any(one.enforced for one in self.of_request(request))
        if covered:
            return None
        whom = f"plan `{request.plan}`" if request.plan else f"this {request.sender_kind}"
        text = f"no limit covers {whom}, and nobody is unlimited"
        return Refused(self._default, "limit.none_applies", text, "ask us to set your limits", revision=self._revision)

    def _of(self, request: RequestFacts) -> "_Ready":
        key = (request.sender_kind, request.sender, request.client, request.plan)
        ready = self._ready.get(key)
        if ready is None:
            if len(self._ready) >= MOST_REMEMBERED:
                self._ready.clear()
            ready = self._ready[key] = self._make_ready(request)
        return ready

    def _make_ready(self, request: RequestFacts) -> "_Ready":
        rates = [rate for rate in self._early if rate.rule.covers(request)]
        charges = tuple(rate.charge(request, None, self._revision) for rate in rates)
        forces = tuple(rate.force for rate in rates)
        in_force_always = all(force is None for force in forces)
        return _Ready(charges, None if in_force_always else forces, any(charge.enforced for charge in charges))


_Asker = tuple[str, str, str, str | None]


class _Ready(Struct, frozen=True):
    """A sender's charges; `forces` only when some of them are not always in force."""

    charges: tuple[Charge, ...]
    forces: tuple[Force | None, ...] | None
    enforced: bool


class Limits:
    """All limits of a set: what is counted, and what one document may be."""

    FILE = LimitsFile

    def __init__(self, read: Read) -> None:
        self.rates = Rates(read.lists["rules"], read.default, read.revision)
        self.caps = Caps(read.lists["caps"])

    @staticmethod
    def check(read: Read) -> Iterator[FileProblem]:
        for rate in read.lists["rules"]:
            yield from check_rate(rate)
        for cap in read.lists["caps"]:
            yield from check_cap(cap)
