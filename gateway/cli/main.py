"""`partner-gateway NOUN VERB`: one module for each noun."""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from gateway.ledger.database import LedgerUnavailable
from gateway.ledger.keyfiles import BadKeyFile
from gateway.settings import BadSettings
from translators.yamlfiles import FileProblems

_NOUNS = {
    "demo": "demo.command",
    "serve": "serve",
    "worker": "worker",
    "sftp": "sftp",
    "sftp-password": "sftp",
    "message": "message",
    "parcel": "parcel",
    "acknowledgement": "acknowledgement",
    "partner": "partner",
    "as2": "as2",
    "webhook": "webhook",
    "pickup": "pickup",
    "audit": "audit",
    "keys": "keys",
    "policy": "policy.command",
    "translate": "translate",
    "odoo-standin": "odoo_standin",
    "development-issuer": "issuer",
}
"""Each command and its module. Only the one that is asked for is imported: a server would hold the libraries of all
the others in memory for as long as it runs."""


_ABOUT = "The partner gateway: its services, and what operators, integrators and the security team look at and do."
_BEHIND = (
    "Settings are read from the environment (GATEWAY_…). Exit status: 0 done, 1 the answer is no, 2 it cannot be "
    "carried out. `partner-gateway COMMAND --help` says more of each."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 done, 1 the answer is no, 2 the command cannot be carried out."""
    parser = argparse.ArgumentParser(prog="partner-gateway", description=_ABOUT, epilog=_BEHIND)
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    words = sys.argv[1:] if arguments is None else arguments
    asked = _NOUNS.get(words[0]) if words else None
    for module in [asked] if asked is not None else dict.fromkeys(_NOUNS.values()):
        import_module(f"gateway.cli.{module}").add_commands(commands)
    chosen = parser.parse_args(arguments)
    try:
        status = int(chosen.run(chosen) or 0)
        sys.stdout.flush()  # here, where a reader that has gone is taken for what it is, not while Python ends
        return status
    except (BadSettings, FileProblems, BadKeyFile, LedgerUnavailable) as problems:
        print(problems, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # whoever read what is printed (`| head`) has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python complains once more as it ends
        return 141


if __name__ == "__main__":
    sys.exit(main())
