"""`policy status`: which rules each gateway runs. `policy shadow status`: what a candidate beside them says."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from typing import Any, TypeVar

from gateway.app import open_records
from gateway.cli.policy.sources import kept_here
from gateway.cli.serve import with_embedded
from gateway.cli.telling import carefully, console, json_option, row, safe, table, tell_json
from gateway.ledger.ledger import Ledger
from gateway.ledger.watching import RunningGateway, ShadowRun
from gateway.settings import Settings
from policies.loading import load
from translators.fileproblems import FileProblems

T = TypeVar("T")


def add_commands(verbs: Any) -> None:
    status = verbs.add_parser("status", help="which rules each gateway runs; exit 1 when they differ or have mistakes")
    json_option(status)
    status.set_defaults(run=carefully(_status))
    shadow = verbs.add_parser("shadow", help="a candidate that runs beside the rules in force and decides nothing")
    words = shadow.add_subparsers(required=True, metavar="VERB")
    told = words.add_parser("status", help="what the candidate would have decided otherwise")
    told.add_argument("--all", action="store_true", help="also earlier candidates")
    json_option(told)
    told.set_defaults(run=carefully(_shadow_status))


def _ask(question: Callable[[Ledger], Awaitable[T]]) -> tuple[Settings, T]:
    async def ask(settings: Settings) -> T:
        async with open_records(settings, "operator") as ledger:
            return await question(ledger)

    with ExitStack() as stack:
        settings = with_embedded(stack)
        return settings, asyncio.run(ask(settings))


def _status(chosen: argparse.Namespace) -> int:
    settings, gateways = _ask(lambda ledger: ledger.gateways())
    try:
        files, problems = load(settings.policies).revision, 0
    except FileProblems as found:
        files, problems = "", len(found.problems)
    running = [one for one in gateways if one.runs]
    revisions = {one.revision for one in running}
    good = len(revisions) <= 1 and not any(one.problems for one in running) and revisions <= {files}
    kept = [folder.name for folder in kept_here(settings).earlier()]
    if chosen.json:
        told = {"folder": str(settings.policies), "revision": files or None, "problems": problems}
        tell_json({"ok": good, "files": told, "gateways": gateways, "kept": kept})
        return 0 if good else 1
    shown = table("gateways", "gateway", "runs", "number", "mistakes in its files", "candidate", "heard of")
    for one in gateways:
        row(shown, one.id, one.revision, one.number or "", one.problems or "", one.candidate or "", _heard(one))
    console().print(shown)
    print(
        f"the files at {settings.policies} are {files}"
        if files
        else f"the files at {settings.policies} have {problems} mistakes"
    )
    if kept:
        print(f"kept here, the newest first: {', '.join(kept)}")
    if not running:
        print("no gateway runs")
    elif len(revisions) > 1:
        print("gateways run different rules")
    elif not good:
        advice = f"`policy promote {settings.policies} --dry-run` tells what is wrong with them"
        print(f"the gateways do not run what lies in the files; {advice}")
    return 0 if good else 1


def _heard(one: RunningGateway) -> str:
    return "now" if one.runs else f"away since {one.seen_at:%H:%M:%S} UTC"


def _shadow_status(chosen: argparse.Namespace) -> int:
    _, runs = _ask(lambda ledger: ledger.shadow_runs())
    shown = runs if chosen.all else runs[:1]
    if chosen.json:
        tell_json({"runs": shown})
        return 0
    if not shown:
        print("no candidate has run beside the rules in force; GATEWAY_POLICIES_CANDIDATE names one")
    for run in shown:
        _tell_run(run)
    return 0


def _tell_run(run: ShadowRun) -> None:
    print(f"candidate {run.candidate} beside {run.live}, {run.first_at:%Y-%m-%d %H:%M} to {run.last_at:%H:%M} UTC")
    differing = sum(one.messages for one in run.differences)
    skipped = f"; {run.skipped} were not compared" if run.skipped else ""
    print(f"{run.judged} judged, {differing} otherwise{skipped}")
    if not run.differences:
        return
    shown = table(
        "what the candidate would have decided otherwise", "sender", "change", "how many", "by rule", "example"
    )
    for one in run.differences:
        row(shown, one.sender, one.change, one.messages, one.rule, safe(one.example or ""))
    console().print(shown)
