"""`partner-gateway NOUN VERB`: one module for each noun."""

import argparse
import sys
from collections.abc import Sequence

from gateway.cli import (
    acknowledgement,
    as2,
    audit,
    issuer,
    keys,
    message,
    odoo_standin,
    parcel,
    partner,
    pickup,
    serve,
    sftp,
    translate,
    webhook,
)
from gateway.cli.demo import command as demo
from gateway.cli.policy import command as policy
from gateway.ledger.database import LedgerUnavailable
from gateway.ledger.keyfiles import BadKeyFile
from gateway.settings import BadSettings
from translators.yamlfiles import FileProblems

_NOUNS = (
    demo,
    serve,
    sftp,
    message,
    parcel,
    acknowledgement,
    partner,
    as2,
    webhook,
    pickup,
    audit,
    keys,
    policy,
    translate,
    odoo_standin,
    issuer,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 done, 1 the answer is no, 2 the command cannot be carried out."""
    parser = argparse.ArgumentParser(prog="partner-gateway", description=__doc__)
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for noun in _NOUNS:
        noun.add_commands(commands)
    chosen = parser.parse_args(arguments)
    try:
        return int(chosen.run(chosen) or 0)
    except (BadSettings, FileProblems, BadKeyFile, LedgerUnavailable) as problems:
        print(problems, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
