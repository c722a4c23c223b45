"""`partner list`: everybody we exchange documents with, one line each."""

import argparse
from datetime import datetime
from typing import Any

from gateway.cli.telling import carefully, console, json_option, moment, partners_option, row, table, tell_json
from gateway.clock import now
from partners.agreements import is_in_force
from partners.directory import Directory, load
from partners.holding import standing
from partners.profile import Partner


def add_verb(verbs: Any) -> None:
    listed = verbs.add_parser("list", help="all partners, one line each")
    partners_option(listed)
    listed.add_argument("--at", type=moment, help="as of this moment; default: now")
    json_option(listed)
    listed.set_defaults(run=carefully(_list))


def _list(chosen: argparse.Namespace) -> int:
    directory, at = load(chosen.partners), chosen.at or now()
    found = [_line(directory, one, at) for one in directory.partners.values()]
    if chosen.json:
        tell_json({"ok": True, "revision": directory.revision, "at": at.isoformat(), "partners": found})
        return 0
    shown = table(f"{len(found)} partners", "partner", "name", "kind", "standing", "plan", "channels", "agreements",
                  "next certificate ends")  # fmt: skip
    for one in found:
        ends = f"{one['certificate_ends']:%Y-%m-%d}" if one["certificate_ends"] is not None else "-"
        row(shown, one["id"], one["name"], one["kind"], one["standing"], one["plan"], ", ".join(one["channels"]),
            one["agreements"], ends)  # fmt: skip
    console().print(shown)
    return 0


def _line(directory: Directory, partner: Partner, at: datetime) -> dict[str, Any]:
    ends = [one.ends for one in directory.timeline(partner.id).entries if one.ends > at]
    return {
        "id": partner.id,
        "name": partner.name,
        "kind": partner.kind,
        "standing": standing(partner, at),
        "plan": partner.plan,
        "channels": channels_of(partner),
        "agreements": sum(is_in_force(one, at) for one in partner.agreements),
        "certificate_ends": min(ends, default=None),
        "revision": directory.revisions.get(partner.id),
    }


def channels_of(partner: Partner) -> list[str]:
    has = {"http": partner.clients, "as2": partner.as2, "sftp": partner.sftp, "webhook": partner.webhook}
    return [name for name, there in has.items() if there]
