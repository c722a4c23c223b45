"""`partner certificates`: what holds for which use when, where two overlap and where nothing holds."""

import argparse
import os
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256

from gateway.cli.partner_show import partner_named, when
from gateway.cli.telling import carefully, console, json_option, moment, partners_option, row, safe, table, tell_json
from gateway.clock import now
from partners.directory import load
from partners.ownkeys import OwnKeys
from partners.profile import Partner
from partners.switches import USES, Span, Stretch, at_use, spans, stretches


def add_verb(verbs: Any) -> None:
    shown = verbs.add_parser("certificates", help="the time line of certificates and keys, use by use")
    shown.add_argument("partner", metavar="ID", nargs="?", help="only of this one")
    shown.add_argument("--at", type=moment, help="as of this moment; default: now")
    partners_option(shown)
    keys_option(shown)
    json_option(shown)
    shown.set_defaults(run=carefully(_certificates))


def keys_option(parser: argparse.ArgumentParser) -> None:
    live = os.environ.get("GATEWAY_PARTNER_KEYS")
    parser.add_argument(
        "--keys", type=Path, default=Path(live) if live else None,
        help="the folder of our keys; default: the live one. Without one our keys are not looked at",
    )  # fmt: skip


def _certificates(chosen: argparse.Namespace) -> int:
    directory, at = load(chosen.partners), chosen.at or now()
    keys = OwnKeys(chosen.keys) if chosen.keys is not None else None
    wanted = [partner_named(directory, chosen.partner)] if chosen.partner else list(directory.partners.values())
    lines = {one.id: spans(directory, one, keys) for one in wanted}
    if chosen.json:
        tell_json({"ok": True, "at": at.isoformat(), "partners": {
            name: [_told(one, at) for use in USES for one in at_use(found, use)] for name, found in lines.items()
        }})  # fmt: skip
        return 0
    for partner in wanted:
        _tell(partner, lines[partner.id], at)
    if not any(lines.values()):
        print("no certificate is named" + ("" if chosen.partner is None else f" for {chosen.partner}"))
    return 0


def _tell(partner: Partner, lines: list[Span], at: datetime) -> None:
    if not lines:
        return
    shown = table(partner.id, "use", "whose", "name", "from", "until", "", "SHA-256")
    for use in USES:
        for one in at_use(lines, use):
            told = _told(one, at)
            digest = (told["sha256"] or "")[:16]
            row(shown, use, one.owner, one.name, _day(one.begins), _day(one.ends), told["when"], digest)
    console().print(shown)
    for use in USES:
        for stretch in stretches(lines, use):
            if stretch.ends > at and (said := _remark(stretch)):
                print(safe(f"{use}: {said}"))
    print()


def _remark(stretch: Stretch) -> str:
    between = f"{_day(stretch.begins)} to {_day(stretch.ends)}"
    if not stretch.names:
        return f"NOTHING holds {between}"
    if len(stretch.names) > 1:
        return f"{between} {' and '.join(stretch.names)} overlap; outbound {stretch.names[0]} is used"
    return ""


def _told(one: Span, at: datetime) -> dict[str, Any]:
    return {
        "use": one.use,
        "owner": one.owner,
        "name": one.name,
        "begins": one.begins,
        "ends": one.ends,
        "holder": one.certificate.subject.rfc4514_string() if one.certificate is not None else None,
        "sha256": fingerprint(one),
        "when": one.problem or when(one.begins, one.ends, at),
    }


def fingerprint(one: Span) -> str | None:
    return one.certificate.fingerprint(SHA256()).hex() if one.certificate is not None else None


def _day(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d}" if at is not None else "-"
