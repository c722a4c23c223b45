"""`policy compat`: would a newer schema break whoever sends what the older one took."""

import argparse
from pathlib import Path
from typing import Any

import msgspec

from gateway.cli.telling import Impossible, carefully, json_option, safe, tell_json
from policies.compatibility import breaking_changes
from translators.changes import Change


def add_commands(verbs: Any) -> None:
    compat = verbs.add_parser("compat", help="what a newer schema takes no more: JSON Schema, XSD or guideline")
    compat.add_argument("older", metavar="OLDER", type=Path, help="the schema or guideline that holds now")
    compat.add_argument("newer", metavar="NEWER", type=Path, help="the one that is to hold, of the same kind")
    json_option(compat)
    compat.set_defaults(run=carefully(_compat))


def _compat(chosen: argparse.Namespace) -> int:
    """1 when something breaks for certain."""
    try:
        changes = breaking_changes(chosen.older, chosen.newer)
    except ValueError as error:
        raise Impossible(str(error)) from None
    breaks = [one for one in changes if one.certain]
    if chosen.json:
        tell_json({"ok": not breaks, "changes": msgspec.to_builtins(changes)})
        return 1 if breaks else 0
    for change in changes:
        print(safe(str(change)))
    print(_sum(changes))
    return 1 if breaks else 0


def _sum(changes: list[Change]) -> str:
    certain = sum(change.certain for change in changes)
    if not changes:
        return "compatible: whatever the older one took, the newer one takes"
    return (
        f"{certain} changes break, {len(changes) - certain} may; who sends such documents is what "
        "`policy replay CANDIDATE --contents` tells"
    )
