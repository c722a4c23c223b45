"""`policy check`: every problem in the rules and the profiles, with file, line and column."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from gateway.settings import PACKAGED
from partners.directory import load as load_partners
from policies.loading import load as load_policies
from translators.yamlfiles import FileProblem, FileProblems


def add_commands(commands: Any) -> None:
    verbs = commands.add_parser("policy", help="work with the rules").add_subparsers(required=True, metavar="VERB")
    check = verbs.add_parser("check", help="read rules and profiles as the service would")
    check.add_argument("--rules", type=Path, default=PACKAGED / "policies" / "rules")
    check.add_argument("--partners", type=Path, default=PACKAGED / "partners")
    check.add_argument("--json", action="store_true")
    check.set_defaults(run=_check)


def _check(chosen: argparse.Namespace) -> int:
    problems: list[FileProblem] = []
    revisions = {}
    for name, load, folder in (("rules", load_policies, chosen.rules), ("partners", load_partners, chosen.partners)):
        try:
            revisions[name] = load(folder).revision
        except FileProblems as found:
            problems += found.problems
    if chosen.json:
        print(json.dumps({"ok": not problems, "revisions": revisions, "problems": [str(one) for one in problems]}))
    else:
        for one in problems:
            print(one, file=sys.stderr)
        for name, revision in revisions.items():
            print(f"{name} ok, revision {revision}")
    return 1 if problems else 0
