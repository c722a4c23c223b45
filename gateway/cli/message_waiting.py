"""`message waiting` and `message parked`: what has not ended, why, since when, and when is the next try."""

import argparse
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from gateway.cli.message_standing import clock, due, standing
from gateway.cli.operating import Act, how_many
from gateway.cli.telling import blocks
from gateway.ledger.finding import WaitingDelivery
from gateway.ledger.ledger import Ledger
from gateway.ledger.operating import ParkedDelivery


def add_waiting(verbs: Any, run: Callable[[Act], int]) -> None:
    waiting = verbs.add_parser("waiting", help="what has not ended: why, since when, how many attempts, when next")
    waiting.add_argument("--destination", help="`odoo`, `plant:<id>` or `partner:<id>`")
    waiting.add_argument("--partner", help="who sent it")
    _limited(waiting)
    waiting.set_defaults(run=lambda chosen: run(lambda ledger: _waiting(ledger, chosen)))
    parked = verbs.add_parser("parked", help="what waits for a human, with the cause")
    parked.add_argument("--destination", help="`odoo`, `plant:<id>` or `partner:<id>`")
    parked.add_argument("--cause", help="as docs/reference/delivery-causes.md lists them, e.g. `odoo.product.unknown`")
    _limited(parked)
    parked.set_defaults(run=lambda chosen: run(lambda ledger: _parked(ledger, chosen)))


def _limited(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--limit", type=how_many, default=100, help="at most so many, the oldest")
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")


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
    if one.behind is None:
        return standing(one, one.since)
    head = "parked: replay or cancel that one"
    if one.behind_state != "parked":
        head = f"{one.behind_state}{due(one.behind_due_at)}"
    return f"held since {clock(one.since)} behind {one.behind}, which is {head}"


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
    told = ((one, f"{one.document_type} {one.business_number} of {one.sender}", why) for one, why in rows)
    blocks(title, [(one.id, [document, f"{one.destination}: {why}"]) for one, document, why in told])
