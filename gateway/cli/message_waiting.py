"""`message waiting` and `message parked`: what has not ended, why, since when, and when is the next try."""

import argparse
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from gateway.cli.operating import Act, how_many
from gateway.cli.telling import console, row, table
from gateway.ledger.finding import WaitingDelivery
from gateway.ledger.ledger import Ledger
from gateway.ledger.operating import ParkedDelivery


def add_waiting(verbs: Any, run: Callable[[Act], int]) -> None:
    waiting = verbs.add_parser("waiting", help="what has not ended: why, since when, how many attempts, when next")
    waiting.add_argument("--destination")
    waiting.add_argument("--partner", help="who sent it")
    _limited(waiting)
    waiting.set_defaults(run=lambda chosen: run(lambda ledger: _waiting(ledger, chosen)))
    parked = verbs.add_parser("parked", help="what waits for a human, with the cause")
    parked.add_argument("--destination")
    parked.add_argument("--cause")
    _limited(parked)
    parked.set_defaults(run=lambda chosen: run(lambda ledger: _parked(ledger, chosen)))


def _limited(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--limit", type=how_many, default=100, help="at most so many, the oldest")
    parser.add_argument("--json", action="store_true")


async def _waiting(ledger: Ledger, chosen: argparse.Namespace) -> int:
    found = await ledger.waiting(destination=chosen.destination, sender=chosen.partner, limit=chosen.limit)
    if chosen.json:
        print(msgspec.json.encode(found).decode())
        return 0
    depths = [one for one in await ledger.depths() if chosen.destination in (None, one.destination)]
    states = sorted({one.state for one in depths} - {"parked"})
    counted = ", ".join(f"{sum(d.depth for d in depths if d.state == state)} {state}" for state in states)
    title = f"{len(found)} waiting; in the whole ledger: {counted or 'none'}"
    _print(f"the oldest {title}" if len(found) == chosen.limit else title, [(one, _why(one)) for one in found])
    if any(one.state == "pending" for one in found) and not await ledger.leases.live_workers():
        print("no worker was seen of late: start one (`partner-gateway worker`)")
    return 0


def _why(one: WaitingDelivery) -> str:
    if one.behind is not None:
        return f"held since {clock(one.since)} behind {one.behind}"
    if one.state == "pending":
        return f"pending since {clock(one.since)}: no attempt has ended yet"
    return f"{one.state} since {clock(one.since)}{tried(one.attempts, one.due_at, one.cause, one.last_error)}"


async def _parked(ledger: Ledger, chosen: argparse.Namespace) -> int:
    found = await ledger.parked(destination=chosen.destination, cause=chosen.cause, limit=chosen.limit)
    if chosen.json:
        print(msgspec.json.encode(found).decode())
        return 0
    title = f"{len(found)} parked"
    if len(found) == chosen.limit:
        depths = [one for one in await ledger.depths() if chosen.destination in (None, one.destination)]
        parked = sum(one.depth for one in depths if one.state == "parked")
        title = f"the {len(found)} oldest of {parked} parked; see --limit"
    whys = [": ".join(part for part in (one.cause, one.last_error) if part) for one in found]
    _print(title, [(one, f"since {clock(one.since)}: {why}") for one, why in zip(found, whys, strict=True)])
    return 0


def _print(title: str, rows: Sequence[tuple[WaitingDelivery | ParkedDelivery, str]]) -> None:
    """In three columns, so that a terminal of 100 has room for the reason."""
    deliveries = table(title, "delivery", "document", "to, and why it is not there")
    deliveries.columns[0].min_width = max((len(one.id) for one, _ in rows), default=0)  # what `replay` asks for
    for one, why in rows:
        document = f"{one.document_type} {one.business_number}\nof {one.sender}"
        row(deliveries, one.id, document, f"{one.destination}: {why}")
    console().print(deliveries)


def clock(at: datetime) -> str:
    """In UTC, as the ledger and the logs have it; with its day when that is not today."""
    return f"{at:%H:%M:%SZ}" if at.date() == datetime.now(UTC).date() else f"{at:%Y-%m-%d %H:%MZ}"


def tried(attempts: int, due_at: datetime | None, cause: str | None, last_error: str | None) -> str:
    said = f", {attempts} attempt{'' if attempts == 1 else 's'} spent" if attempts or cause else ""
    if due_at:
        said += f", next at {clock(due_at)}" if due_at > datetime.now(UTC) else f", due since {clock(due_at)}"
    why = ": ".join(part for part in (cause, last_error) if part)
    return said + (f"; {why}" if why else "")
