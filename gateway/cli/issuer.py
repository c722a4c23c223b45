"""`development-issuer`: tokens for the demo and for trying; refuses to run outside development."""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from granian import Granian
from granian.constants import Interfaces

from gateway.identity.development import Application, NotDevelopment, application
from gateway.identity.development_clients import BadClientsFile

CLIENTS, STATE, BASE = "DEVELOPMENT_ISSUER_CLIENTS", "DEVELOPMENT_ISSUER_STATE", "DEVELOPMENT_ISSUER_BASE"


def add_commands(commands: Any) -> None:
    issuer = commands.add_parser("development-issuer", help="issue development tokens")
    issuer.add_argument("--clients", type=Path, required=True, help="the file of clients and their secrets")
    issuer.add_argument("--state", type=Path, required=True, help="the folder of its signing keys")
    issuer.add_argument("--port", type=int, default=8081, help="default: %(default)s")
    issuer.set_defaults(run=_serve)


def create() -> Application:
    """The issuer of this process, from the environment."""
    environment = os.environ.get("GATEWAY_ENVIRONMENT", "development")
    return application(Path(os.environ[CLIENTS]), Path(os.environ[STATE]), os.environ[BASE], environment)


def _serve(chosen: argparse.Namespace) -> int:
    os.environ |= {
        CLIENTS: str(chosen.clients),
        STATE: str(chosen.state),
        BASE: f"http://127.0.0.1:{chosen.port}",
    }
    try:
        create()
    except (NotDevelopment, BadClientsFile, ValueError) as refused:
        print(refused, file=sys.stderr)
        return 2
    Granian(
        "gateway.cli.issuer:create", port=chosen.port, interface=Interfaces.ASGI, factory=True, log_enabled=False
    ).serve()
    return 0
