"""`plant-bridge run`: brings the documents for a plant to a folder beside it."""

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from plant_bridge.inbox import Inbox
from plant_bridge.running import Bridge
from plant_bridge.uplink import Uplink


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 stopped as told, 2 the command cannot be carried out."""
    chosen = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    for noisy in ("httpx2", "httpcore2"):  # a line for each request, with addresses only; too many to be read
        logging.getLogger(noisy).setLevel(logging.WARNING)
    try:
        secret = chosen.secret_file.read_text().strip()
        inbox = Inbox(chosen.inbox)
    except (OSError, UnicodeDecodeError) as error:
        print(f"plant-bridge: {error}", file=sys.stderr)
        return 2
    if not secret:
        print(f"plant-bridge: {chosen.secret_file} is empty", file=sys.stderr)
        return 2
    asyncio.run(_run_until_told(chosen, secret, inbox))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="plant-bridge", description=__doc__)
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    # no abbreviations: `--secret …` would be taken for `--secret-file` and what follows be told back
    verb = verbs.add_parser("run", help="fetch, write down, acknowledge; until stopped", allow_abbrev=False)
    verb.add_argument("--gateway", required=True, help="its address, e.g. https://gateway.example")
    verb.add_argument("--plant", required=True, help="the plant's id there")
    verb.add_argument("--token-url", required=True, help="the token endpoint of the plants' issuer")
    verb.add_argument("--client", required=True, help="the plant's client at the issuer")
    verb.add_argument("--secret-file", type=Path, required=True, help="the file that holds the client's secret")
    verb.add_argument("--inbox", type=Path, required=True, help="the folder the documents are written to")
    verb.add_argument("--wait", type=float, default=20.0, help="seconds a fetch waits for a first document")
    return parser


async def _run_until_told(chosen: argparse.Namespace, secret: str, inbox: Inbox) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    uplink = Uplink(chosen.gateway, chosen.plant, token_url=chosen.token_url, client=chosen.client, secret=secret)
    async with uplink:
        await Bridge(uplink, inbox).run(stop, wait=chosen.wait)


if __name__ == "__main__":
    sys.exit(main())
