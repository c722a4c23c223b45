"""`partner check`: everything that is wrong in the profiles at once, and what deserves a look."""

import argparse
from typing import Any

from gateway.channels.webhooks.signing import problem_of
from gateway.cli.partner_certificates import keys_option
from gateway.cli.telling import (
    carefully,
    json_option,
    moment,
    partners_option,
    place_of,
    safe,
    tell_json,
    tell_problems,
)
from gateway.clock import now
from partners.directory import load
from partners.looking import warnings
from partners.ownkeys import OwnKeys
from translators.fileproblems import FileProblem, FileProblems


def add_verb(verbs: Any) -> None:
    check = verbs.add_parser("check", help="read the profiles as the service would, and tell what deserves a look")
    partners_option(check)
    keys_option(check)
    check.add_argument("--at", type=moment, help="look as of this moment; default: now")
    check.add_argument("--strict", action="store_true", help="warnings count as mistakes")
    json_option(check)
    check.set_defaults(run=carefully(_check))


def _check(chosen: argparse.Namespace) -> int:
    problems: tuple[FileProblem, ...] = ()
    revision: str | None = None
    try:
        directory = load(chosen.partners)
        revision = directory.revision
    except FileProblems as found:
        problems = found.problems
    keys = OwnKeys(chosen.keys) if chosen.keys is not None else None
    warned = warnings(chosen.partners, keys, chosen.at or now(), problem_of)
    failed = bool(problems) or (chosen.strict and bool(warned))
    if chosen.json:
        told = [{"kind": one.kind, **place_of(one.problem)} for one in warned]
        found_here = [place_of(one) for one in problems]
        tell_json({"ok": not failed, "revision": revision, "problems": found_here, "warnings": told})
        return int(failed)
    tell_problems(problems)
    for one in warned:
        print(safe(f"{one.problem} [{one.kind}]"))
    if not problems:
        print(f"{len(directory.partners)} partners and {len(directory.plants)} plants ok, revision {revision}")
    return int(failed)
