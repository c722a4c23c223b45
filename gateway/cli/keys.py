"""`keys`: make new ones, and wrap what is stored with the newest."""

import argparse
import asyncio
import os
from contextlib import ExitStack
from typing import Any

from gateway.app import open_records
from gateway.cli.serve import with_embedded
from gateway.ledger.keyfiles import create_if_absent, load_keys, new_payload_key, new_signing_key
from gateway.settings import Settings, read_settings


def add_commands(commands: Any) -> None:
    verbs = commands.add_parser("keys", help="the ledger's key files").add_subparsers(required=True, metavar="VERB")
    first = verbs.add_parser("create", help="the first keys of a new gateway")
    first.add_argument("--origin", required=True, help="name of the audit log, e.g. gateway.example.com/audit")
    first.set_defaults(run=_create)
    verbs.add_parser("new-payload-key", help="what comes from now on is sealed under it").set_defaults(run=_payload)
    verbs.add_parser("new-signing-key", help="checkpoints are signed by it, and by the old one").set_defaults(run=_sign)
    verbs.add_parser("rotate", help="wrap every data key with the newest payload key").set_defaults(run=_rotate)
    verbs.add_parser("show", help="the verifier keys partners need").set_defaults(run=_show)


def _create(chosen: argparse.Namespace) -> int:
    keys = create_if_absent(read_settings(os.environ).keys, chosen.origin)
    print(keys.signing.verifier.vkey)
    return 0


def _payload(_: argparse.Namespace) -> int:
    print(
        f"made {new_payload_key(read_settings(os.environ).keys)}; restart the gateways and workers, then `keys rotate`"
    )
    return 0


def _sign(_: argparse.Namespace) -> int:
    folder = read_settings(os.environ).keys
    print(f"made {new_signing_key(folder, load_keys(folder).origin)}; restart the workers, give partners the new .vkey")
    return 0


def _rotate(_: argparse.Namespace) -> int:
    async def rotate(settings: Settings) -> int:
        async with open_records(settings, "operator") as ledger:
            return await ledger.rotate_keys()

    with ExitStack() as stack:
        done = asyncio.run(rotate(with_embedded(stack)))
    print(f"{done} data keys wrapped anew; payloads stay as they are")
    return 0


def _show(_: argparse.Namespace) -> int:
    for verifier in load_keys(read_settings(os.environ).keys).verifiers:
        print(verifier.vkey)
    return 0
