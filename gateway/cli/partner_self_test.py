"""`partner self-test`: everything that is agreed with a partner, tried from our side; who must act where it fails."""

import argparse
import asyncio
import os
from typing import Any

from gateway.cli.partner_show import partner_named
from gateway.cli.telling import carefully, json_option, safe, tell_json
from gateway.clock import now_text
from gateway.probing.partner import self_test
from gateway.probing.steps import Step
from gateway.settings import read_settings
from partners.directory import load

_VERDICTS = {"passed": "passed", "failed": "FAILED", "not_reached": "not reached", "not_tried": "not tried"}
_ACTS = {"us": "we must act", "partner": "the partner must act", None: ""}


def add_verb(verbs: Any) -> None:
    tested = verbs.add_parser("self-test", help="connections, signatures, receipts and sample documents, step by step")
    tested.add_argument("partner", metavar="ID", help="as the name of its profile")
    tested.add_argument(
        "--send", action="store_true", help="send the partner a test document over AS2 and a test event by webhook"
    )
    json_option(tested)
    tested.set_defaults(run=carefully(_self_test))


def _self_test(chosen: argparse.Namespace) -> int:
    settings = read_settings(os.environ)
    directory = load(settings.partners)
    partner = partner_named(directory, chosen.partner)

    async def run() -> list[Step]:
        steps = []
        async for step in self_test(settings, directory, partner, send=chosen.send):
            steps.append(step)
            if not chosen.json:
                print(safe(_line(step)), flush=True)
        return steps

    begun = now_text()
    steps = asyncio.run(run())
    failed = [one for one in steps if one.verdict == "failed"]
    passed = not failed and any(one.verdict == "passed" for one in steps)
    if chosen.json:
        tell_json({"ok": passed, "partner": partner.id, "at": begun, "steps": steps})
        return int(not passed)
    print(safe(_verdict(partner.id, steps, failed)))
    return int(not passed)


def _line(step: Step) -> str:
    who = f" [{_ACTS[step.acts]}]" if step.acts is not None else ""
    return f"{step.seconds:7.3f} s  {_VERDICTS[step.verdict]:<11}  {step.way}: {step.step}: {step.text}{who}"


def _verdict(partner: str, steps: list[Step], failed: list[Step]) -> str:
    if failed:
        who = " and ".join(dict.fromkeys(_ACTS[one.acts] for one in failed))
        return f"{partner} fails: {len(failed)} of {len(steps)} steps; {who}"
    left = sum(one.verdict == "not_tried" for one in steps)
    if len(steps) == left:
        return f"{partner}: nothing could be tried"
    return f"{partner} passes: {len(steps) - left} steps" + (f", {left} not tried" if left else "")
