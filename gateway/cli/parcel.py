"""`parcel`: what left for partners under which control number, and sending it again."""

import argparse
import sys
from typing import Any

import msgspec

from gateway.cli.operating import how_many, operator, parcel_id, with_ledger
from gateway.cli.telling import console, row, table
from gateway.ledger.ledger import Ledger
from gateway.ledger.parcels import KeptParcel, ParcelState, members_of
from gateway.ledger.shipping import Resending
from gateway.showing import reveal

_STATES: tuple[ParcelState, ...] = ("kept", "offered", "delivered", "refused", "cancelled")
_SAID: dict[Resending, str] = {
    "due": "it is sent again, the same bytes under the same number",
    "replayed": "it is sent again, with the documents that were parked with it",
    "under_way": "it is under way already; nothing was changed",
    "cancelled": "its documents were given up; send them anew",
    "erased": "its bytes are kept no longer; send the documents anew",
    "unknown": "there is no such parcel",
}


def add_commands(commands: Any) -> None:
    nouns = commands.add_parser("parcel", help="what left for partners, and sending it again").add_subparsers(
        required=True, metavar="VERB"
    )
    listed = nouns.add_parser("list", help="parcels, the newest first")
    listed.add_argument("--partner", help="whom it is for")
    listed.add_argument("--state", choices=_STATES, help="how it stands")
    listed.add_argument("--number", metavar="CONTROL_NUMBER", help="0020 or ISA13, as it is written")
    listed.add_argument("--limit", type=how_many, default=50, help="at most so many; default: %(default)s")
    listed.add_argument("--json", action="store_true", help="print JSON, for programs")
    listed.set_defaults(run=lambda chosen: with_ledger(lambda ledger: _list(ledger, chosen)))
    show = nouns.add_parser("show", help="everything known of a parcel but its content")
    show.add_argument("id", type=parcel_id, help="of a parcel")
    show.add_argument("--reveal", metavar="REASON", help="write its content to the standard output; why, for the audit")
    show.set_defaults(run=lambda chosen: with_ledger(lambda ledger: _show(ledger, chosen)))
    resend = nouns.add_parser("resend", help="once more: the same bytes under the same control number")
    resend.add_argument("id", type=parcel_id, help="of a parcel")
    resend.add_argument("--reason", "--why", required=True, help="for the audit")
    resend.set_defaults(run=lambda chosen: with_ledger(lambda ledger: _resend(ledger, chosen)))


async def _list(ledger: Ledger, chosen: argparse.Namespace) -> int:
    found = await ledger.parcels.search(
        partner=chosen.partner, state=chosen.state, control_number=chosen.number, limit=chosen.limit
    )
    if chosen.json:
        print(msgspec.json.encode([_described(one) for one in found]).decode())
        return 0
    parcels = table(f"{len(found)} parcels", "parcel", "to", "number", "documents", "by", "state", "since")
    for one in found:
        documents = f"{len(one.members)} {', '.join(one.document_types)}"
        row(parcels, one.id, one.partner, one.control_number or "-", documents, one.carrier, one.state,
            f"{one.changed_at:%Y-%m-%d %H:%M}")  # fmt: skip
    console().print(parcels)
    return 0


async def _show(ledger: Ledger, chosen: argparse.Namespace) -> int:
    found = await ledger.parcels.find(chosen.id)
    if found is None:
        print(_SAID["unknown"])
        return 1
    if chosen.reveal is None:
        described = _described(found)
        exchange = await ledger.exchanges.of_parcel(found.id)
        if exchange is not None:
            described["exchange"] = msgspec.to_builtins(exchange)
        print(msgspec.json.format(msgspec.json.encode(described)).decode())
        return 0
    if not found.content:
        print(_SAID["erased"], file=sys.stderr)
        return 1
    messages = list(dict.fromkeys(message for message, _ in members_of(found)))
    await reveal(ledger, messages, actor=operator(), reason=chosen.reveal)
    sys.stdout.buffer.write(found.content)
    return 0


async def _resend(ledger: Ledger, chosen: argparse.Namespace) -> int:
    said = await ledger.parcels.resend(chosen.id, actor=operator(), reason=chosen.reason)
    print(_SAID[said])
    return 0 if said in ("due", "replayed") else 1


def _described(parcel: KeptParcel) -> dict[str, Any]:
    described: dict[str, Any] = msgspec.to_builtins(parcel)
    for name in ("content", "maybe_carried", "position", "again"):
        described.pop(name)
    return described
