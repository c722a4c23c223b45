"""`partner rehearse`: a change of certificates tried before its day, with the keys that hold then, and what the
partner must have by then."""

import argparse
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from gateway.channels.as2.building import Built, Outgoing, build
from gateway.channels.as2.cms.rules import Caps
from gateway.channels.as2.headers import read_headers
from gateway.channels.as2.mime import outermost
from gateway.channels.as2.refusing import Unacceptable
from gateway.channels.as2.relation import Relation
from gateway.channels.as2.stations import Stations
from gateway.channels.as2.unwrapping import Unwrapping
from gateway.channels.as2.windows import Spools, held
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
from partners.as2relations import As2Receive, As2Send
from partners.directory import load
from partners.ownkeys import OwnKeys
from partners.profile import Partner
from partners.switches import USES, Span, Use, at_use, current, spans

_PROBE = Outgoing(
    message_id="<rehearsal@gateway.invalid>",
    content=b"UNB+UNOA:2+REHEARSAL+REHEARSAL+260101:0000+1++++++1'UNZ+0+1'",
    media_type="application/edifact",
    file_name="rehearsal.edi",
    receipt_url="https://gateway.invalid/as2/mdn",
)
_MUST: dict[Use, str] = {
    "sign": "the partner must verify our signatures with `{now}` ({digest}) from then on",
    "decrypt": "the partner may encrypt to `{now}` ({digest}) from then on; we open what is encrypted to {held}",
    "verify": "the partner must sign with the key of {held} then; any other signature is refused",
    "encrypt": "the partner must be able to open what is encrypted to `{now}` ({digest}) from then on",
    "client-assertion": "the partner must sign its assertions with the key of {held} then",
    "tls-client": "the partner must show {held} when it connects",
    "tls-server": "the partner's server must show {held}",
}


class Probe(Struct, frozen=True, kw_only=True):
    what: str
    outcome: Literal["works", "fails"]
    why: str = ""


def add_verb(verbs: Any) -> None:
    rehearse = verbs.add_parser("rehearse", help="try a change of certificates before its day")
    rehearse.add_argument("partner", metavar="ID")
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
    probes = list(_probes(Stations(lambda: directory, keys), partner, at))
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


def _probes(stations: Stations, partner: Partner, at: datetime) -> Iterator[Probe]:
    """Everything that can be tried without the partner, over AS2; other channels hold no certificates of ours."""
    agreed = partner.as2
    if agreed is None:
        return
    try:
        relation = stations.towards(partner, at)
    except Unacceptable as refused:
        yield Probe(what="our keys can be read", outcome="fails", why=refused.detail)
        return
    if agreed.send is not None:
        yield _tried("we sign and encrypt to them as agreed", partial(build, _PROBE, relation))
        if agreed.send.digest is not None:
            yield _tried("our signature verifies with our certificate", partial(_sign, relation, agreed.send))
    if any("decrypt" in key.use for key in agreed.keys):
        yield _tried("what they encrypt to us is opened", partial(_open, relation))
    if agreed.receive.signed:
        yield _tried("a certificate of theirs verifies what they sign", partial(_verify, relation))


def _tried(what: str, attempt: Callable[[], object]) -> Probe:
    try:
        attempt()
    except Unacceptable as refused:
        return Probe(what=what, outcome="fails", why=refused.detail)
    except ValueError as problem:  # a key of a kind that cannot do it
        return Probe(what=what, outcome="fails", why=str(problem))
    return Probe(what=what, outcome="works")


def _sign(relation: Relation, send: As2Send) -> None:
    """As the partner will verify it: with nothing but our certificate."""
    plain = replace(relation.agreed, send=replace(send, cipher=None), receive=As2Receive(signed=True, encrypted=False))
    message = build(_PROBE, replace(relation, agreed=plain))
    pinned = (relation.signer.certificate,) if relation.signer is not None else ()
    _opened(message, replace(relation, agreed=plain, pinned=pinned))


def _open(relation: Relation) -> None:
    """As the partner will encrypt it: to the certificate of the key that is ours then."""
    sending = As2Send(url="https://gateway.invalid/as2", digest=None, receipt="none")
    mirrored = replace(relation.agreed, send=sending, receive=As2Receive(signed=False, encrypted=True))
    ours = next((one.certificate for one in relation.openers), None)
    message = build(_PROBE, replace(relation, agreed=mirrored, encrypt_to=ours))
    _opened(message, replace(relation, agreed=mirrored))


def _verify(relation: Relation) -> None:
    if not relation.pinned:
        raise Unacceptable("as2.keys", "none of their certificates holds for `verify` then")


def _opened(message: Built, relation: Relation) -> None:
    headers = read_headers((name.encode(), text.encode("latin-1")) for name, text in message.headers)
    with Spools() as spools:
        found = Unwrapping(outermost(headers.content_fields, held(message.body)), relation, spools, Caps()).open()
        assert found.content.read() == _PROBE.content
