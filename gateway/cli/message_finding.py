"""`message find`: where is order 4711, by number, partner, time or trace; why was it refused, and who must act."""

import argparse
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from gateway.cli.message_standing import clock, standing
from gateway.cli.operating import Act, how_many, past
from gateway.cli.telling import Impossible, blocks, carefully
from gateway.cli.translate_findings import place_words
from gateway.errors import ERRORS
from gateway.identifiers import split_delivery_id
from gateway.ledger.finding import Wanted
from gateway.ledger.ledger import Ledger
from gateway.ledger.reading import DeliveryState, MessageHistory
from translators.findings import Place

LOOK_BACK = timedelta(days=30)
"""How far back is looked for what no index leads to, unless `--since` says more."""


def add_find(verbs: Any, run: Callable[[Act], int]) -> None:
    find = verbs.add_parser("find", help="where is it: by number, id, partner, time or trace")
    find.add_argument("number", nargs="?", help="an order's number or a part of it, a message id, or a delivery")
    find.add_argument("--partner", help="who sent it")
    find.add_argument("--type", help="e.g. purchase_order")
    find.add_argument("--refused", action="store_true", help="what was not taken, alone")
    find.add_argument("--trace", type=_trace, help="the trace id of a log line, a problem or a traceparent")
    find.add_argument("--since", type=past, help="e.g. `2h`, `7d`, `2026-11-29` or `2026-11-29T22:00:00Z`")
    find.add_argument("--until", type=past, help="the same")
    find.add_argument("--limit", type=how_many, default=20, help="at most so many; default: %(default)s")
    find.add_argument("--json", action="store_true", help="print JSON, for programs")
    find.set_defaults(run=carefully(lambda chosen: run(lambda ledger: _find(ledger, chosen))))


def _trace(text: str) -> str:
    """The 32 digits, also out of a whole traceparent; for argparse."""
    trace = text.split("-")[1] if text.count("-") == 3 else text
    if len(trace) != 32 or not set(trace) <= set("0123456789abcdef"):
        raise argparse.ArgumentTypeError(f"`{text}` is no trace; it has 32 digits of 0-9 and a-f, or is a traceparent")
    return trace


async def _find(ledger: Ledger, chosen: argparse.Namespace) -> int:
    """1 when there is nothing."""
    ids = await _ids(ledger, chosen)
    found = [history for one in ids[: chosen.limit] if (history := await ledger.history(one)) is not None]
    if chosen.json:
        print(msgspec.json.encode(found).decode())
        return 0 if found else 1
    title = f"{len(found)} found" + (", the newest; there are more, see --limit" if len(ids) > chosen.limit else "")
    blocks(title, [(f"{one.id} of {one.sender}, {clock(one.received_at)}", _told(one)) for one in found])
    if not found and chosen.trace is not None:
        print("a request that was refused before its document was read left no message: look in the API's log")
    if not found and chosen.number is not None:
        print("what could not be read has no number: try `message find --refused --partner … --since 1d`")
    return 0 if found else 1


def _told(found: MessageHistory) -> list[str]:
    documents = [f"{one.document_type} {one.business_number}" for one in found.documents]
    if not documents:
        numbers = (found.refusal or {}).get("numbers", ())
        documents = [" ".join([found.document_type or "unread", ", ".join(numbers)]).strip()]
    return [", ".join(documents), *whereabouts(found)]


async def _ids(ledger: Ledger, chosen: argparse.Namespace) -> list[UUID]:
    """One more than is shown, so that it can be said that there are more."""
    if chosen.number is None and not any((chosen.partner, chosen.type, chosen.refused, chosen.trace, chosen.since)):
        raise Impossible("name a number, or what else is known: --partner, --type, --refused, --trace, --since")
    exact = _message_of(chosen.number)
    if exact is not None:
        return [exact]
    wanted = Wanted(
        number=chosen.number, trace=chosen.trace, sender=chosen.partner, document_type=chosen.type,
        verdict="refused" if chosen.refused else None, since=chosen.since, until=chosen.until,
    )  # fmt: skip
    if wanted.trace is not None and wanted.since is None:
        wanted = msgspec.structs.replace(wanted, since=datetime.now(UTC) - LOOK_BACK)
    ids = await ledger.find(wanted, limit=chosen.limit + 1)
    if ids or wanted.number is None:
        return ids
    if wanted.since is None:
        wanted = msgspec.structs.replace(wanted, since=datetime.now(UTC) - LOOK_BACK)
    return await ledger.find(wanted, contained=True, limit=chosen.limit + 1)


def _message_of(text: str | None) -> UUID | None:
    """Of a message id or of a delivery's."""
    try:
        return split_delivery_id(text)[0] if text and "." in text else UUID(text)
    except (ValueError, TypeError):
        return None


def whereabouts(found: MessageHistory) -> list[str]:
    """In sentences: refused why and who must act, or how it stands with each delivery."""
    if found.refusal is not None:
        code = str(found.refusal.get("code", "?"))
        acts = f", acts: {ERRORS[code].acts}" if code in ERRORS else ""
        why = f"{found.refusal.get('text', '?')}{_where(found.refusal)}"
        return [f"refused at {clock(found.received_at)}, because {why} ({code}{acts})"]
    if not found.deliveries:
        return [found.waits or found.state]
    return [_standing(one) for one in found.deliveries]


def _where(refusal: dict[str, Any]) -> str:
    """The place of the first mistake."""
    findings = [one for one in refusal.get("findings", ()) if one.get("severity", "error") == "error"]
    place = place_words(msgspec.convert(findings[0].get("place", {}), Place)) if findings else ""
    return f", at {place}" if place else ""


def _standing(one: DeliveryState) -> str:
    said = f"{one.destination}: {one.state}"
    if one.reference:
        said += f" as {one.reference}"
    if one.ended_at:
        return f"{said} at {clock(one.ended_at)}"
    return f"{one.destination}: {standing(one)}"
