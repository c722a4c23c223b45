"""A destination that does as it is told, and one shard of work for it."""

from collections.abc import Callable

from gateway.destinations.contract import Absent, Delivered, Delivery, Outcome, Verified
from gateway.ledger.ledger import Ledger
from gateway.ledger.operating import Balance


class Told:
    """`answers` by business number, one for each `deliver`, else Delivered; `verdicts` likewise for `verify`, else what
    `there` says. An exception is raised. `calls` holds what was asked, in order: `deliver PO-1`, `verify PO-1`."""

    def __init__(self, name: str = "recording", *, batch: int = 100, concurrency: int = 8) -> None:
        self.name, self.batch, self.concurrency = name, batch, concurrency
        self.answers: dict[str, list[object]] = {}
        self.verdicts: dict[str, list[object]] = {}
        self.there: set[str] = set()
        self.calls: list[str] = []
        self.before: Callable[[Delivery], object] = lambda _: None
        self.started = self.closed = 0

    async def start(self) -> None:
        self.started += 1

    async def close(self) -> None:
        self.closed += 1

    async def deliver(self, delivery: Delivery) -> Outcome:
        number = number_of(delivery)
        self.calls.append(f"deliver {number}")
        self.before(delivery)
        answer = self._next(self.answers, number, Delivered(reference=f"S-{number}"))
        if isinstance(answer, Delivered):
            self.there.add(number)
        return answer  # type: ignore[return-value]

    async def verify(self, delivery: Delivery) -> Verified:
        number = number_of(delivery)
        self.calls.append(f"verify {number}")
        known = Delivered(reference=f"S-{number}") if number in self.there else Absent()
        return self._next(self.verdicts, number, known)  # type: ignore[return-value]

    def _next(self, given: dict[str, list[object]], number: str, otherwise: object) -> object:
        answer = given[number].pop(0) if given.get(number) else otherwise
        if isinstance(answer, BaseException):
            raise answer
        return answer


def number_of(delivery: Delivery) -> str:
    return delivery.business_key.rpartition("|")[2]


async def make_due(ledger: Ledger) -> None:
    """As if the time everything waits for had passed."""
    await ledger._pool.execute("update exceptions set due_at = now() where due_at > now()")


async def states(ledger: Ledger) -> dict[str, str]:
    """The state of each delivery by business number."""
    rows = await ledger._pool.fetch(
        """select c.business_number, coalesce(a.outcome, x.state, 'pending') as state
        from deliveries d join documents c on c.message_id = d.message_id and c.number = d.document
        left join attempts a on (a.message_id, a.number) = (d.message_id, d.number)
          and a.outcome in ('delivered', 'cancelled')
        left join exceptions x on (x.message_id, x.number) = (d.message_id, d.number)"""
    )
    return {row["business_number"]: row["state"] for row in rows}


async def whole(ledger: Ledger) -> Balance:
    """The balance, which must be even."""
    balance = await ledger.balance()
    assert balance.imbalance == 0
    return balance
