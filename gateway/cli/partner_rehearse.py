"""`partner rehearse`: a change of certificates tried before its day, with the keys that hold then, and what the
partner must have by then."""

import argparse
from datetime import datetime
from typing import Any

from gateway.channels.as2.stations import Stations
from gateway.cli.partner_certificates import fingerprint, keys_option
from gateway.cli.partner_show import partner_named
from gateway.cli.telling import (
    Impossible,
    carefully,
    console,
    json_option,
    moment_or_span,
    partners_option,
    row,
    safe,
    table,
    tell_json,
)
from gateway.clock import now
from gateway.probing.rehearsal import rehearsed
from partners.directory import load
from partners.ownkeys import OwnKeys
from partners.switches import USES, Span, Use, at_use, current, spans

_MUST: dict[Use, str] = {
    "sign": "the partner must verify our signatures with `{now}` ({digest}) from then on",
    "decrypt": "the partner may encrypt to `{now}` ({digest}) from then on; we open what is encrypted to {held}",
    "verify": "the partner must sign with the key of {held} then; any other signature is refused",
    "encrypt": "the partner must be able to open what is encrypted to `{now}` ({digest}) from then on",
    "client-assertion": "the partner must sign its assertions with the key of {held} then",
    "tls-client": "the partner must show {held} when it connects",
    "tls-server": "the partner's server must show {held}",
}


def add_verb(verbs: Any) -> None:
    rehearse = verbs.add_parser("rehearse", help="try a change of certificates before its day")
    rehearse.add_argument("partner", metavar="ID", help="as the name of its profile")
    rehearse.add_argument("--at", type=moment_or_span, required=True, help="the day or time to try, or e.g. `30d`")
    partners_option(rehearse)
    keys_option(rehearse)
    json_option(rehearse)
    rehearse.set_defaults(run=carefully(_rehearse))


def _rehearse(chosen: argparse.Namespace) -> int:
    if chosen.keys is None:
        raise Impossible("a rehearsal needs our keys: name their folder in GATEWAY_PARTNER_KEYS or `--keys`")
    directory, at, today = load(chosen.partners), chosen.at, now()
    partner, keys = partner_named(directory, chosen.partner), OwnKeys(chosen.keys)
    lines = spans(directory, partner, keys)
    changes = [(use, current(lines, use, today), current(lines, use, at)) for use in USES if at_use(lines, use)]
    probes = list(rehearsed(Stations(lambda: directory, keys), partner, at))
    musts = [_must(lines, use, was, then, at) for use, was, then in changes if was != then]
    failed = any(one.outcome == "fails" for one in probes)
    if chosen.json:
        told = [{"use": use, "now": was.name if was else None, "then": then.name if then else None}
                for use, was, then in changes]  # fmt: skip
        tell_json({"ok": not failed, "at": at.isoformat(), "changes": told, "probes": probes, "partner_must": musts})
        return int(failed)
    print(safe(f"{partner.id} at {at:%Y-%m-%d %H:%M} UTC"))
    shown = table("what is used", "use", "now", "then")
    for use, was, then in changes:
        row(shown, use, was.name if was else "nothing", then.name if then else "NOTHING")
    console().print(shown)
    for probe in probes:
        print(safe(f"{probe.outcome}: {probe.what}{': ' if probe.why else ''}{probe.why}"))
    for must in musts:
        print(safe(must))
    if not musts:
        print("nothing changes for the partner by then")
    return int(failed)


def _must(lines: list[Span], use: Use, was: Span | None, then: Span | None, at: datetime) -> str:
    if then is None:
        return f"nothing holds for `{use}` then: `{was.name if was else '-'}` has ended and nothing follows"
    held_then = " or ".join(f"`{one.name}`" for one in at_use(lines, use) if one.holds(at))
    digest = f"SHA-256 {(fingerprint(then) or '')[:16]}…"
    return _MUST[use].format(now=then.name, digest=digest, held=held_then)
