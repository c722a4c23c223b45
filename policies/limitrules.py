"""Rules about how much, as people write them, and what can be wrong with them.

A rule holds one measure. `rate: 5 per 1s` with a `burst` is GCRA: never more than `burst` at once, never more than the
rate in the long run; in any stretch of time t at most burst + t / interval. `quota: 50000 per day` counts in the days
of a `zone`. `concurrency: 8` is about requests between their admission and their answer.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal, Protocol

from msgspec import Meta, Struct, field

from policies.amounts import LONGEST_PERIOD, Points, Rate
from policies.calendars import CalendarRule
from policies.caps import CapRule
from policies.charges import OnStoreLoss, Unit
from policies.periods import PerPeriod, Zone
from policies.scopes import Names, ScopedRule, check_scope
from policies.written import Name, Written
from translators.fileproblems import FileProblem
from translators.yamlsentences import suggest

Burst = Annotated[int, Meta(ge=1, le=1_000_000_000)]
Concurrency = Annotated[int, Meta(ge=1, le=100_000)]
Per = Literal["sender", "client", "plant", "document", "address", "all"]

_MEASURES = ("rate", "quota", "concurrency")


class Instead(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """While `calendar` holds, the rule's measure is this one instead. Of several that hold the first counts."""

    calendar: Name
    rate: Rate | None = None
    burst: Burst | None = None
    quota: PerPeriod | None = None
    concurrency: Concurrency | None = None


class LimitRule(ScopedRule, frozen=True, kw_only=True):
    """`documents`, `plants` and `points` only for what is counted once the document is read."""

    counts: Unit = "requests"
    per: Per = "sender"
    """What shares one count: `sender` is a partner over all its credentials; the next four are a part of a sender's
    doing, `plant` the plant a document concerns; `all` is everybody together."""
    plants: Names = ()
    """Plants the document concerns."""
    rate: Rate | None = None
    burst: Burst | None = None
    """At once; without it as many as the rate gives in its period."""
    quota: PerPeriod | None = None
    zone: Zone | None = None
    """Whose days, weeks or months the quota counts in."""
    concurrency: Concurrency | None = None
    points: dict[Name, Points] = field(default_factory=dict)
    """What one document of a type costs, when `counts: points`; a type that is not here costs 1."""
    instead: tuple[Instead, ...] = ()
    """Other measures in times of a calendar."""
    on_store_loss: OnStoreLoss = "local-share"
    overrides: Name | None = None
    """The rule that does not hold for whom this one covers, while this one is in force."""
    approved_by: Annotated[str, Meta(min_length=1, max_length=100)] | None = None
    """Who answers for an override."""

    def is_early(self) -> bool:
        return self.counts == "requests"


class LimitsFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`limits.yaml`: what is counted, caps on single documents, and the calendars that limits name."""

    kind: Literal["limits"]
    rules: tuple[LimitRule, ...]
    caps: tuple[CapRule, ...] = ()
    calendars: tuple[CalendarRule, ...] = ()


class Measured(Protocol):
    """A rule, or what holds instead of it for a time."""

    @property
    def rate(self) -> Rate | None: ...
    @property
    def burst(self) -> int | None: ...
    @property
    def quota(self) -> PerPeriod | None: ...
    @property
    def concurrency(self) -> int | None: ...


def interval_us(rate: Rate) -> int:
    """Rounded up: a limit may be a microsecond too strict, never too loose."""
    return -(-rate.seconds * 1_000_000 // rate.count)


def check_limits(written: Sequence[Written[LimitRule]], calendars: Sequence[CalendarRule]) -> Iterator[FileProblem]:
    """Everything that can be wrong with the limits of a file, each by itself and together."""
    known = {one.rule.name: one for one in reversed(written)}
    names = [calendar.name for calendar in calendars]
    for one in written:
        yield from check_scope(one)
        yield from _check_what(one)
        yield from _check_measure(one, one.rule, "")
        yield from _check_instead(one, names)
        yield from _check_override(one, known)


def _check_what(written: Written[LimitRule]) -> Iterator[FileProblem]:
    rule = written.rule
    if rule.counts == "requests":
        late = "requests are counted before the document is read; count `documents` instead"
        for field in ("documents", "plants"):
            if getattr(rule, field):
                yield written.problem(field, late)
        if rule.per in ("document", "plant"):
            yield written.problem("per", late)
    if (rule.counts == "points") != bool(rule.points):
        yield written.problem("points" if rule.points else "counts", "`counts: points` and `points` belong together")
    if rule.per == "all" and rule.on_store_loss == "allow":
        yield written.problem(
            "on_store_loss", "a limit for everybody together protects us; use `local-share` or `refuse`"
        )


def _check_measure(written: Written[LimitRule], held: Measured, prefix: str) -> Iterator[FileProblem]:
    """One measure, and what belongs to it; `prefix` is where it stands inside the rule."""
    given = [name for name in _MEASURES if getattr(held, name) is not None]
    if not given:
        yield written.problem(prefix.rstrip(".") or None, "a limit needs one of `rate`, `quota` and `concurrency`")
        return
    if len(given) > 1:
        both = " and ".join(f"`{one}`" for one in given)
        yield written.problem(f"{prefix}{given[1]}", f"{both} are limits of their own; write a rule for each")
        return
    if held.burst is not None and held.rate is None:
        yield written.problem(f"{prefix}burst", "`burst` belongs to a `rate`")
    if held.rate is not None and interval_us(held.rate) * (held.burst or held.rate.count) > LONGEST_PERIOD * 1_000_000:
        text = "this burst takes more than 366 days to grow back; use a smaller one"
        yield written.problem(f"{prefix}burst" if held.burst else f"{prefix}rate", text)
    rule = written.rule
    if held is not rule:
        return
    if (rule.quota is None) != (rule.zone is None):
        text = "a quota counts in the days of a time zone; add `zone: Europe/Berlin`"
        yield written.problem("quota" if rule.quota else "zone", text if rule.quota else "`zone` belongs to a `quota`")
    if rule.concurrency is not None and rule.counts != "requests":
        yield written.problem("counts", "only requests are under way at once; leave `counts` out")


def _check_instead(written: Written[LimitRule], calendars: list[str]) -> Iterator[FileProblem]:
    rule = written.rule
    measure = next((name for name in _MEASURES if getattr(rule, name) is not None), None)
    for number, instead in enumerate(rule.instead):
        place = f"instead[{number}]"
        if instead.calendar not in calendars:
            advice = suggest(instead.calendar, calendars) if calendars else "write it under `calendars`"
            yield written.problem(f"{place}.calendar", f"there is no calendar `{instead.calendar}`; {advice}")
        before = len(found := list(_check_measure(written, instead, f"{place}.")))
        yield from found
        if before or measure is None:
            continue
        if getattr(instead, measure) is None:
            yield written.problem(place, f"the rule is about a `{measure}`, so in this time too it needs one")
        elif rule.quota and instead.quota and rule.quota.period != instead.quota.period:
            text = f"the rule counts per {rule.quota.period}; a calendar changes how many, not the window"
            yield written.problem(f"{place}.quota", text)


def _check_override(written: Written[LimitRule], known: dict[str, Written[LimitRule]]) -> Iterator[FileProblem]:
    rule = written.rule
    if rule.overrides is None:
        if rule.approved_by is not None:
            yield written.problem("approved_by", "`approved_by` belongs to `overrides`")
        return
    if rule.until is None:
        yield written.problem("overrides", "an override ends by itself; add `until`")
    if rule.approved_by is None:
        yield written.problem("overrides", "somebody answers for an override; add `approved_by`")
    target = known.get(rule.overrides)
    if target is None:
        choices = [name for name in known if name != rule.name]
        yield written.problem("overrides", f"there is no limit `{rule.overrides}`; {suggest(rule.overrides, choices)}")
    elif target.rule.name == rule.name:
        yield written.problem("overrides", "a rule does not override itself")
    elif target.rule.overrides is not None:
        text = f"`{rule.overrides}` overrides another rule itself; override `{target.rule.overrides}`"
        yield written.problem("overrides", text)
    elif rule.mode == "enforce" and target.rule.counts != rule.counts:
        text = f"`{rule.overrides}` counts {target.rule.counts} and would be gone; count {target.rule.counts} here too"
        yield written.problem("counts" if rule.counts != "requests" else "overrides", text)
