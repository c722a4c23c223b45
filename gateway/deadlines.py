"""Deadlines of deliveries and of acknowledgements: who is late is told, as loudly as its flow class asks for."""

import logging
from collections.abc import Callable, Mapping

from gateway.ledger.ledger import Ledger
from gateway.observing import ACKNOWLEDGEMENTS_MISSED, ACKNOWLEDGEMENTS_OVERDUE, MISSED, OVERDUE, log_change
from policies.flows import Flow
from policies.flowtable import Alert

_LEVELS: dict[Alert, int] = {"page": logging.ERROR, "ticket": logging.WARNING, "report": logging.INFO}


class Deadlines:
    """Looks at all deliveries of the ledger; any number of workers may, each is told of what it noticed first."""

    every = 10.0

    def __init__(self, ledger: Ledger, flows: Callable[[], Mapping[str, Flow]]) -> None:
        self._ledger = ledger
        self._flows = flows

    async def look(self) -> None:
        for late in await self._ledger.notice_overdue():
            alert = self._alert(late.flow)
            MISSED.labels(late.destination, alert).inc()
            log_change(
                "delivery.overdue", level=_LEVELS[alert], delivery=late.id, destination=late.destination, flow=late.flow
            )
        OVERDUE.clear()
        for count in await self._ledger.overdue_now():
            OVERDUE.labels(count.destination, self._alert(count.flow)).inc(count.deliveries)

    async def look_at_answers(self) -> None:
        """The same for acknowledgements: a ticket where the partner owes, the like where we do."""
        for late in await self._ledger.acknowledgements.notice_late():
            if not late.is_warning:
                ACKNOWLEDGEMENTS_MISSED.labels(late.partner, late.side, late.kind).inc()
            log_change(
                "acknowledgement.due_soon" if late.is_warning else "acknowledgement.overdue",
                level=logging.INFO if late.is_warning else logging.WARNING,
                partner=late.partner,
                side=late.side,
                kind=late.kind,
                parcel=late.parcel,
                message_id=late.message_id,
            )
        ACKNOWLEDGEMENTS_OVERDUE.clear()
        for count in await self._ledger.acknowledgements.late_now():
            ACKNOWLEDGEMENTS_OVERDUE.labels(count.partner, count.side, count.kind).set(count.acknowledgements)

    def _alert(self, flow: str | None) -> Alert:
        """Of a flow that is no longer there, or of none: a ticket."""
        known = self._flows().get(flow) if flow is not None else None
        return known.alert if known is not None else "ticket"
