"""`partner-gateway webhook`: what an operator types, against a ledger and an endpoint that are real."""

import argparse
import json
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.leaving import accept
from support.partner_server import partner_server, says
from support.receiving import PROFILE, SERVER, Receiving, a_webhook, told_by_webhook

from gateway.channels.webhooks.carrier import WebhookCarrier
from gateway.channels.webhooks.signing import secret_of
from gateway.cli import webhook
from gateway.egress.client import Egress
from gateway.ledger.ledger import Ledger
from gateway.settings import Settings
from policies.loading import load

_SILENT = """
id: adler
name: Adler AG
kind: supplier
state: active
plan: standard
binding: none
clients: [adler]
identifiers: {}
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    for name in ("profiles", "plants", "keys"):
        (tmp_path / name).mkdir()
    (tmp_path / "profiles" / "adler.yaml").write_text(_SILENT)
    return Settings(partners=tmp_path, partner_keys=tmp_path / "keys", egress_authorities=SERVER.certificate)


@pytest.fixture
async def typed(settings: Settings, ledger: Ledger, monkeypatch: pytest.MonkeyPatch):
    """Runs a command line; gives its exit status."""
    monkeypatch.setattr(webhook, "with_settings", lambda opened: opened(settings)(ledger))
    monkeypatch.setattr(webhook, "read_settings", lambda _: settings)
    parser = argparse.ArgumentParser()
    webhook.add_commands(parser.add_subparsers())

    async def run(*words: str) -> int:
        status = parser.parse_args(["webhook", *words])
        done = status.run(status)
        return done if isinstance(done, int) else await done

    return run


@pytest.fixture
async def world(
    ledger: Ledger, repository: Path, settings: Settings, typed, capsys: pytest.CaptureFixture[str]
) -> AsyncIterator[Receiving]:
    async with partner_server(says(204), tls=SERVER) as server:
        (settings.partners / "profiles" / "nordlicht.yaml").write_text(PROFILE.format(port=server.port))
        assert await typed("secret", "nordlicht-hook") == 0
        capsys.readouterr()
        partner = told_by_webhook(a_webhook(server.port))
        world = Receiving(ledger, load(repository / "policies" / "rules").masking, partner)
        world.server, world.secret = server, (settings.partner_keys / "nordlicht-hook").read_text().strip()
        egress = Egress(settings.partner_networks, authorities=SERVER.certificate)
        world.hook = WebhookCarrier(
            egress, settings.partner_keys, ledger.webhooks, lambda: world.directory, world.clock
        )
        world.carriers["webhook"] = world.hook
        yield world
        await egress.close()


async def listed(typed, capsys) -> dict:
    assert await typed("list", "--json") == 0
    (one,) = json.loads(capsys.readouterr().out)
    return one


async def test_the_list_follows_what_happens(world: Receiving, typed, capsys) -> None:
    assert (await listed(typed, capsys))["state"] == "not called yet"
    world.server.manners = says(503)
    await accept(world.ledger, "AB-1")
    await world.work_off()
    failing = await listed(typed, capsys)
    assert (failing["state"], failing["waiting"]) == ("failing", 1)
    assert failing["last_error"] == "it answered 503 Service Unavailable"
    world.server.manners = says(200)
    await world.pass_time(minutes=1)
    await world.work_off()
    well = await listed(typed, capsys)
    assert (well["state"], well["waiting"]) == ("well", 0)
    assert await typed("list") == 0
    assert "1 addresses" in capsys.readouterr().out


async def test_a_reason_with_brackets_is_no_markup_of_the_list(
    world: Receiving, typed, capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")  # the terminal of whoever runs this may be narrow
    assert await typed("disable", "nordlicht", "--reason", "[/they] move") == 0
    assert await typed("list") == 0
    assert "[/they] move" in capsys.readouterr().out


async def test_disabled_by_a_person_it_waits_until_enabled(world: Receiving, typed, capsys) -> None:
    assert await typed("disable", "nordlicht", "--reason", "they move house") == 0
    assert await typed("disable", "nordlicht", "--reason", "again") == 1
    assert capsys.readouterr().out.splitlines() == [
        "it is disabled; what is for it lies ready", "it is disabled already; nothing was changed",
    ]  # fmt: skip
    await accept(world.ledger, "AB-1")
    await world.work_off()
    await world.look_after()
    disabled = await listed(typed, capsys)
    assert (disabled["state"], disabled["reason"], disabled["waiting"]) == ("disabled", "they move house", 1)
    assert disabled["disabled_by"].startswith("operator ")
    assert await typed("enable", "nordlicht", "--reason", "they are back") == 0
    assert await typed("enable", "nordlicht", "--reason", "again") == 1
    await world.look_after()
    assert await world.states() == ["delivered"]


async def test_a_test_event_is_signed_and_counts_for_nothing(world: Receiving, typed, capsys) -> None:
    assert await typed("test", "nordlicht") == 0
    (heard,) = world.server.heard
    event = world.verified(heard)
    assert isinstance(event, dict)
    assert (event["type"], event["test"], event["data"]) == ("gateway.test", True, {})
    assert capsys.readouterr().out == f"test event {event['id']}: it answered 204\n"
    world.server.manners = says(401)
    assert await typed("test", "nordlicht") == 1
    assert capsys.readouterr().out.endswith(": it answered 401 Unauthorized\n")
    assert (await listed(typed, capsys))["state"] == "not called yet"


async def test_a_test_of_an_endpoint_that_is_out_says_so(world: Receiving, typed, settings, capsys) -> None:
    (settings.partners / "profiles" / "nordlicht.yaml").write_text(PROFILE.format(port=1))
    assert await typed("test", "nordlicht") == 1
    assert capsys.readouterr().out.startswith("localhost: ")
    (settings.partner_keys / "nordlicht-hook").write_text("whsec_short")
    assert await typed("test", "nordlicht") == 1
    assert "nordlicht-hook: what follows `whsec_` is no base64" in capsys.readouterr().out


async def test_what_was_parked_is_replayed_under_the_same_ids(world: Receiving, typed, capsys) -> None:
    world.server.manners = says(422)
    await accept(world.ledger, "AB-1", lane="a", retries="")
    await accept(world.ledger, "AB-2", lane="b", retries="")
    await world.work_off()
    assert [one.cause for one in await world.ledger.parked()] == ["delivery.attempts_used_up"] * 2
    world.server.manners = says(200)
    assert await typed("replay", "nordlicht", "--since", "2099-01-01", "--reason", "repaired") == 1
    assert await typed("replay", "nordlicht", "--reason", "they repaired it") == 0
    assert capsys.readouterr().out.splitlines()[-1] == "2 sent again, 0 under way already, 0 kept no longer"
    await world.work_off()
    assert await world.states() == ["delivered"] * 2
    assert sorted(world.ids[:2]) == sorted(world.ids[2:])
    assert await typed("replay", "nordlicht", "--reason", "once more") == 1


async def test_what_was_taken_is_sent_again_if_asked_for(world: Receiving, typed, capsys) -> None:
    await accept(world.ledger, "AB-1", "AB-2")
    await world.work_off()
    words = ("replay", "nordlicht", "--delivered", "--since", "2026-01-01T00:00Z", "--reason", "a lost day")
    assert await typed(*words, "--limit", "1") == 0
    assert "there may be more: this was the first 1" in capsys.readouterr().out
    assert await typed(*words) == 0
    for _ in range(3):
        await world.forwarding.look()
    first, second, *again = world.server.heard
    assert {one.body for one in again} == {first.body, second.body}
    assert len(set(world.ids)) == 2
    assert await world.states() == ["delivered"] * 2


@pytest.mark.parametrize("words", [("test",), ("enable", "--reason", "why"), ("disable", "--reason", "why")])
async def test_a_partner_without_an_address_is_told(typed, capsys, words: tuple[str, ...]) -> None:
    assert await typed(words[0], "adler", *words[1:]) == 2
    assert await typed(words[0], "nobody", *words[1:]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "the profile of `adler` has no `webhook`", "there is no profile of `nobody`",
    ]  # fmt: skip


async def test_a_secret_is_made_once_for_its_owner_alone(typed, settings: Settings, capsys) -> None:
    assert await typed("secret", "acme-hook") == 0
    path = settings.partner_keys / "acme-hook"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = path.read_text().strip()
    assert text.startswith("whsec_")
    assert secret_of(text).public is None
    said = capsys.readouterr()
    assert text not in said.out + said.err
    assert await typed("secret", "acme-hook") == 2
    assert path.read_text().strip() == text
    assert capsys.readouterr().err == f"{path}: file exists\n"


async def test_of_an_ed25519_key_the_public_half_is_printed(typed, settings: Settings, capsys) -> None:
    assert await typed("secret", "acme-hook", "--ed25519") == 0
    text = (settings.partner_keys / "acme-hook").read_text().strip()
    assert capsys.readouterr().out.strip() == secret_of(text).public


@pytest.mark.parametrize("name", ["../acme", "", ".acme", "a b"])
async def test_a_name_that_no_profile_could_have_is_refused(typed, capsys, name: str) -> None:
    with pytest.raises(SystemExit):
        await typed("secret", name)
    assert f"`{name}` is no name of a secret" in capsys.readouterr().err
