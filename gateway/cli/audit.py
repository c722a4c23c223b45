"""`audit verify` holds the ledger against its checkpoints; `audit verify-receipt` checks a receipt with no server."""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec

from gateway.app import open_keys, open_records
from gateway.cli.serve import with_embedded
from gateway.cli.telling import Impossible, carefully
from gateway.ledger.checkpoints import Verifier
from gateway.ledger.receipts import BadReceipt, verify_receipt
from gateway.ledger.verifying import Verdict
from gateway.settings import Settings


def add_commands(commands: Any) -> None:
    nouns = commands.add_parser("audit", help="prove what was recorded").add_subparsers(required=True, metavar="VERB")
    verify = nouns.add_parser("verify", help="recompute the audit tree and hold it against every signed checkpoint")
    verify.add_argument("--anchor", type=Path, help="a file of checkpoints kept outside the database")
    verify.add_argument("--json", action="store_true", help="print JSON, for programs")
    verify.set_defaults(run=carefully(_verify))
    receipt = nouns.add_parser("verify-receipt", help="check a receipt offline")
    receipt.add_argument("file", type=Path, help="the receipt, a .tlog-proof")
    receipt.add_argument("--key", type=Path, action="append", help="a .vkey file of the gateway; default: our own keys")
    receipt.add_argument("--content", type=Path, help="the document it should be about")
    receipt.add_argument("--json", action="store_true", help="print JSON, for programs")
    receipt.set_defaults(run=_verify_receipt)


def _verify(chosen: argparse.Namespace) -> int:
    with ExitStack() as stack:
        settings = with_embedded(stack)
        anchor = chosen.anchor or settings.checkpoint_file
        if chosen.anchor is not None and not chosen.anchor.exists():
            raise Impossible(f"{chosen.anchor}: no such file of checkpoints; nothing was verified")
        here = anchor is None or anchor.exists()
        verdict, workers = asyncio.run(_hold_against_checkpoints(settings, anchor if here else None))
    if verdict.problem is None and verdict.checkpoints and not verdict.anchored and anchor is not None:
        named = f"{anchor} (GATEWAY_CHECKPOINT_FILE)" if chosen.anchor is None else str(anchor)
        lacks = "holds no checkpoint" if here else "is gone"
        problem = f"{named} {lacks}, where every signed checkpoint was written"
        verdict = msgspec.structs.replace(verdict, problem=problem, act="hold the ledger against a copy: --anchor FILE")
    if chosen.json:
        print(json.dumps({"ok": verdict.problem is None, **msgspec.to_builtins(verdict)}))
    elif verdict.problem is None:
        print("\n".join(_holds(verdict, anchor, workers)))
    else:
        print(f"not ok, after {verdict.events} good events: {verdict.problem}", file=sys.stderr)
        print(f"what to do: {verdict.act}", file=sys.stderr)
    return 0 if verdict.problem is None else 1


def _holds(verdict: Verdict, anchor: Path | None, workers: int) -> Iterator[str]:
    yield f"ok: {verdict.events} events under {verdict.checkpoints} signed checkpoints; the newest covers them all"
    yield f"    {verdict.messages} messages are as the verdicts on them say"
    if verdict.not_in_tree:
        yield f"    {verdict.not_in_tree} events were recorded since, and are under no checkpoint yet"
        if not workers:
            yield "    no worker was seen of late, and workers sign: start one (`partner-gateway worker`)"
    if verdict.anchored is None:
        yield "    no file of checkpoints outside the database was asked: GATEWAY_CHECKPOINT_FILE, or --anchor FILE"
    elif verdict.anchored < verdict.events:
        yield f"    {anchor} ends at {verdict.anchored} events: the later ones are signed in the database alone"
    else:
        yield f"    {anchor} agrees, up to the newest"


async def _hold_against_checkpoints(settings: Settings, anchor: Path | None) -> tuple[Verdict, int]:
    """And how many workers were seen of late: they give events their place and sign."""
    keys = open_keys(settings)
    async with open_records(settings, "audit") as ledger:
        verdict = await ledger.verify([Verifier.from_vkey(one.vkey) for one in keys.verifiers], anchor=anchor)
        return verdict, await ledger.leases.live_workers()


def _verify_receipt(chosen: argparse.Namespace) -> int:
    try:
        content = chosen.file.read_bytes()
        document = chosen.content.read_bytes() if chosen.content is not None else None
        verified = verify_receipt(content, _verifier_keys(chosen.key))
    except OSError as error:
        return _no(chosen, f"{error.filename}: {(error.strerror or 'cannot be read').lower()}")
    except (BadReceipt, ValueError) as error:
        return _no(chosen, str(error))
    if document is not None and not verified.is_for(document):
        return _no(chosen, f"the receipt is good, but about other bytes than {chosen.content}")
    said = verified.said
    if chosen.json:
        print(json.dumps({"ok": True, "message": said.message, "verdict": said.verdict, "at": said.at}))
    else:
        print(f"ok: {said.verdict} message {said.message} of {said.sender} at {said.at}, {said.content}")
        print(f"    leaf {verified.index} of {verified.size}, signed by {', '.join(verified.signers)}")
    return 0


def _verifier_keys(files: list[Path] | None) -> list[str]:
    if files:
        return [file.read_text().strip() for file in files]
    folder = Path(os.environ.get("GATEWAY_KEYS", ".gateway/keys"))
    return [file.read_text().strip() for file in sorted(folder.glob("*.vkey"))]


def _no(chosen: argparse.Namespace, why: str) -> int:
    print(json.dumps({"ok": False, "problem": why}) if chosen.json else f"not ok: {why}", file=sys.stderr)
    return 1
