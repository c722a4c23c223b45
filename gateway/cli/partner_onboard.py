"""`partner onboard`: a partner's clients in Keycloak as its profile says; the plan first, the welcome kit last."""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from gateway.cli.operating import operator, with_ledger
from gateway.cli.partner_keycloak import open_realm
from gateway.cli.partner_show import partner_named
from gateway.cli.partner_welcome import kit_of, plain, tell_missing
from gateway.cli.telling import Impossible, carefully, json_option, safe, tell_json
from gateway.clock import now, now_text
from gateway.ledger.ledger import Ledger
from gateway.ledger.states import Event
from gateway.settings import Settings, read_settings
from gateway.welcome.kit import Kit
from gateway.welcome.page import page
from partners.directory import Directory, load
from partners.onboarding.changes import Change
from partners.onboarding.plans import carry_out, plan_for
from partners.onboarding.realm import Realm
from partners.onboarding.wanted import CannotOnboard
from partners.profile import Partner

_RULE = "-" * 100


def add_verb(verbs: Any) -> None:
    verb = verbs.add_parser(
        "onboard", help="bring a partner's clients into Keycloak: the plan, and with --apply the steps"
    )
    verb.add_argument("partner", metavar="PROFILE", help="the partner's id, or its file")
    verb.add_argument("--apply", action="store_true", help="do what the plan says")
    verb.add_argument("--new-secret", action="store_true", help="where a secret is agreed: another one")
    verb.add_argument("--secrets", type=Path, metavar="FOLDER", help="where secrets are written, readable by you alone")
    json_option(verb)
    verb.set_defaults(run=carefully(_run))


def _run(chosen: argparse.Namespace) -> int:
    settings = read_settings(os.environ)
    directory = load(settings.partners)
    partner = named(directory, chosen.partner)
    try:
        realm = open_realm(settings)
        timeline = directory.timeline(partner.id)
        plan = plan_for(realm, partner, timeline, settings.audience, now(), new_secret=chosen.new_secret)
    except CannotOnboard as problem:
        raise Impossible(str(problem)) from None
    kit = kit_of(settings, directory, partner)
    if not chosen.json:
        print(_head(partner, settings, plan))
        for change in plan:
            print(safe(f"  {change}"))
    if not plan or not chosen.apply:
        _tell(_Outcome(partner.id, plan, kit), applied=False, as_json=chosen.json)
        return 0
    secrets = chosen.secrets if chosen.secrets is not None else settings.state / "onboarding"
    act = _Applying(realm, partner, directory.revisions[partner.id], plan, secrets)

    async def applied(ledger: Ledger) -> int:
        done, written, problem = await act.run(ledger)
        outcome = _Outcome(partner.id, done, kit, len(plan), tuple(written), problem)
        _tell(outcome, applied=True, as_json=chosen.json)
        return 2 if problem is not None else 0

    return with_ledger(applied)


def named(directory: Directory, given: str) -> Partner:
    """By its id, or by the path of its file. Raises Impossible."""
    return partner_named(directory, Path(given).stem if given.endswith(".yaml") else given)


class _Outcome(Struct, frozen=True):
    """`changes` are those of the plan, or those that were done."""

    partner: str
    changes: list[Change]
    kit: Kit
    planned: int = 0
    secrets: tuple[Path, ...] = ()
    problem: str | None = None


class _Applying:
    """The steps, one after the other, and the record of them: also of those before the one that failed."""

    def __init__(self, realm: Realm, partner: Partner, revision: str, plan: list[Change], secrets: Path) -> None:
        self._realm = realm
        self._partner = partner
        self._revision = revision
        self._plan = plan
        self._secrets = secrets

    async def run(self, ledger: Ledger) -> tuple[list[Change], list[Path], str | None]:
        """What was done, the secrets that were written, what stopped it. The ledger answers before anything is changed:
        what cannot be put on record is not done."""
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
        return done, written, problem

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


def _tell(outcome: _Outcome, *, applied: bool, as_json: bool) -> None:
    """The kit comes last: it is what is sent on. One that was stopped has none."""
    if as_json:
        tell_json(_plain(outcome, applied=applied))
        return
    if applied:
        print(f"done: {len(outcome.changes)} of {outcome.planned}")
    elif outcome.changes:
        print("nothing was done; with --apply it is")
    for path in outcome.secrets:
        print(f"a secret lies in {path}; give it to the partner by another way than mail, then destroy the file")
    if outcome.problem is not None:
        print(safe(f"stopped: {outcome.problem}"), file=sys.stderr)
        return
    preview = "; what is planned above is not done yet" if outcome.changes and not applied else ""
    print(
        f"\n{_RULE}\nfor the partner (as a folder: partner welcome {outcome.partner} --to FOLDER){preview}\n{_RULE}\n"
    )
    print(safe(page(outcome.kit)), end="")
    sys.stdout.flush()
    tell_missing(outcome.kit)


def _plain(outcome: _Outcome, *, applied: bool) -> dict[str, Any]:
    return {
        "ok": outcome.problem is None,
        "partner": outcome.partner,
        "applied": applied,
        "changes": [{"sign": change.sign, "text": change.text} for change in outcome.changes],
        "secrets": [str(path) for path in outcome.secrets],
        "problem": outcome.problem,
        "welcome": plain(outcome.kit),
    }
