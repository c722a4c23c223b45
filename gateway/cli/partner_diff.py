"""`partner diff`: who gains, loses or has otherwise what, between two folders of profiles or two moments."""

import argparse
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec import Struct

from gateway.cli.telling import (
    Impossible,
    carefully,
    console,
    json_option,
    moment,
    partners_option,
    row,
    table,
    tell_json,
)
from gateway.clock import now
from partners.directory import Directory, load
from partners.holding import Facts, compare, holding
from translators.moments import Moment


def add_verb(verbs: Any) -> None:
    diff = verbs.add_parser("diff", help="who gains and loses what between two folders of profiles, or two moments")
    side = "a folder of profiles, or a date or time at which the live ones are looked at"
    diff.add_argument("before", metavar="BEFORE", help=side)
    diff.add_argument("after", metavar="AFTER", help=side)
    diff.add_argument("--at", type=moment, help="look at folders as of this moment; default: now")
    diff.add_argument("--partner", metavar="ID", help="only what this one gains and loses")
    diff.add_argument("--exit-code", action="store_true", help="exit with 1 when anything changes")
    partners_option(diff)
    json_option(diff)
    diff.set_defaults(run=carefully(_diff))


class _Side(Struct, frozen=True):
    directory: Directory
    at: datetime
    named: str

    def facts(self) -> dict[str, Facts]:
        everyone = [*self.directory.partners, *self.directory.plants]
        return {who: holding(self.directory, who, self.at) for who in everyone}


def _diff(chosen: argparse.Namespace) -> int:
    before, after = (_side(text, chosen) for text in (chosen.before, chosen.after))
    effects = [one for one in compare(before.facts(), after.facts()) if chosen.partner in (None, one.who)]
    quiet = _written_otherwise(before, after) - {one.who for one in effects}
    quiet &= {chosen.partner} if chosen.partner is not None else quiet
    if chosen.json:
        tell_json({"ok": True, "before": before.named, "after": after.named, "effects": effects,
                   "without_effect": sorted(quiet)})  # fmt: skip
        return int(chosen.exit_code and bool(effects))
    print(f"{before.named} → {after.named}")
    shown = table("effects", "who", "", "what", "was → is")
    for one in effects:
        fields = "; ".join(f"{name}: {_word(was)} → {_word(now)}" for name, (was, now) in one.fields.items())
        what = one.fact.name if one.fact.topic == one.fact.name else f"{one.fact.topic} {one.fact.name}"
        row(shown, one.who, one.change, what, fields)
    if effects:
        console().print(shown)
    else:
        print("nobody gains or loses anything")
    if quiet:
        print(f"written otherwise, without effect at this moment: {', '.join(sorted(quiet))}")
    return int(chosen.exit_code and bool(effects))


def _side(text: str, chosen: argparse.Namespace) -> _Side:
    """Raises Impossible, FileProblems."""
    if Path(text).is_dir():
        directory = load(Path(text))
        return _Side(directory, chosen.at or now(), f"{text} {directory.revision}")
    try:
        at = Moment.from_text(text).at
    except ValueError:
        raise Impossible(f"`{text}` is neither a folder nor a moment; write e.g. `2027-03-01`") from None
    return _Side(load(chosen.partners), at, f"{at:%Y-%m-%d %H:%M} UTC")


def _written_otherwise(before: _Side, after: _Side) -> set[str]:
    was, now_written = before.directory.revisions, after.directory.revisions
    return {who for who in was.keys() | now_written.keys() if was.get(who) != now_written.get(who)}


def _word(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}"
    return f"[{', '.join(map(str, value))}]" if isinstance(value, list) else str(value)
