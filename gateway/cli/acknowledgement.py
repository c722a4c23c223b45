"""`acknowledgement`: which answers we owe partners and which they owe us, what is late and what was said."""

import argparse
import sys
from typing import Any

import msgspec

from gateway.cli.operating import how_many, operator, with_ledger
from gateway.cli.telling import console, row, table
from gateway.ledger.acknowledging import AcknowledgementState, Side
from gateway.ledger.ledger import Ledger

_OWED_BY: dict[Side, str] = {"ours": "us", "theirs": "them"}


def add_commands(commands: Any) -> None:
    nouns = commands.add_parser(
        "acknowledgement", help="answers owed to partners and by them, and what is late"
    ).add_subparsers(required=True, metavar="VERB")
    listed = nouns.add_parser("list", help="what is owed, the most urgent first")
    which = listed.add_mutually_exclusive_group()
    which.add_argument("--owed", dest="side", action="store_const", const="ours", help="what we owe alone")
    which.add_argument("--expected", dest="side", action="store_const", const="theirs", help="what they owe alone")
    listed.add_argument("--overdue", action="store_true", help="what is late alone")
    listed.add_argument("--all", action="store_true", help="what has ended, too")
    listed.add_argument("--partner", help="whom it is for, or who owes it")
    listed.add_argument("--limit", type=how_many, default=100, help="at most so many; default: %(default)s")
    listed.add_argument("--json", action="store_true", help="print JSON, for programs")
    listed.set_defaults(run=lambda chosen: with_ledger(lambda ledger: _list(ledger, chosen)))
    closed = nouns.add_parser("close", help="wait for one no longer")
    closed.add_argument("id", type=how_many, help="as `list` shows it")
    closed.add_argument("--why", "--reason", required=True, help="for the audit")
    closed.set_defaults(run=lambda chosen: with_ledger(lambda ledger: _close(ledger, chosen)))


async def _close(ledger: Ledger, chosen: argparse.Namespace) -> int:
    said = await ledger.acknowledgements.close(chosen.id, actor=operator(), reason=chosen.why)
    if said == "closed":
        print(f"acknowledgement {chosen.id} is closed; a word that comes after all still counts")
        return 0
    why = "has ended already" if said == "ended" else "is none; `acknowledgement list` shows them"
    print(f"acknowledgement {chosen.id} {why}", file=sys.stderr)
    return 1


async def _list(ledger: Ledger, chosen: argparse.Namespace) -> int:
    found = await ledger.acknowledgements.search(
        side=chosen.side, partner=chosen.partner, overdue=chosen.overdue, open_only=not chosen.all, limit=chosen.limit
    )
    if chosen.json:
        print(msgspec.json.encode(found).decode())
        return 0
    shown = table(f"{len(found)} acknowledgements", "id", "owed by", "partner", "answer", "to", "state", "due", "of")
    for one in found:
        due = f"{one.due_at:%Y-%m-%d %H:%M}" if one.due_at is not None else "not with them yet"
        owed_by, subject = _OWED_BY[one.side], one.subject or "-"
        row(shown, one.id, owed_by, one.partner, one.kind, subject, _state(one), due, _of(one))
    console().print(shown)
    return 0


def _state(one: AcknowledgementState) -> str:
    """What is owed, was sent or said, or was given up."""
    words = {"open": "owed", "given_up": "given up"}
    if one.side == "ours":
        words |= {"accepted": "sent: accepted", "rejected": "sent: rejected"}
    state = words.get(one.state, one.state)
    return f"{state}, contradicted" if one.contradicted_at is not None else state


def _of(one: AcknowledgementState) -> str:
    if one.message_id is not None:
        return f"message {one.message_id}"
    return f"parcel {one.parcel}" if one.parcel is not None else "-"
