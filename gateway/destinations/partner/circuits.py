"""A breaker for each channel of each partner: one whose webhook is broken still gets what goes over AS2."""

import time
from collections.abc import Awaitable, Callable

from msgspec.structs import replace

from gateway.breaker import Breaker
from gateway.destinations.carrying import CarrierName
from gateway.destinations.contract import Outcome, Unavailable, Unknown
from gateway.destinations.partner.composing import carrier_of
from gateway.observing import show_breaker
from partners.profile import Partner


class Circuits:
    """One for a worker. `clock` is monotonic, in seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._breakers: dict[tuple[str, CarrierName], Breaker] = {}

    async def through(self, partner: Partner, carrier: CarrierName, carry: Callable[[], Awaitable[Outcome]]) -> Outcome:
        """What `carry` answers, unless the channel is out: then nothing is tried but one probe at a time.

        The breaker of the destination hears of it only where the partner has no other channel.
        """
        breaker = self._breakers.setdefault((partner.id, carrier), Breaker(clock=self._clock))
        partly = len(channels_of(partner) | {carrier}) > 1
        if not breaker.admits():
            return Unavailable(f"`{carrier}` of `{partner.id}` is out", after=breaker.wait(), partly=partly)
        try:
            outcome = await carry()
            if isinstance(outcome, Unavailable | Unknown):
                breaker.failed(outcome.after if isinstance(outcome, Unavailable) else None)
                outcome = replace(outcome, partly=partly)
            else:
                breaker.succeeded()
        finally:
            breaker.gave_up_probing()
            show_breaker(f"partner:{partner.id}/{carrier}", breaker.circuit)
        if isinstance(outcome, Unavailable):
            return replace(outcome, after=max(outcome.after or 0.0, breaker.wait()))
        return outcome


def channels_of(partner: Partner) -> set[CarrierName]:
    """Those that what we send or answer goes by, whenever it is agreed."""
    ours = (one for one in partner.agreements if one.direction == "out" or one.acknowledgements)
    return {carrier_of(partner, agreement) for agreement in ours}
