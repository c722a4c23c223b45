"""`message`: where is it, what is parked, send it again, give it up, does everything add up."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from gateway.app import open_policies
from gateway.cli.message_files import show_files
from gateway.cli.message_finding import add_find
from gateway.cli.message_waiting import add_waiting
from gateway.cli.operating import Act, delivery, how_many, message_id, operator, rate, with_ledger, with_settings
from gateway.ledger.ledger import Ledger
from gateway.ledger.operating import Selection
from gateway.settings import Settings
from gateway.showing import masked, reveal
from policies.masking import Masking


def add_commands(commands: Any) -> None:
    verbs = commands.add_parser("message", help="where is it, and what to do").add_subparsers(
        required=True, metavar="VERB"
    )
    add_find(verbs, with_ledger)
    show = verbs.add_parser("show", help="everything known of a message")
    show.add_argument("id", type=message_id, help="of a message")
    show.set_defaults(run=lambda chosen: with_ledger(lambda ledger: _show(ledger, chosen.id)))
    documents = verbs.add_parser("documents", help="canonical documents of messages, one JSON object a line")
    documents.add_argument("id", type=message_id, nargs="+", help="of messages")
    documents.add_argument("--reveal", metavar="REASON", help="show also what is masked; why, for the audit")
    documents.set_defaults(run=_show_documents)
    files = verbs.add_parser("files", help="what came with a message of several parts, as its sender named it")
    files.add_argument("id", type=message_id, help="of a message")
    files.add_argument("--extract", type=Path, metavar="DIR", help="write them there; needs --reveal")
    files.add_argument("--reveal", metavar="REASON", help="why their content is shown, for the audit")
    files.set_defaults(run=lambda chosen: with_ledger(lambda ledger: show_files(ledger, chosen)))
    add_waiting(verbs, with_ledger)
    replay = verbs.add_parser("replay", help="deliver parked documents again; reads back before it sends")
    replay.add_argument(
        "delivery", nargs="?", type=delivery, help="one delivery, `<message id>.<number>`; else a selection"
    )
    replay.add_argument("--destination", help="`odoo`, `plant:<id>` or `partner:<id>`")
    replay.add_argument("--cause", help="as docs/reference/delivery-causes.md lists them, e.g. `odoo.product.unknown`")
    replay.add_argument("--per-second", type=rate, default=1.0, help="at most this many start each second")
    replay.add_argument("--limit", type=how_many, default=1000, help="at most so many; default: %(default)s")
    replay.add_argument("--reason", "--why", required=True, help="for the audit")
    replay.set_defaults(run=lambda chosen: with_ledger(lambda ledger: _replay(ledger, chosen)))
    cancel = verbs.add_parser("cancel", help="give a delivery up for good; its followers go on")
    cancel.add_argument("delivery", type=delivery, help="`<message id>.<number>`")
    cancel.add_argument("--reason", "--why", required=True, help="for the audit")
    cancel.set_defaults(run=lambda chosen: with_ledger(lambda ledger: _cancel(ledger, chosen)))
    balance = verbs.add_parser("balance", help="prove that everything accepted is somewhere")
    balance.set_defaults(run=lambda _: with_ledger(_balance))


async def _show(ledger: Ledger, message_id: UUID) -> int:
    history = await ledger.history(message_id)
    if history is None:
        print(f"there is no message {message_id}")
        return 1
    print(msgspec.json.format(msgspec.json.encode(history)).decode())
    return 0


def _show_documents(chosen: argparse.Namespace) -> int:
    async def show(ledger: Ledger, masking: Masking) -> int:
        """1 when a message has none: it was refused, or is not there."""
        found = [await ledger.documents(message_id) for message_id in chosen.id]
        if chosen.reveal is not None:
            await reveal(ledger, chosen.id, actor=operator(), reason=chosen.reveal)
        for asked, documents in zip(chosen.id, found, strict=True):
            if not documents:
                print(f"message {asked} has no documents: it was refused, or is not there", file=sys.stderr)
        for document in (document for documents in found for document in documents):
            hidden = (
                document if chosen.reveal is not None else masked(document, masking, "operator", ledger.masking_key)
            )
            print(msgspec.json.encode(hidden).decode())
        return 0 if all(found) else 1

    def opened(settings: Settings) -> Act:
        masking = open_policies(settings, None, "operator").current.masking
        return lambda ledger: show(ledger, masking)

    return with_settings(opened)


async def _replay(ledger: Ledger, chosen: argparse.Namespace) -> int:
    message_id, number = chosen.delivery or (None, None)
    which = Selection(message_id=message_id, number=number, destination=chosen.destination, cause=chosen.cause)
    ids = await ledger.replay(
        which, actor=operator(), reason=chosen.reason, per_second=chosen.per_second, limit=chosen.limit
    )
    if not ids:
        print("nothing that is parked fits; a proposal is taken by its delivery or its cause alone")
        return 1
    print(f"{len(ids)} due again, at most {chosen.per_second:g} a second")
    if len(ids) == chosen.limit:
        print("no more than --limit at once: what else fits is still parked")
    return 0


async def _cancel(ledger: Ledger, chosen: argparse.Namespace) -> int:
    done = await ledger.cancel(*chosen.delivery, actor=operator(), reason=chosen.reason)
    print("cancelled" if done else "there is no such delivery waiting, or it is under way")
    return 0 if done else 1


async def _balance(ledger: Ledger) -> int:
    balance = await ledger.balance()
    print(json.dumps({**msgspec.to_builtins(balance), "imbalance": balance.imbalance}))
    return 1 if balance.imbalance else 0
