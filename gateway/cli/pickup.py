"""`pickup`: how it stands with partners' own SFTP servers that files are fetched from."""

import argparse
import asyncio
import sys
from datetime import datetime
from typing import Any

import msgspec
from rich.table import Table

from gateway.cli.operating import how_many, with_ledger, with_settings
from gateway.cli.telling import console, row, table
from gateway.clock import now
from gateway.ledger.ledger import Ledger
from gateway.ledger.pickups import PickupFile, PickupServer
from gateway.settings import Settings
from partners.directory import Directory, load


def add_commands(commands: Any) -> None:
    nouns = commands.add_parser("pickup", help="files fetched from partners' own SFTP servers").add_subparsers(
        required=True, metavar="VERB"
    )
    listed = nouns.add_parser("list", help="each server: the last look and the next, and what fails there")
    listed.add_argument("--json", action="store_true", help="print JSON, for programs")
    listed.set_defaults(
        run=lambda chosen: with_settings(lambda settings: lambda ledger: _list(settings, ledger, chosen))
    )
    files = nouns.add_parser("files", help="what was seen at one of them, the newest first")
    files.add_argument("partner", metavar="PARTNER", help="its id in the profiles")
    files.add_argument("--limit", type=how_many, default=100, help="at most so many; default: %(default)s")
    files.add_argument("--json", action="store_true", help="print JSON, for programs")
    files.set_defaults(run=lambda chosen: with_ledger(lambda ledger: _files(ledger, chosen)))
    due = nouns.add_parser("now", help="look at once, also for files that have failed")
    due.add_argument("partner", metavar="PARTNER", help="its id in the profiles")
    due.set_defaults(run=lambda chosen: with_ledger(lambda ledger: _now(ledger, chosen)))


async def _list(settings: Settings, ledger: Ledger, chosen: argparse.Namespace) -> int:
    """Those that profiles name now: of others nothing is fetched."""
    directory = await asyncio.to_thread(load, settings.partners)
    places = _places(directory)
    known = {one.partner: one for one in await ledger.pickups.servers() if places.get(one.partner) == one.place}
    if chosen.json:
        described = [
            {"partner": partner, "place": place, **(_described(known[partner]) if partner in known else {})}
            for partner, place in places.items()
        ]
        print(msgspec.json.encode(described).decode())
        return 0
    servers = table(f"{len(places)} servers", "partner", "folder", "state", "last look", "next look", "waiting", "why")
    for partner, place in places.items():
        _tell(servers, partner, place, known.get(partner))
    console().print(servers)
    return 0


def _tell(servers: Table, partner: str, place: str, one: PickupServer | None) -> None:
    if one is None:
        row(servers, partner, place, "not looked at yet", "-", "-", "-", "")
        return
    why = one.last_error or (f"{one.failing} files cannot be taken: `pickup files {partner}`" if one.failing else "")
    row(servers, partner, place, _state(one), _short(one.looked_at), _short(one.next_look), one.waiting, why)


async def _files(ledger: Ledger, chosen: argparse.Namespace) -> int:
    found = await ledger.pickups.files(chosen.partner, chosen.limit)
    if chosen.json:
        print(msgspec.json.encode([_described(one) for one in found]).decode())
        return 0
    files = table(f"{len(found)} files", "name", "bytes", "seen", "state", "message", "why")
    for one in found:
        row(files, one.name, one.size, _short(one.seen_at), _said(one), one.message_id or "-", one.last_error or "")
    console().print(files)
    return 0


async def _now(ledger: Ledger, chosen: argparse.Namespace) -> int:
    if await ledger.pickups.make_due(chosen.partner, now()):
        print("a worker looks within seconds")
        return 0
    print(f"no worker has ever looked at a server of `{chosen.partner}`", file=sys.stderr)
    return 1


def _places(directory: Directory) -> dict[str, str]:
    servers = {one.id: one.sftp.server for one in directory.partners.values() if one.sftp is not None}
    return {id: one.place for id, one in servers.items() if one is not None and one.poll is not None}  # noqa: A001


def _described(one: PickupServer | PickupFile) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(one)
    return {**told, "state": _state(one)} if isinstance(one, PickupServer) else told


def _state(one: PickupServer) -> str:
    if one.looking:
        return "looking"
    if one.failing_since is not None:
        return f"failing since {_short(one.failing_since)}, {one.failures} times"
    return "well" if one.looked_at is not None else "not looked at yet"


def _said(one: PickupFile) -> str:
    """Of a file: what became of it, or what it waits for."""
    if one.state == "done":
        return f"{one.verdict}, {one.after}"
    if one.state == "taken":
        return f"{one.verdict}, still there"
    return "cannot be taken" if one.failures else "seen"


def _short(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at is not None else "-"
