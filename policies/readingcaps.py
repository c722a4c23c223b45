"""What one submission may be at most before anybody reads it: size, depth, count, time.

The tightest of all rules that match holds. Size is known at once; depth and count stop the reader in the middle, so
these cannot merely be observed.
"""

from collections.abc import Iterator
from math import inf
from typing import Annotated

from msgspec import Meta, Struct

from policies.amounts import Duration, Size
from policies.facts import RequestFacts
from policies.scopes import ScopedRule, check_scope
from policies.verdicts import Refused, RuleRef
from policies.written import Force, Written, force_of
from translators.fileproblems import FileProblem
from translators.formats import Format

_FITTING: dict[str, frozenset[Format]] = {"depth": frozenset({"xml"}), "count": frozenset({"xml", "edifact"})}
"""JSON is read straight into shapes of known depth and size; what else is in it stops the reader by itself."""


class ReadingCap(ScopedRule, frozen=True, kw_only=True):
    """At least one of `size`, `depth`, `count` and `time`."""

    formats: tuple[Format, ...] = ()
    size: Size | None = None
    depth: Annotated[int, Meta(ge=2, le=64)] | None = None
    """Of XML: elements inside one another."""
    count: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    """Of XML elements, of EDIFACT segments."""
    time: Duration | None = None
    """Of reading; then the sender is told, whatever the reader still does."""

    def is_early(self) -> bool:
        return True


class Bounds(Struct, frozen=True):
    """What the reader is given, and the rule behind each."""

    depth: tuple[int, RuleRef] | None = None
    count: tuple[int, RuleRef] | None = None
    seconds: tuple[int, RuleRef] | None = None
    observed: tuple[RuleRef, ...] = ()


UNBOUND = Bounds()


def check_reading_cap(written: Written[ReadingCap]) -> Iterator[FileProblem]:
    yield from check_scope(written)
    rule = written.rule
    given = [name for name in ("size", "depth", "count", "time") if getattr(rule, name) is not None]
    if not given:
        yield written.problem(None, "a cap needs `size`, `depth`, `count` or `time`")
    for name in given:
        fitting = _FITTING.get(name)
        if fitting is not None and not (rule.formats and set(rule.formats) <= fitting):
            yield written.problem(name, f"`{name}` is of {' and '.join(sorted(fitting))}; say so in `formats`")
        if name != "size" and rule.mode == "observe":
            yield written.problem(name, f"`{name}` stops the reader and cannot be observed; use `mode: enforce`")


class _Cap:
    def __init__(self, written: Written[ReadingCap]) -> None:
        self.rule = written.rule
        self.ref = written.ref
        self.size: float = written.rule.size.bytes if written.rule.size is not None else inf
        self._force: Force | None = force_of(written)

    def holds(self, request: RequestFacts, format_: str, document_type: str) -> bool:
        """A condition that cannot be judged bounds."""
        return (
            self.rule.covers(request)
            and self.rule.concerns(document_type)
            and (not self.rule.formats or format_ in self.rule.formats)
            and (self._force is None or self._force.holds(request, unsure=True))
        )


class ReadingCaps:
    """All caps on reading of a set."""

    def __init__(self, written: list[Written[ReadingCap]], revision: str) -> None:
        self._caps = [_Cap(one) for one in written]
        self._revision = revision

    def of(self, request: RequestFacts, format_: str, document_type: str, size: int) -> Bounds | Refused:
        """Refused when it is too large already; else what reading must keep to."""
        if not self._caps:
            return UNBOUND
        caps = [cap for cap in self._caps if cap.holds(request, format_, document_type)]
        over = [cap for cap in caps if size > cap.size]
        enforced = [cap for cap in over if cap.rule.mode == "enforce"]
        if enforced:
            worst = min(enforced, key=lambda cap: cap.size)
            assert worst.rule.size is not None
            text = f"the submission has {size} bytes; at most {worst.rule.size.text} are read"
            act = "split it and send the parts"
            return Refused(worst.ref, "limit.too_large", text, act, revision=self._revision)
        return Bounds(
            depth=_least(caps, "depth"),
            count=_least(caps, "count"),
            seconds=_least(caps, "time"),
            observed=tuple(cap.ref for cap in over),
        )

    def exceeded(self, what: str, bound: tuple[int, RuleRef]) -> Refused:
        """The verdict on what stopped the reader. `what`: `depth`, `count` or `time`."""
        most, rule = bound
        text = {
            "depth": f"it is nested deeper than {most} levels",
            "count": f"it has more than {most} elements or segments",
            "time": f"reading it takes longer than {most} s",
        }[what]
        return Refused(rule, "limit.too_large", text, "split it and send the parts", revision=self._revision)


def _least(caps: list[_Cap], name: str) -> tuple[int, RuleRef] | None:
    given = [(cap, getattr(cap.rule, name)) for cap in caps if getattr(cap.rule, name) is not None]
    found = [(value.seconds if isinstance(value, Duration) else value, cap.ref) for cap, value in given]
    return min(found, key=lambda one: one[0], default=None)
