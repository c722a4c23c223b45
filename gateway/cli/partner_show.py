"""`partner show`: one partner as it is at a moment: names on each channel, agreements, certificates, dates."""

import argparse
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256

from gateway.cli.partner_list import channels_of
from gateway.cli.telling import (
    Impossible,
    carefully,
    console,
    json_option,
    moment,
    partners_option,
    row,
    safe,
    table,
    tell_json,
)
from gateway.clock import now
from partners.agreements import Agreement
from partners.directory import Directory, load
from partners.holding import agreed, identities, plain, standing, terms
from partners.profile import Partner
from partners.timelines import Dated


def add_verb(verbs: Any) -> None:
    show = verbs.add_parser("show", help="everything that is written of one partner, and what of it holds")
    show.add_argument("partner", metavar="ID", help="as the name of its profile")
    partners_option(show)
    show.add_argument("--at", type=moment, help="as of this moment; default: now")
    json_option(show)
    show.set_defaults(run=carefully(_show))


def partner_named(directory: Directory, name: str) -> Partner:
    """Raises Impossible, with the ids there are."""
    found = directory.partners.get(name)
    if found is None:
        has = ", ".join(directory.partners) or "none"
        raise Impossible(f"there is no partner `{name}`; there are: {has}")
    return found


def _show(chosen: argparse.Namespace) -> int:
    directory, at = load(chosen.partners), chosen.at or now()
    partner = partner_named(directory, chosen.partner)
    told = _told(directory, partner, at)
    if chosen.json:
        tell_json({"ok": True, **told})
        return 0
    print(safe(f"{partner.name} ({partner.id}), {partner.kind}, {told['standing']} at {at:%Y-%m-%d %H:%M} UTC"))
    print(safe(f"from {told['from'] or 'ever'} until {told['until'] or 'further notice'}, {told['revision']}"))
    known = table("known as", "channel", "name")
    for one in told["identities"]:
        row(known, *one)
    agreements = table("agreements", "name", "document", "direction", "channel", "when", "how")
    for one in told["agreements"]:
        special = {name: value for name, value in one["terms"].items() if _USUAL.get(name) != value}
        how = [f"{name}: {_word(value)}" for name, value in special.items() if name not in _COLUMNS]
        row(agreements, one["name"], *(one["terms"].get(name, "") for name in _COLUMNS), one["when"], "; ".join(how))
    certificates = table("their certificates", "use", "file", "holder", "from", "until", "when")
    for one in told["certificates"]:
        row(certificates, ", ".join(one["use"]), one["file"], one["holder"], f"{one['begins']:%Y-%m-%d}",
            f"{one['ends']:%Y-%m-%d}", one["when"])  # fmt: skip
    rest = table("terms", "what", "is")
    for name, value in told["terms"].items():
        row(rest, name, _word(value))
    for contact in partner.contacts:
        row(rest, f"contact ({contact.about})", contact.email)
    for shown in (known, agreements, certificates, rest):
        if shown.row_count:
            print()
            console().print(shown)
    return 0


_COLUMNS = ("document", "direction", "channel")
_USUAL = agreed(Agreement(name="usual", document="any", direction="in", channel="http"))
"""What an agreement says without being told to: not shown to people."""


def _told(directory: Directory, partner: Partner, at: datetime) -> dict[str, Any]:
    return {
        "id": partner.id,
        "at": at.isoformat(),
        "revision": directory.revisions.get(partner.id),
        "standing": standing(partner, at),
        "from": partner.from_.text if partner.from_ is not None else None,
        "until": partner.until.text if partner.until is not None else None,
        "channels": channels_of(partner),
        "identities": [(channel, name) for channel, name, _ in identities(partner)],
        "agreements": [_agreement(one, at) for one in partner.agreements],
        "certificates": [_certificate(one, at) for one in directory.timeline(partner.id).entries],
        "keys": plain(partner.as2.keys) if partner.as2 is not None else [],
        "contacts": plain(partner.contacts),
        "terms": terms(partner),
    }  # fmt: skip


def _agreement(one: Agreement, at: datetime) -> dict[str, Any]:
    begins = one.from_.at if one.from_ is not None else None
    ends = one.until.at if one.until is not None else None
    return {"name": one.name, "when": when(begins, ends, at), "from": begins, "until": ends, "terms": agreed(one)}


def _certificate(one: Dated, at: datetime) -> dict[str, Any]:
    return {
        "use": one.use,
        "file": one.file,
        "holder": one.certificate.subject.rfc4514_string(),
        "serial": f"{one.certificate.serial_number:x}",
        "sha256": one.certificate.fingerprint(SHA256()).hex(),
        "begins": one.begins,
        "ends": one.ends,
        "when": when(one.begins, one.ends, at),
    }


def when(begins: datetime | None, ends: datetime | None, at: datetime) -> str:
    """`holds`, `holds for 12 days`, `from 2027-01-01` or `ended 2026-01-01`."""
    if begins is not None and at < begins:
        return f"from {begins:%Y-%m-%d}"
    if ends is None:
        return "holds"
    return f"ended {ends:%Y-%m-%d}" if at >= ends else f"holds for {(ends - at).days} days"


def _word(value: Any) -> str:
    """Lists of the files in one line."""
    if isinstance(value, list):
        return ", ".join(_word(one) for one in value)
    return " ".join(str(one) for one in value.values()) if isinstance(value, dict) else str(value)
