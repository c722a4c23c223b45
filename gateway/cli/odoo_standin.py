"""`odoo-standin`: speaks Odoo's protocol for the demo and for trying; keeps its records in one file."""

import argparse
import sys
from pathlib import Path
from typing import Any

from gateway.destinations.odoo_standin.serving import main as serve_standin


def add_commands(commands: Any) -> None:
    standin = commands.add_parser("odoo-standin", help="stand in for an Odoo: for trying, not for keeping")
    standin.add_argument("--host", default="127.0.0.1", help="where it listens; default: %(default)s")
    standin.add_argument("--port", type=int, default=8069, help="default: %(default)s")
    standin.add_argument("--state", type=Path, help="the file its records are kept in; none: they are lost at the end")
    standin.add_argument("--api-key-file", type=Path, required=True, help="the file that holds the key callers show")
    standin.add_argument("--database", help="the database callers must name")
    standin.add_argument("--seed", type=Path, help="records to begin with; none: a small set that ships")
    standin.set_defaults(run=_serve)


def _serve(chosen: argparse.Namespace) -> int:
    try:
        key = chosen.api_key_file.read_text().strip()
    except OSError as error:
        print(f"--api-key-file: {error}", file=sys.stderr)
        return 2
    if not key:
        print(f"--api-key-file: {chosen.api_key_file} is empty", file=sys.stderr)
        return 2
    serve_standin(chosen.host, chosen.port, chosen.state, api_key=key, database=chosen.database, seed=chosen.seed)
    return 0
