"""`partner drift`: Keycloak held against the profiles. Changes nothing."""

import argparse
import os
from datetime import timedelta
from typing import Any

import msgspec

from gateway.cli.operating import how_many
from gateway.cli.partner_keycloak import open_realm
from gateway.cli.partner_onboard import named
from gateway.cli.telling import Impossible, carefully, json_option, safe, tell_json
from gateway.clock import now
from gateway.settings import read_settings
from partners.directory import load
from partners.onboarding.drifting import Drift, Finding, Patience
from partners.onboarding.wanted import CannotOnboard


def add_verb(verbs: Any) -> None:
    usual = Patience()
    verb = verbs.add_parser("drift", help="what of Keycloak is not as the profiles say, and which credentials are weak")
    verb.add_argument("partner", metavar="ID", nargs="?", help="one partner; without it all, and what no profile names")
    verb.add_argument("--secret-days", type=how_many, default=usual.secret.days, help="how old a secret may be")
    verb.add_argument("--expiry-days", type=how_many, default=usual.expiry.days, help="how early an end is told")
    verb.add_argument("--unused-days", type=how_many, default=usual.unused.days, help="how long nobody may log in")
    json_option(verb)
    verb.set_defaults(run=carefully(_run))


def _run(chosen: argparse.Namespace) -> int:
    settings = read_settings(os.environ)
    directory = load(settings.partners)
    patience = Patience(
        secret=timedelta(days=chosen.secret_days),
        expiry=timedelta(days=chosen.expiry_days),
        unused=timedelta(days=chosen.unused_days),
    )
    partner = named(directory, chosen.partner) if chosen.partner is not None else None
    try:
        drift = Drift(open_realm(settings), directory, settings.audience, now(), patience)
        found = drift.of_everyone() if partner is None else drift.of(partner)
    except CannotOnboard as problem:
        raise Impossible(str(problem)) from None
    if chosen.json:
        tell_json({"ok": not found, "findings": msgspec.to_builtins(found)})
        return int(bool(found))
    for one in found:
        print(safe(_line(one)))
    where = settings.partner_issuers[0]
    print(f"{len(found)} finding{'s' if len(found) > 1 else ''} at {where}" if found else f"{where} is as agreed")
    return int(bool(found))


def _line(one: Finding) -> str:
    about = ": ".join(name for name in (one.partner, one.client and f"client `{one.client}`") if name)
    return f"{about or 'the realm'}: {one.text} [{one.kind}]"
