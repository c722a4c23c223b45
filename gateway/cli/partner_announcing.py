"""`partner announced|accept-certificate|reject-certificate|announce`: certificates exchanged over AS2 (CEM).

A certificate that a partner announced is trusted when the profile has it, and only then is `Accepted` answered.
"""

import argparse
import os
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from msgspec.structs import replace

from gateway.channels.as2.cem.exchanges import ExchangedUse
from gateway.channels.as2.cem.taking import exchanged, refusal_of, response_to
from gateway.channels.as2.cem.writing import write_request
from gateway.cli.operating import operator, with_ledger
from gateway.cli.partner_show import partner_named
from gateway.cli.telling import Impossible, carefully, console, json_option, moment_or_span, row, table, tell_json
from gateway.clock import now
from gateway.identifiers import new_message_id
from gateway.ledger.certificates import CertificateExchange, ExchangedCertificate, NewLetter
from gateway.ledger.ledger import Ledger
from gateway.ledger.states import Event
from gateway.settings import Settings, read_settings
from partners.certificatefiles import BadCertificate
from partners.directory import Directory, load
from partners.ownkeys import OwnKeys
from partners.profile import Partner

_USES: dict[str, ExchangedUse] = {"sign": "verify", "decrypt": "encrypt"}
"""Of our keys, as the partner uses their certificates."""


def add_verb(verbs: Any) -> None:
    announced = verbs.add_parser("announced", help="certificates that partners announced to us, or we to them")
    announced.add_argument("partner", metavar="ID", nargs="?", help="only of this one")
    announced.add_argument("--all", action="store_true", help="also those that were answered")
    announced.add_argument("--export", type=Path, metavar="DIR", help="write the certificates there, as PEM")
    json_option(announced)
    announced.set_defaults(run=carefully(lambda chosen: with_ledger(lambda ledger: list_announced(ledger, chosen))))
    accepting = verbs.add_parser("accept-certificate", help="answer that the profile has what a partner announced")
    accepting.set_defaults(run=carefully(lambda chosen: _with(chosen, accept)))
    rejecting = verbs.add_parser("reject-certificate", help="answer that what a partner announced is not taken")
    rejecting.set_defaults(run=carefully(lambda chosen: _with(chosen, reject)))
    for deciding in (accepting, rejecting):
        deciding.add_argument("exchange", type=UUID, help="as `partner announced` shows it")
        deciding.add_argument(
            "--why", "--reason", required=True, help="for the audit; a rejection tells it to the partner"
        )
    announce = verbs.add_parser("announce", help="tell a partner which certificate of ours it will need, over AS2")
    announce.add_argument("partner", metavar="ID", help="as the name of its profile")
    announce.add_argument("--key", action="append", required=True, metavar="NAME", help="of the profile's `as2.keys`")
    announce.add_argument("--respond-by", type=moment_or_span, required=True, help="a moment, or e.g. `14d`")
    announce.add_argument("--why", "--reason", required=True, help="for the audit")
    announce.set_defaults(run=carefully(_announce))


def _with(chosen: argparse.Namespace, run: Callable[[Ledger, Directory, argparse.Namespace], Awaitable[int]]) -> int:
    directory = load(read_settings(os.environ).partners)
    return with_ledger(lambda ledger: run(ledger, directory, chosen))


def _announce(chosen: argparse.Namespace) -> int:
    settings = read_settings(os.environ)
    directory = load(settings.partners)
    return with_ledger(lambda ledger: announce_ours(ledger, directory, settings, chosen))


async def list_announced(ledger: Ledger, chosen: argparse.Namespace) -> int:
    found = await ledger.certificates.all(chosen.partner, pending=not chosen.all)
    if chosen.json:
        tell_json({"ok": True, "exchanges": [_told(one) for one in found]})
        return 0
    shown = table(
        f"{len(found)} exchanges", "exchange", "partner", "by", "uses", "SHA-256", "valid", "answer by", "state"
    )

    for one in found:
        for each in one.certificates:
            certificate = x509.load_der_x509_certificate(each.der)
            valid = f"{certificate.not_valid_before_utc:%Y-%m-%d} to {certificate.not_valid_after_utc:%Y-%m-%d}"
            answer_by = f"{one.respond_by:%Y-%m-%d}" if one.respond_by is not None else "-"
            state = one.state if each.against is None else f"{one.state}: {each.against}"
            row(
                shown,
                one.id,
                one.partner,
                one.announced_by,
                ",".join(each.uses),
                each.sha256[:16],
                valid,
                answer_by,
                state,
            )
    console().print(shown)
    for path in _export(chosen.export, found) if chosen.export is not None else ():
        print(path)
    return 0


def _export(folder: Path, found: list[CertificateExchange]) -> Iterator[Path]:
    """By digest, so that what is there already is the same."""
    folder.mkdir(parents=True, exist_ok=True)
    for one in found:
        for each in one.certificates:
            path = folder / f"{one.partner}-{each.sha256[:16]}.pem"
            path.write_bytes(x509.load_der_x509_certificate(each.der).public_bytes(Encoding.PEM))
            yield path


async def accept(ledger: Ledger, directory: Directory, chosen: argparse.Namespace) -> int:
    """1 when it was decided before."""
    one, partner = await _waiting(ledger, directory, chosen.exchange)
    decided = [_judged(each) for each in one.certificates]
    for each in decided:
        lacking = [use for use in each.uses if each.accepted and not _holds(directory, partner, each, use)]
        if lacking:
            raise Impossible(
                f"the profile of `{partner.id}` does not have certificate {each.sha256[:16]} for {', '.join(lacking)}: "
                f"put it there first (`partner announced {partner.id} --export DIR`), then accept"
            )
    if not any(each.accepted for each in decided):
        raise Impossible(f"none of them can be accepted: {decided[0].reason}")
    return await _decide(ledger, partner, replace(one, certificates=tuple(decided), state="accepted"), chosen.why)


async def reject(ledger: Ledger, directory: Directory, chosen: argparse.Namespace) -> int:
    """1 when it was decided before."""
    one, partner = await _waiting(ledger, directory, chosen.exchange)
    decided = tuple(replace(each, accepted=False, reason=each.against or chosen.why) for each in one.certificates)
    return await _decide(ledger, partner, replace(one, certificates=decided, state="rejected"), chosen.why)


async def _waiting(ledger: Ledger, directory: Directory, id: UUID) -> tuple[CertificateExchange, Partner]:  # noqa: A002
    one = await ledger.certificates.find(id)
    if one is None or one.announced_by != "them":
        raise Impossible(f"there is no exchange {id} that a partner began; `partner announced` lists them")
    partner = partner_named(directory, one.partner)
    if partner.as2 is None or partner.as2.send is None:
        raise Impossible(f"the profile of `{partner.id}` has no `as2.send`, so no answer can be sent")
    return one, partner


async def _decide(ledger: Ledger, partner: Partner, one: CertificateExchange, why: str) -> int:
    assert partner.as2 is not None
    event = Event.CERTIFICATE_ACCEPTED if one.state == "accepted" else Event.CERTIFICATE_REJECTED
    letter = response_to(one, partner.as2.ours)
    if await ledger.certificates.decide(
        one.id, one.certificates, one.state, event, letter, actor=operator(), reason=why
    ):
        print(f"{one.state}; the answer to {partner.id} leaves with the next look of a worker")
        return 0
    print("it was decided before; `partner announced --all` tells how")
    return 1


def _judged(each: ExchangedCertificate) -> ExchangedCertificate:
    against = each.against or refusal_of(x509.load_der_x509_certificate(each.der))
    return replace(each, accepted=against is None, reason=against, against=against)


def _holds(directory: Directory, partner: Partner, each: ExchangedCertificate, use: str) -> bool:
    entries = directory.timeline(partner.id).entries
    return any(
        use in entry.use and entry.ends > now() and entry.certificate.public_bytes(Encoding.DER) == each.der
        for entry in entries
    )


async def announce_ours(ledger: Ledger, directory: Directory, settings: Settings, chosen: argparse.Namespace) -> int:
    partner = partner_named(directory, chosen.partner)
    if partner.as2 is None or partner.as2.send is None or partner.as2.send.digest is None:
        raise Impossible(f"nothing signed is sent to `{partner.id}` over AS2: an announcement must be signed")
    if chosen.respond_by <= now():
        raise Impossible("`--respond-by` is over already")
    keys = OwnKeys(settings.partner_keys)
    offered = [_ours(partner, keys, name) for name in dict.fromkeys(chosen.key)]
    one = CertificateExchange(
        id=new_message_id(),
        partner=partner.id,
        announced_by="us",
        request_id=str(new_message_id()),
        at=now(),
        respond_by=chosen.respond_by,
        certificates=tuple(exchanged(certificate, uses) for certificate, uses in offered),
        state="pending",
        decided_at=None,
    )
    written = write_request(
        offered, request_id=one.request_id, ours=partner.as2.ours, at=now(), respond_by=chosen.respond_by,
        response_url=f"{settings.public_url}/as2",
    )  # fmt: skip
    letter = NewLetter(id=new_message_id(), media_type=written.media_type, content=written.content)
    await ledger.certificates.announce(one, Event.CERTIFICATE_OFFERED, letter, actor=operator(), reason=chosen.why)
    print(f"{one.id}: it leaves with the next look of a worker; `partner announced {partner.id}` tells the answer")
    return 0


def _ours(partner: Partner, keys: OwnKeys, name: str) -> tuple[x509.Certificate, tuple[ExchangedUse, ...]]:
    entries = partner.as2.keys if partner.as2 is not None else ()
    uses = dict.fromkeys(_USES[use] for entry in entries if entry.name == name for use in entry.use)
    if not uses:
        raise Impossible(f"the profile of `{partner.id}` has no key `{name}` in `as2.keys`")
    try:
        certificate = keys.pair(name).certificate
    except BadCertificate as problem:
        raise Impossible(str(problem)) from None
    against = refusal_of(certificate)
    if against is not None:
        raise Impossible(f"certificate `{name}` cannot be announced: {against}")
    return certificate, tuple(uses)


def _told(one: CertificateExchange) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "partner": one.partner,
        "announced_by": one.announced_by,
        "request": one.request_id,
        "state": one.state,
        "at": one.at,
        "respond_by": one.respond_by,
        "certificates": [
            {"sha256": each.sha256, "uses": list(each.uses), "against": each.against, "accepted": each.accepted,
             "reason": each.reason}
            for each in one.certificates
        ],
    }  # fmt: skip
