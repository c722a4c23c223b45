"""`partner approve`: a partner that was tested goes live, on record."""

import argparse
import os
from typing import Any

from gateway.cli.operating import operator, with_ledger
from gateway.cli.partner_show import partner_named
from gateway.cli.telling import Impossible, carefully
from gateway.ledger.ledger import Ledger
from gateway.settings import read_settings
from partners.directory import load


def add_verb(verbs: Any) -> None:
    approve = verbs.add_parser("approve", help="a partner in state `testing` goes live, on record")
    approve.add_argument("partner", metavar="ID", help="as the name of its profile")
    approve.add_argument("--by", metavar="WHO", help="whose approval it is")
    approve.add_argument(
        "--why", "--reason", required=True, help="what it rests on, e.g. which tests were passed; for the audit"
    )
    approve.add_argument("--withdraw", action="store_true", help="take the approval back: only test documents again")
    approve.set_defaults(run=carefully(_approve))


def _approve(chosen: argparse.Namespace) -> int:
    if chosen.withdraw:
        return with_ledger(lambda ledger: _withdraw(ledger, chosen))
    directory = load(read_settings(os.environ).partners)
    partner = partner_named(directory, chosen.partner)
    if chosen.by is None:
        raise Impossible("an approval needs `--by`: whose it is")
    if partner.state != "testing":
        raise Impossible(f"the profile of `{partner.id}` says `{partner.state}`; only who is `testing` can be approved")

    async def act(ledger: Ledger) -> int:
        revision = directory.revisions[partner.id]
        await ledger.approve_partner(
            partner.id, actor=operator(), approved_by=chosen.by, revision=revision, reason=chosen.why
        )
        print(f"{partner.id} is live, approved by {chosen.by} as its profile stands ({revision})")
        return 0

    return with_ledger(act)


async def _withdraw(ledger: Ledger, chosen: argparse.Namespace) -> int:
    if await ledger.withdraw_approval(chosen.partner, actor=operator(), reason=chosen.why):
        print(f"the approval of {chosen.partner} is withdrawn: only test documents are exchanged from here on")
        return 0
    print(f"`{chosen.partner}` has no approval")
    return 1
