"""Counters of machines: the total they show and, where it is known, what was added since the last report."""

from typing import Annotated

from msgspec import Meta, Struct

from translators.canonical.quantities import Quantity
from translators.canonical.rules import check_not_negative, check_one_unit, plain
from translators.canonical.times import Instant, check_instant


class Counter(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A receiver books total − last total, so that a lost or doubled report heals; `delta` is there to compare."""

    name: Annotated[str, Meta(min_length=1)]
    total: Quantity
    delta: Quantity | None = None
    read_at: Instant | None = None

    def __post_init__(self) -> None:
        if self.read_at is not None:
            check_instant(self.read_at)
        check_one_unit(total=self.total, delta=self.delta)
        check_not_negative(total=self.total, delta=self.delta)
        if self.delta is not None and self.delta.value > self.total.value:
            raise ValueError(f"`delta` is {plain(self.delta.value)}, more than the total, {plain(self.total.value)}")


def check_names(counters: tuple[Counter, ...]) -> None:
    """Raise ValueError when a counter is reported twice."""
    seen: set[str] = set()
    for counter in counters:
        if counter.name in seen:
            raise ValueError(f"the counter `{counter.name[:35]}` is reported twice")
        seen.add(counter.name)
