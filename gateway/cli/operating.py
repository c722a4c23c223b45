"""What the nouns of operators share: the ledger opened as the settings say, and who is at the keyboard."""

import argparse
import asyncio
import getpass
from collections.abc import Awaitable, Callable
from contextlib import ExitStack

from gateway.app import open_records
from gateway.cli.serve import with_embedded
from gateway.ledger.ledger import Ledger
from gateway.settings import Settings

Act = Callable[[Ledger], Awaitable[int]]


def with_ledger(act: Act) -> int:
    return with_settings(lambda _: act)


def with_settings(opened: Callable[[Settings], Act]) -> int:
    async def run(settings: Settings) -> int:
        act = opened(settings)
        async with open_records(settings, "operator") as ledger:
            return await act(ledger)

    with ExitStack() as stack:
        return asyncio.run(run(with_embedded(stack)))


def operator() -> str:
    """For the audit."""
    return f"operator {getpass.getuser()}"


def how_many(text: str) -> int:
    """For argparse: a whole number from 1."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 1_000_000:
        raise argparse.ArgumentTypeError(f"`{text}` is no whole number from 1 to 1000000")
    return int(text)
