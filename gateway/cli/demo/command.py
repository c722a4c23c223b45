"""`partner-gateway demo`: set the house up, tell the story, stay for the user to play."""

import argparse
import signal
import sys
import time
from pathlib import Path
from typing import Any

from gateway.cli.demo.calling import Caller
from gateway.cli.demo.house import PLANT, House
from gateway.cli.demo.programs import DidNotStart
from gateway.cli.demo.scene import Scene
from gateway.cli.demo.story import STORY, play
from gateway.cli.demo.telling import Telling

FOLDER = Path(".gateway/demo")
AWAY_SECONDS = 30.0
"""Long enough to see what waits, and that all of it goes on."""


def add_commands(commands: Any) -> None:
    demo = commands.add_parser("demo", help="show it all on this machine, with nothing else installed")
    demo.add_argument("--once", action="store_true", help="end after the story")
    demo.add_argument("--json", action="store_true", help="tell one JSON object a step")
    demo.set_defaults(run=_run)


def _run(chosen: argparse.Namespace) -> int:
    """0 when every step held; whatever was started is stopped, however this ends."""
    for number in (signal.SIGTERM, signal.SIGINT):  # a shell starts what runs in the background deaf to Ctrl-C
        signal.signal(number, _as_interrupt)
    telling = Telling(as_json=chosen.json)
    try:
        with House(FOLDER, telling.setting_up) as house:
            held = _tell(house, telling)
            if not chosen.once:
                _show_what_to_try(house, telling)
                _stay(house, telling)
            telling.say("stopping what was started …")
    except DidNotStart as problem:
        telling.say(str(problem))
        return 1
    except KeyboardInterrupt:
        telling.say("stopped")
        return 130 if chosen.once else 0
    return 0 if held else 1


def _as_interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


def _tell(house: House, telling: Telling) -> bool:
    held = True
    with Scene(house) as scene:
        for step in STORY:
            with telling.under_way(step.title):
                outcome = play(step, scene)
            telling.tell(outcome)
            held = held and outcome.failure is None
    return held


def _show_what_to_try(house: House, telling: Telling) -> None:
    caller = Caller(house, "partners", "nordlicht-edi")
    token_url = house.token_url("partners")
    secret = house.secrets.file("nordlicht-edi")
    odoo, worker, gateway = (house.process_of(name) for name in ("odoo-standin", "worker", "serve"))
    telling.say(f"""
Try next:
  {house.gateway}/                the API, every address explained
  {house.odoo}/standin/orders  what arrived in the Odoo stand-in
  {house.inbox}  what arrived at plant {PLANT}

  TOKEN=$(curl -s -u "nordlicht-edi:$(cat {secret})" -d grant_type=client_credentials \\
    {token_url} | {sys.executable} -c 'import json, sys; print(json.load(sys.stdin)["access_token"])')
  curl -H "Authorization: Bearer $TOKEN" '{house.gateway}/v1/messages?limit=3'

as an operator, in another terminal:
  . {house.settings}; PATH={Path(sys.executable).parent}:$PATH
  partner-gateway message find PO-   where an order is; a part of its number is enough
  partner-gateway message waiting    what waits, why, and when it is tried again
  curl -s {house.worker_metrics}   how much waits where
  kill {odoo}   ends Odoo; {worker} is the worker, {gateway} the gateway; each comes again after {AWAY_SECONDS:.0f} s

or at once, with a token of the next five minutes:
  curl -H "Authorization: Bearer {caller.token()}" '{house.gateway}/v1/messages?limit=3'

Ctrl-C stops everything.""")
    caller.close()


def _stay(house: House, telling: Telling) -> None:
    """Until interrupted. A program that is gone comes again after a while, as a supervisor would have it: meanwhile
    there is something to see. Raises DidNotStart when it cannot."""
    while True:
        time.sleep(1.0)
        gone = house.ended()
        if gone is not None:
            telling.say(f"{gone.name} has ended; it is started again in {AWAY_SECONDS:.0f} s")
            time.sleep(AWAY_SECONDS)
            house.start_again(gone)
            telling.say(f"{gone.name} runs again")
