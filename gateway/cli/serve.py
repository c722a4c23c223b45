"""`serve` runs the HTTP API; it is one process, any number of which may run."""

import argparse
import os
import socket
import sys
from contextlib import ExitStack
from typing import Any

from granian import Granian
from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings

from gateway.embedded import embedded_postgresql, embedded_valkey
from gateway.settings import Settings, read_settings


def add_commands(commands: Any) -> None:
    server = commands.add_parser("serve", help="run the HTTP API")
    server.set_defaults(run=serve)


def serve(_: argparse.Namespace) -> int:
    """Until stopped. Without a database of its own it starts the embedded one, in development only."""
    with ExitStack() as stack:
        settings = with_embedded(stack)
        server = Granian(
            "gateway.app:create",
            address=settings.host,
            port=settings.port,
            interface=Interfaces.ASGI,
            factory=True,
            workers=1,
            loop=Loops.uvloop,
            http=HTTPModes.http1,
            websockets=False,
            log_enabled=settings.log_level == "debug",
            http1_settings=HTTP1Settings(header_read_timeout=settings.header_seconds * 1000),
            respawn_failed_workers=False,
        )
        if _is_shared(settings.host, settings.port):
            told = "the kernel divides the connections; stop one of the two unless they run with the same settings"
            print(f"another process listens on {settings.host}:{settings.port} and shares it: {told}", file=sys.stderr)
        try:
            server.serve()
        except (
            RuntimeError
        ) as error:  # what the server raises when it cannot have the address; a stack says nothing more
            reason = str(error).partition("\n")[0].partition(" (os error")[0].lower()
            where = f"{settings.host}:{settings.port}"
            print(f"cannot listen on {where}: {reason}; GATEWAY_HOST and GATEWAY_PORT name another", file=sys.stderr)
            return 2
    return 0


def _is_shared(host: str, port: int) -> bool:
    """Whether a process listens there already that lets others listen beside it, as each gateway does."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.create_connection((host, port), timeout=0.5), socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            probe.bind((host, port))
    except OSError:
        return False
    return True


def with_embedded(stack: ExitStack) -> Settings:
    """The settings, with embedded servers started for what they leave open, and named in the environment for the
    processes started from here."""
    settings = read_settings(os.environ)
    if settings.database_url is None:
        folder = settings.state / "postgresql"
        os.environ["GATEWAY_DATABASE_URL"] = stack.enter_context(
            embedded_postgresql(folder, environment=settings.environment)
        )
    if settings.counters_url is None:
        folder = settings.state / "valkey"
        os.environ["GATEWAY_COUNTERS_URL"] = stack.enter_context(
            embedded_valkey(folder, environment=settings.environment)
        )
    return read_settings(os.environ)
