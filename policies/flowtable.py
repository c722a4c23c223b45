"""What a flow class means for its deliveries: data and nothing else.

People say what a flow is for (how critical, how soon, how it is made good); what follows from that is decided here
once, for all flows alike. docs/reference/flows.md shows the tables.
"""

from typing import Literal

from msgspec import Struct

Criticality = Literal["stops-production", "delays-business", "informs"]
Latency = Literal["seconds", "minutes", "hours"]
Recovery = Literal["exactly-once", "newest-counts", "can-be-asked-again"]
Alert = Literal["page", "ticket", "report"]


class Soon(Struct, frozen=True):
    """Of the latency a flow tolerates."""

    priority: int
    deadline: str


class Grave(Struct, frozen=True):
    """Of how critical it is. `sooner` is taken off the priority's number."""

    sooner: int
    alert: Alert


LATENCY: dict[Latency, Soon] = {
    "seconds": Soon(priority=2, deadline="1 minute"),
    "minutes": Soon(priority=5, deadline="15 minutes"),
    "hours": Soon(priority=8, deadline="8 hours"),
}
CRITICALITY: dict[Criticality, Grave] = {
    "stops-production": Grave(sooner=1, alert="page"),
    "delays-business": Grave(sooner=0, alert="ticket"),
    "informs": Grave(sooner=-1, alert="report"),
}
ATTEMPTS: dict[Recovery, dict[Latency, str]] = {
    "exactly-once": {
        "seconds": "1s, 5s, 30s, 2m, 10m, 30m, 1h, 4h, 12h",
        "minutes": "10s, 1m, 5m, 30m, 2h, 6h, 12h",
        "hours": "1m, 10m, 1h, 6h, 12h, 24h",
    },
    "newest-counts": {"seconds": "1s, 5s, 30s, 2m", "minutes": "10s, 1m, 5m, 30m", "hours": "1m, 10m, 1h, 6h"},
    "can-be-asked-again": {"seconds": "1s, 5s, 30s", "minutes": "10s, 1m, 5m", "hours": "1m, 10m, 1h"},
}
"""What only a newer one replaces, or what can be had again, need not be tried for long."""

KEEP: dict[Recovery, dict[Criticality, str]] = {
    "exactly-once": {"stops-production": "366 days", "delays-business": "366 days", "informs": "180 days"},
    "newest-counts": {"stops-production": "90 days", "delays-business": "30 days", "informs": "14 days"},
    "can-be-asked-again": {"stops-production": "30 days", "delays-business": "14 days", "informs": "7 days"},
}
"""How long payloads stay where no rule of retention.yaml says otherwise."""
