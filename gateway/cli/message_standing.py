"""How a delivery stands that has not ended, in a sentence of an operator's."""

from datetime import UTC, datetime

from gateway.ledger.finding import WaitingDelivery
from gateway.ledger.reading import DeliveryState


def standing(one: WaitingDelivery | DeliveryState, since: datetime | None = None) -> str:
    """Its state, since when, how many attempts were spent, when the next is, and why."""
    said = one.state + (f" since {clock(since)}" if since else "")
    if one.state == "pending":
        return f"{said}: no attempt has ended yet"
    if one.state == "held":
        return f"{said}: behind another of its lane, which `message waiting` names"
    if one.state == "offered":
        return f"{said}: {_fetching(one.due_at)}"
    attempts = one.attempts or 0
    said += f", {attempts} attempt{'' if attempts == 1 else 's'} spent" if attempts or one.cause else ""
    said += due(one.due_at, "read back" if one.state == "unknown" else "next")
    why = ": ".join(part for part in (one.cause, one.last_error) if part)
    late = f"past its deadline of {clock(one.deadline)}" if one.deadline and one.deadline < datetime.now(UTC) else ""
    return "; ".join(part for part in (said, why, late) if part)


def _fetching(hidden_until: datetime | None) -> str:
    if hidden_until is None:
        return "not fetched yet"
    if hidden_until > datetime.now(UTC):
        return f"fetched, not acknowledged; it is offered again at {clock(hidden_until)}"
    return f"fetched, not acknowledged, and offered again since {clock(hidden_until)}"


def due(at: datetime | None, what: str = "next") -> str:
    """When the next try is. One whose time has come goes with the next probe of a destination that is out (breaker.py),
    or waits for a worker."""
    if at is None:
        return ""
    left = (at - datetime.now(UTC)).total_seconds()
    if left > 0:
        return f", {what} at {clock(at)}, in {_shortly(left)}"
    return f", due since {clock(at)}: with the next probe of the destination, a minute apart at most, if a worker runs"


def _shortly(seconds: float) -> str:
    """Roughly, for people."""
    if seconds < 120:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 7200 else f"{round(seconds / 3600)} h"


def clock(at: datetime) -> str:
    """In UTC, as the ledger and the logs have it; with its day when that is not today."""
    return f"{at:%H:%M:%SZ}" if at.date() == datetime.now(UTC).date() else f"{at:%Y-%m-%d %H:%MZ}"
