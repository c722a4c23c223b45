"""`partner suspend|resume`: on every channel within a second; `partner standing`: what people have decided so."""

import argparse
import os
from typing import Any

from gateway.cli.operating import operator, with_ledger
from gateway.cli.telling import Impossible, carefully, console, json_option, row, table, tell_json
from gateway.ledger.ledger import Ledger
from gateway.settings import read_settings


def add_verb(verbs: Any) -> None:
    suspend = verbs.add_parser("suspend", help="stop a partner on every channel, within a second")
    suspend.add_argument("partner", metavar="ID", help="as the name of its profile")
    suspend.add_argument("--why", "--reason", required=True, help="for the audit")
    suspend.set_defaults(run=carefully(_suspend))
    resume = verbs.add_parser("resume", help="lift a suspension; what waited for the partner leaves")
    resume.add_argument("partner", metavar="ID", help="as the name of its profile")
    resume.add_argument("--why", "--reason", required=True, help="for the audit")
    resume.set_defaults(run=carefully(lambda chosen: with_ledger(lambda ledger: _resume(ledger, chosen))))
    standing = verbs.add_parser("standing", help="who is suspended or approved by whom, since when and why")
    json_option(standing)
    standing.set_defaults(run=carefully(lambda chosen: with_ledger(lambda ledger: _standing(ledger, chosen))))


def _suspend(chosen: argparse.Namespace) -> int:
    """Only who has a profile, a typing mistake must not pass for a suspension; what stands in it does not matter, since
    the one who is in a hurry must not mend files first."""
    found = sorted(one.stem for one in (read_settings(os.environ).partners / "profiles").glob("*.yaml"))
    if chosen.partner not in found:
        raise Impossible(f"there is no profile of `{chosen.partner}`; there are: {', '.join(found) or 'none'}")

    async def act(ledger: Ledger) -> int:
        if await ledger.suspend_partner(chosen.partner, actor=operator(), reason=chosen.why):
            print(f"{chosen.partner} is suspended: nothing is taken from it, and what is for it waits")
            return 0
        print(f"{chosen.partner} was suspended already; `partner standing` tells by whom")
        return 1

    return with_ledger(act)


async def _resume(ledger: Ledger, chosen: argparse.Namespace) -> int:
    if await ledger.resume_partner(chosen.partner, actor=operator(), reason=chosen.why):
        print(f"{chosen.partner} is resumed, unless its profile itself says `suspended`")
        return 0
    print(f"nobody has suspended `{chosen.partner}` here; `state` in its profile is changed in the profile")
    return 1


async def _standing(ledger: Ledger, chosen: argparse.Namespace) -> int:
    found = await ledger.partner_decisions()
    if chosen.json:
        tell_json({"ok": True, "decisions": found})
        return 0
    shown = table(f"{len(found)} decisions that hold", "partner", "is", "since", "by", "why")
    for one in found:
        by = f"{one.approved_by}, recorded by {one.actor}" if one.approved_by is not None else one.actor
        row(shown, one.partner, one.decision, f"{one.at:%Y-%m-%d %H:%M}", by, one.reason)
    console().print(shown)
    return 0
