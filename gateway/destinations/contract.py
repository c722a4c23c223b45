"""What a destination owes the delivery loop, in prose and types.

Life of a destination, in order:

1. `start()` once per worker process: open clients, read what must be known (precisions, versions). May raise; the
   worker then reports the destination as out and tries again.
2. `deliver(delivery)` once per attempt. Deliveries of one lane never overlap; lanes run in parallel up to
   `concurrency`. It must return an Outcome and must not raise for anything a remote system can do; an exception is
   a defect of the destination and is recorded as `Unknown`.
3. `verify(delivery)` whenever an earlier attempt may have had its effect without our knowing: after `Unknown`, and
   after a worker died between sending and settling. It reads back by our deterministic external id, changes nothing,
   and may be called any number of times.
4. `close()` once.

`deliver` must be safe to do twice with the same delivery: the effect is keyed by `delivery.external_id`, which is
the same in every attempt, replay and worker.
"""

from typing import Protocol

from msgspec import Struct

from gateway.ledger.work import Delivery

__all__ = [
    "ANSWER",
    "Absent", "Delivered", "Delivery", "Destination", "Offered", "Outcome", "Postponed", "Refused", "Unavailable",
    "Unknown", "Verified",
]  # fmt: skip

ANSWER = "partner.answer"
"""The operation of our own answers to what a partner sent; they are ours, whatever the rules say of the sender."""


class Delivered(Struct, frozen=True, tag="delivered"):
    """The effect is there and was seen; `reference` is the destination's own name for it (e.g. `S00042`)."""

    reference: str


class Offered(Struct, frozen=True, tag="offered"):
    """Lies ready for a receiver that fetches it; `Delivered` follows when the receiver acknowledges."""


class Postponed(Struct, frozen=True, tag="postponed"):
    """This document cannot be delivered yet (a clash, a missing predecessor); counts as an attempt.

    `after`: seconds to wait at least; None leaves it to the retry schedule.
    """

    why: str
    after: float | None = None


class Unavailable(Struct, frozen=True, tag="unavailable"):
    """The destination is out (refused connections, 502, 503, 429, bad credentials); no attempt is spent.

    `partly`: only a way to it is, one channel of a partner. What goes another way goes on: its breaker stays closed.
    """

    why: str
    after: float | None = None
    partly: bool = False


class Refused(Struct, frozen=True, tag="refused"):
    """The destination says no to this document for good; it is parked. `code` is an entry of `reference/errors.md`."""

    code: str
    why: str


class Unknown(Struct, frozen=True, tag="unknown"):
    """Sent, and nothing heard: `verify` decides before anything is sent again.

    `harmless`: an id that the receiver knows it by makes a repetition so; then no attempt is spent, however often.
    `partly`: as for `Unavailable`.
    """

    why: str
    harmless: bool = False
    partly: bool = False


class Absent(Struct, frozen=True, tag="absent"):
    """Read back: the effect is not there; it is safe to deliver."""


Outcome = Delivered | Offered | Postponed | Unavailable | Refused | Unknown
Verified = Delivered | Absent | Unavailable | Refused


class Destination(Protocol):
    """See the module's text for the life cycle."""

    name: str
    concurrency: int
    """Lanes delivered at once by one worker."""
    batch: int
    """Deliveries taken from the ledger at a time; small for slow destinations, so that results are settled soon."""

    async def start(self) -> None: ...
    async def deliver(self, delivery: Delivery) -> Outcome: ...
    async def verify(self, delivery: Delivery) -> Verified: ...
    async def close(self) -> None: ...
