"""`webhook`: how it stands with the addresses that documents are sent to, and what operators can do about it."""

import argparse
import asyncio
import os
import re
import sys
from datetime import UTC, datetime
from typing import Any

import msgspec

from gateway.channels.webhooks.answers import failure_of
from gateway.channels.webhooks.carrier import WebhookCarrier
from gateway.channels.webhooks.events import test_event
from gateway.channels.webhooks.signing import BadSecret, new_secret, secret_of
from gateway.cli.operating import how_many, operator, with_settings
from gateway.cli.telling import console, moment, row, table
from gateway.clock import now
from gateway.egress.client import NoAnswer
from gateway.identifiers import new_message_id
from gateway.ledger.ledger import Ledger
from gateway.ledger.webhooks import Endpoint
from gateway.settings import Settings, read_settings
from gateway.wayout import open_egress
from partners.directory import Directory, load
from partners.profile import Partner

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class _NoWebhook(Exception):  # noqa: N818 - a refusal, not a defect
    """The sentence."""


def add_commands(commands: Any) -> None:
    nouns = commands.add_parser("webhook", help="addresses of partners that documents are sent to").add_subparsers(
        required=True, metavar="VERB"
    )
    listed = nouns.add_parser("list", help="how it stands with each")
    listed.add_argument("--json", action="store_true", help="print JSON, for programs")
    for name, help_text in (
        ("enable", "send again; what lay ready leaves in order"),
        ("disable", "send nothing more; what is for it lies ready"),
        ("replay", "send again what was refused or parked"),
    ):
        verb = nouns.add_parser(name, help=help_text)
        verb.add_argument("partner", metavar="PARTNER", help="its id in the profiles")
        verb.add_argument("--reason", "--why", required=True, help="for the audit")
        verb.set_defaults(run=_acting({"enable": _enable, "disable": _disable, "replay": _replay}[name]))
        if name == "replay":
            _add_selection(verb)
    tried = nouns.add_parser("test", help="a signed test event now, and what was answered")
    tried.add_argument("partner", metavar="PARTNER", help="its id in the profiles")
    secret = nouns.add_parser("secret", help="make a file with a new secret")
    secret.add_argument("name", type=_file_name, metavar="NAME", help="as the profile names it")
    secret.add_argument("--ed25519", action="store_true", help="a key of which the partner gets the public half alone")
    listed.set_defaults(run=_acting(_list))
    tried.set_defaults(run=_acting(_test))
    secret.set_defaults(run=_secret)


def _add_selection(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--since", type=moment, default=_LONG_AGO, metavar="MOMENT", help="by their last change")
    verb.add_argument("--until", type=moment, metavar="MOMENT", help="the same")
    verb.add_argument("--delivered", action="store_true", help="also what was taken: the same ids and bytes")
    verb.add_argument("--limit", type=how_many, default=1000, help="at most so many; default: %(default)s")


def _acting(act: Any) -> Any:
    def run(chosen: argparse.Namespace) -> int:
        async def acted(settings: Settings, ledger: Ledger) -> int:
            try:
                return int(await act(settings, ledger, chosen))
            except _NoWebhook as refused:
                print(refused, file=sys.stderr)
                return 2

        return with_settings(lambda settings: lambda ledger: acted(settings, ledger))

    return run


async def _list(settings: Settings, ledger: Ledger, chosen: argparse.Namespace) -> int:
    directory = await asyncio.to_thread(load, settings.partners)
    known = {(one.partner, one.url): one for one in await ledger.webhooks.endpoints()}
    waiting = await ledger.webhooks.waiting()
    found = [
        (known.get((one.id, one.webhook.url), Endpoint(partner=one.id, url=one.webhook.url)), waiting.get(one.id, 0))
        for one in directory.partners.values()
        if one.webhook is not None
    ]
    if chosen.json:
        described = [{**msgspec.to_builtins(one), "state": _state(one), "waiting": count} for one, count in found]
        print(msgspec.json.encode(described).decode())
        return 0
    addresses = table(
        f"{len(found)} addresses", "partner", "address", "state", "since", "last success", "waiting", "why"
    )
    for one, count in found:
        why = one.reason if one.disabled_at is not None else one.last_error if one.failing_since is not None else ""
        row(addresses, one.partner, one.url, _state(one), _short(one.disabled_at or one.failing_since),
            _short(one.succeeded_at), count, why or "")  # fmt: skip
    console().print(addresses)
    return 0


async def _enable(settings: Settings, ledger: Ledger, chosen: argparse.Namespace) -> int:
    _, partner = await _named(settings, chosen.partner)
    done = await ledger.webhooks.enable(partner.id, _url(partner), now(), actor=operator(), reason=chosen.reason)
    print("it is enabled; what lay ready leaves in order" if done else "it is not disabled; nothing was changed")
    return 0 if done else 1


async def _disable(settings: Settings, ledger: Ledger, chosen: argparse.Namespace) -> int:
    _, partner = await _named(settings, chosen.partner)
    done = await ledger.webhooks.disable(partner.id, _url(partner), now(), actor=operator(), reason=chosen.reason)
    print("it is disabled; what is for it lies ready" if done else "it is disabled already; nothing was changed")
    return 0 if done else 1


async def _replay(_: Settings, ledger: Ledger, chosen: argparse.Namespace) -> int:
    """Of a partner whose profile is gone, too: what it was sent is in the ledger."""
    found = await ledger.webhooks.to_replay(
        chosen.partner, since=chosen.since, until=chosen.until or now(), delivered=chosen.delivered, limit=chosen.limit
    )
    said = [await ledger.parcels.resend(one, actor=operator(), reason=chosen.reason) for one in found]
    again = sum(word in ("due", "replayed") for word in said)
    print(f"{again} sent again, {said.count('under_way')} under way already, {said.count('erased')} kept no longer")
    if len(found) == chosen.limit:
        print(f"there may be more: this was the first {chosen.limit}")
    return 0 if again else 1


async def _test(settings: Settings, ledger: Ledger, chosen: argparse.Namespace) -> int:
    """It changes no standing: an address that answers is enabled by people."""
    directory, partner = await _named(settings, chosen.partner)
    assert partner.webhook is not None
    event_id = str(new_message_id())
    async with open_egress(settings) as egress:
        carrier = WebhookCarrier(egress, settings.partner_keys, ledger.webhooks, lambda: directory)
        try:
            answer = await carrier.post(
                partner, partner.webhook, event_id, test_event(event_id, now()), "application/json"
            )
        except (BadSecret, NoAnswer) as problem:
            print(problem)
            return 1
    failure = failure_of(answer, now())
    print(f"test event {event_id}: {failure.why if failure is not None else f'it answered {answer.status}'}")
    return 0 if failure is None else 1


def _secret(chosen: argparse.Namespace) -> int:
    path = read_settings(os.environ).partner_keys / chosen.name
    text = new_secret(asymmetric=chosen.ed25519)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(text + "\n")
    except OSError as error:
        print(f"{path}: {(error.strerror or 'cannot be written').lower()}", file=sys.stderr)
        return 2
    print(f"made {path}", file=sys.stderr)
    print(secret_of(text).public or "give the partner what is in it, over a safe way")
    return 0


def _file_name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", text):
        raise argparse.ArgumentTypeError(f"`{text}` is no name of a secret; use letters, digits, `.`, `_` and `-`")
    return text


async def _named(settings: Settings, partner_id: str) -> tuple[Directory, Partner]:
    directory = await asyncio.to_thread(load, settings.partners)
    partner = directory.partners.get(partner_id)
    if partner is None:
        raise _NoWebhook(f"there is no profile of `{partner_id}`")
    if partner.webhook is None:
        raise _NoWebhook(f"the profile of `{partner_id}` has no `webhook`")
    return directory, partner


def _url(partner: Partner) -> str:
    assert partner.webhook is not None
    return partner.webhook.url


def _state(one: Endpoint) -> str:
    if one.disabled_at is not None:
        return "disabled"
    if one.failing_since is not None:
        return "failing"
    return "well" if one.succeeded_at is not None else "not called yet"


def _short(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at is not None else "-"
