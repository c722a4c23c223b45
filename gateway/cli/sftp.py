"""`sftp` runs the SFTP server of partners' mailboxes; `sftp-password` makes the hash of a password for an account."""

import argparse
import asyncio
import getpass
import signal
import sys
from contextlib import ExitStack
from typing import Any

import uvloop
from prometheus_client import start_http_server

from gateway.channels.sftp.hostkeys import BadHostKeys
from gateway.channels.sftp.listening import CannotListen
from gateway.channels.sftp.passwords import LEAST_LETTERS, hashed
from gateway.cli.serve import with_embedded
from gateway.drops import open_sftp
from gateway.observing import start_logging, telling_life
from gateway.settings import Settings


def add_commands(commands: Any) -> None:
    server = commands.add_parser("sftp", help="run the SFTP server of partners' mailboxes")
    server.set_defaults(run=serve)
    password = commands.add_parser("sftp-password", help="the line to keep of a password, for an account without keys")
    password.set_defaults(run=_password)


def serve(_: argparse.Namespace) -> int:
    """Until stopped by SIGTERM or Ctrl-C; files on their way into the ledger get there and are answered."""
    with ExitStack() as stack:
        settings = with_embedded(stack)
        start_logging(settings.log_level)
        if settings.sftp_metrics_port:
            start_http_server(settings.sftp_metrics_port, settings.host)
        return uvloop.run(_serve(settings))


async def _serve(settings: Settings) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        async with open_sftp(settings):
            with telling_life("sftp", address=f"{settings.sftp_host}:{settings.sftp_port}"):
                await stop.wait()
    except (BadHostKeys, CannotListen) as problem:
        print(problem, file=sys.stderr)
        return 2
    return 0


def _password(_: argparse.Namespace) -> int:
    """Asked for where somebody sits at a terminal, else read from the standard input: never an argument, which others
    could see."""
    asked = sys.stdin.isatty()
    password = getpass.getpass("password: ") if asked else sys.stdin.readline().rstrip("\n")
    if len(password) < LEAST_LETTERS:
        print(f"a password has at least {LEAST_LETTERS} letters", file=sys.stderr)
        return 2
    if asked and getpass.getpass("once more: ") != password:
        print("these are two different passwords", file=sys.stderr)
        return 2
    print(hashed(password))
    return 0
