"""`partner onboard`: a partner's clients in Keycloak as its profile says; the plan first."""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

import msgspec

from gateway.cli.operating import operator, with_ledger
from gateway.cli.partner_keycloak import open_realm
from gateway.clock import now, now_text
from gateway.ledger.ledger import Ledger
from gateway.ledger.states import Event
from gateway.settings import Settings, read_settings
from partners.directory import Directory, load
from partners.onboarding.changes import Change
from partners.onboarding.plans import carry_out, plan_for
from partners.onboarding.realm import Realm
from partners.onboarding.wanted import CannotOnboard
from partners.profile import Partner


def add_verb(verbs: Any) -> None:
    verb = verbs.add_parser(
        "onboard", help="bring a partner's clients into Keycloak: the plan, and with --apply the steps"
    )
    verb.add_argument("partner", metavar="PROFILE", help="the partner's id, or its file")
    verb.add_argument("--apply", action="store_true", help="do what the plan says")
    verb.add_argument("--new-secret", action="store_true", help="where a secret is agreed: another one")
    verb.add_argument("--secrets", type=Path, metavar="FOLDER", help="where secrets are written, readable by you alone")
    verb.add_argument("--json", action="store_true")
    verb.set_defaults(run=_run)


def _run(chosen: argparse.Namespace) -> int:
    settings = read_settings(os.environ)
    directory = load(settings.partners)
    try:
        partner = named(directory, chosen.partner)
        realm = open_realm(settings)
        timeline = directory.timeline(partner.id)
        plan = plan_for(realm, partner, timeline, settings.audience, now(), new_secret=chosen.new_secret)
    except CannotOnboard as problem:
        print(problem, file=sys.stderr)
        return 2
    if not chosen.json:
        print(_head(partner, settings, plan))
        for change in plan:
            print(f"  {change}")
    if not plan or not chosen.apply:
        if chosen.json:
            _print_json(partner, plan, applied=False, secrets=[], problem=None)
        elif plan:
            print("nothing was done; with --apply it is")
        return 0
    secrets = chosen.secrets if chosen.secrets is not None else settings.state / "onboarding"
    act = _Applying(realm, partner, directory.revisions[partner.id], plan, secrets, quiet=chosen.json)
    return with_ledger(act.run)


def named(directory: Directory, given: str) -> Partner:
    """By its id, or by the path of its file. Raises CannotOnboard."""
    name = Path(given).stem if given.endswith(".yaml") else given
    if name not in directory.partners:
        known = ", ".join(f"`{one}`" for one in sorted(directory.partners))
        raise CannotOnboard(f"there is no profile `{name}`; there are {known or 'none'}")
    return directory.partners[name]


class _Applying:
    """The steps, one after the other, and the record of them: also of those before the one that failed."""

    def __init__(
        self, realm: Realm, partner: Partner, revision: str, plan: list[Change], secrets: Path, *, quiet: bool
    ) -> None:
        self._realm = realm
        self._partner = partner
        self._revision = revision
        self._plan = plan
        self._secrets = secrets
        self._quiet = quiet

    async def run(self, ledger: Ledger) -> int:
        """The ledger answers before anything is changed: what cannot be put on record is not done."""
        await ledger.ping()
        done: list[Change] = []
        written: list[Path] = []
        problem = None
        try:
            for change, file in carry_out(self._realm, self._plan, self._secrets):
                done.append(change)
                written += [file] if file is not None else []
        except CannotOnboard as stopped:
            problem = str(stopped)
        await ledger.note(self._leaf(done, problem))
        if self._quiet:
            _print_json(self._partner, done, applied=True, secrets=written, problem=problem)
        else:
            print(f"done: {len(done)} of {len(self._plan)}")
            for path in written:
                print(
                    f"a secret lies in {path}; give it to the partner by another way than mail, then destroy the file"
                )
        if problem is not None:
            print(f"stopped: {problem}", file=sys.stderr)
            return 2
        return 0

    def _leaf(self, done: list[Change], problem: str | None) -> bytes:
        leaf = {
            "event": Event.PARTNER_ONBOARDED,
            "at": now_text(),
            "actor": operator(),
            "partner": self._partner.id,
            "profile": self._revision,
            "changes": [str(change) for change in done],
            "outcome": problem or "done",
        }
        return msgspec.json.encode(leaf, order="sorted")


def _head(partner: Partner, settings: Settings, plan: list[Change]) -> str:
    where = settings.partner_issuers[0]
    if not plan:
        return f"{partner.id}: nothing to do; {where} is as the profile says"
    return f"{partner.id}: {len(plan)} change{'s' if len(plan) > 1 else ''} at {where}"


def _print_json(
    partner: Partner, changes: list[Change], *, applied: bool, secrets: list[Path], problem: str | None
) -> None:
    told = {
        "partner": partner.id,
        "applied": applied,
        "changes": [{"sign": change.sign, "text": change.text} for change in changes],
        "secrets": [str(path) for path in secrets],
        "problem": problem,
    }
    print(msgspec.json.encode(told).decode())
