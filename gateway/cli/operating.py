"""What the nouns of operators share: the ledger opened as the settings say, and who is at the keyboard."""

import argparse
import asyncio
import getpass
import os
import sys
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from uuid import UUID

from gateway.app import open_records
from gateway.cli.serve import with_embedded
from gateway.cli.telling import moment, span
from gateway.identifiers import split_delivery_id
from gateway.ledger.ledger import Ledger
from gateway.settings import Settings, read_settings

Act = Callable[[Ledger], Awaitable[int]]


def with_ledger(act: Act) -> int:
    return with_settings(lambda _: act)


def with_settings(opened: Callable[[Settings], Act]) -> int:
    async def run(settings: Settings) -> int:
        act = opened(settings)
        async with open_records(settings, "operator") as ledger:
            return await act(ledger)

    with ExitStack() as stack:
        if read_settings(os.environ).database_url is None:
            text = "GATEWAY_DATABASE_URL is not set: what follows is of the embedded ledger under"
            print(f"{text} {read_settings(os.environ).state.resolve()}", file=sys.stderr)
        return asyncio.run(run(with_embedded(stack)))


def past(text: str) -> datetime:
    """A moment, or a time ago; for argparse."""
    try:
        return datetime.now(UTC) - span(text)
    except argparse.ArgumentTypeError:
        return moment(text)


def delivery(text: str) -> tuple[UUID, int]:
    """For argparse: a delivery as lists show it."""
    try:
        return split_delivery_id(text)
    except ValueError:
        wanted = "one is called `<message id>.<number>`, as `message parked` and `message waiting` show it"
        raise argparse.ArgumentTypeError(f"`{text}` is no delivery; {wanted}") from None


def message_id(text: str) -> UUID:
    """For argparse."""
    return _id(text, f"`message find {text}` looks for a number or a part of one")


def parcel_id(text: str) -> UUID:
    """For argparse."""
    return _id(text, f"`parcel list --number {text}` looks for a control number")


def _id(text: str, where: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"`{text}` is no id, which is a UUID; {where}") from None


def rate(text: str) -> float:
    """For argparse: how many a second."""
    try:
        asked = float(text)
    except ValueError:
        asked = 0.0
    if not 0.001 <= asked <= 1000:
        raise argparse.ArgumentTypeError(f"`{text}` is no rate; write a number from 0.001 to 1000 a second")
    return asked


def operator() -> str:
    """For the audit."""
    return f"operator {getpass.getuser()}"


def how_many(text: str) -> int:
    """For argparse: a whole number from 1."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 1_000_000:
        raise argparse.ArgumentTypeError(f"`{text}` is no whole number from 1 to 1000000")
    return int(text)
