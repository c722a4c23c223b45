"""What the counters are asked to count, and what they say: plain values between the rules and the counters."""

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from policies.verdicts import RuleRef

OnStoreLoss = Literal["local-share", "refuse", "allow"]
Unit = Literal["requests", "documents", "lines", "bytes", "points"]


class Pace(Struct, frozen=True):
    """GCRA: `most` units fit at once and one grows back every `interval_us` microseconds."""

    interval_us: int
    most: int


class Quota(Struct, frozen=True):
    """`most` units in one window of a calendar.

    `bounds` are the ends, in µs since 1970, of three windows that follow each other, the one of now in the middle: the
    counter store's clock decides which of them it is, so that gateways whose clocks differ count in the same one.
    """

    most: int
    bounds: tuple[int, int, int, int]


class AtOnce(Struct, frozen=True):
    """`most` requests between their admission and their answer."""

    most: int


Measure = Pace | Quota | AtOnce


class Charge(Struct, frozen=True, kw_only=True):
    """One count to make: `cost` units against `key`, as `measure` says. `key` carries no secret and begins with the
    sender, in braces that keep all counts of a sender in one slot of a cluster.
    """

    rule: RuleRef
    key: str
    account: str = ""
    """What `key` begins with: counts of one account are kept together."""
    measure: Measure
    cost: int = 1
    on_store_loss: OnStoreLoss = "local-share"
    enforced: bool = True
    """False: counted and told, but never a reason to refuse."""
    unit: Unit = "requests"
    announcement: str = ""
    """Its item of the RateLimit-Policy field; empty when the fields have no word for its unit."""
    partition: str = ""
    """The parameter `pk` of its items, with the semicolon before it."""
    allows: str = ""
    """The limit in its author's words."""
    revision: str = ""

    @property
    def units(self) -> int:
        """The cost to count with: what is more than fits ever need not be told exactly, and stays a small number."""
        return min(self.cost, self.measure.most + 1)


class Charges(tuple[Charge, ...]):
    """All charges of one request or message: decided together, counted together. No two have the same key."""

    announced: str
    """The RateLimit-Policy field of all of them."""
    with_leases: bool
    packed: object = None
    """Kept here by the counters, who would otherwise write the same bytes for every request of a sender."""

    def __new__(cls, charges: Iterable[Charge] = ()) -> "Charges":
        made = super().__new__(cls, charges)
        made.announced = ", ".join(one.announcement for one in made if one.enforced and one.announcement)
        made.with_leases = any(type(one.measure) is AtOnce for one in made)
        return made


class State(Struct, frozen=True):
    """What the counter says about one charge after it was made, or not made.

    `remaining` units fit right now; `reset_us` is the time until the limit is whole again when `allowed`, and until
    this charge would fit when not. `source`: the shared store, this gateway's own share, or nobody.
    """

    allowed: bool
    remaining: int
    reset_us: int
    source: Literal["store", "share", "none"] = "store"


class Counted(Struct, frozen=True):
    """Charges with one State for each. `admitted`: all that are enforced fitted, and all that fitted were made; else
    none was.

    `at_us` and `lease` are the counters' own: when it was, and under which number its leases are held.
    """

    charges: Charges
    states: tuple[State, ...]
    admitted: bool = True
    at_us: int = 0
    lease: int = 0
