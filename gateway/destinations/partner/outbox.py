"""The carrier `outbox`: a partner that fetches, so that carrying means laying ready."""

from gateway.destinations.carrying import CarrierName, Parcel
from gateway.destinations.contract import Absent, Offered, Outcome, Verified
from partners.profile import Partner


class OutboxCarrier:
    """Parcels lie in the ledger anyway: those that are offered are what `GET /v1/outbox` hands out."""

    name: CarrierName = "outbox"

    async def carry(self, parcel: Parcel, partner: Partner) -> Outcome:  # noqa: ARG002 - see above
        return Offered()

    async def look(self, parcel: Parcel, partner: Partner) -> Verified:  # noqa: ARG002 - see above
        return Absent()

    async def close(self) -> None:
        """Nothing to close."""
