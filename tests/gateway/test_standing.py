"""What people decide about partners holds within a second, on every channel, both ways, and is on record."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from support.as2_serving import as2_world
from support.leaving import World, a_partner, accept, an_agreement
from support.mailboxes import sftp_world
from support.partner_profiles import whole_house
from support.serving import Served, an_order, serving

from gateway.certificateends import CertificateEnds
from gateway.ledger.database import LedgerUnavailable
from gateway.ledger.ledger import Ledger
from gateway.partnerrecord import record_profiles
from gateway.senders import find_sender
from gateway.standing import LOOK_SECONDS, Standing
from gateway.submissions import Credential, Rejection, Sender
from partners.directory import Directory
from partners.live import LiveDirectory
from partners.ownkeys import OwnKeys
from partners.standings import Standings
from policies.loading import load
from translators.examples import example

WHO: dict[str, str] = {"actor": "operator mira", "reason": "a leaked key"}
LATEST = 2 * LOOK_SECONDS
"""Seconds: what is decided just after a look is seen by the next, which may take as long again on a busy machine."""


@pytest.fixture
async def served(ledger: Ledger, tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(ledger, tmp_path) as api:
        yield api


@asynccontextmanager
async def looked_after(ledger: Ledger, partners: LiveDirectory) -> AsyncIterator[None]:
    task = asyncio.create_task(Standing(ledger, partners).run())
    try:
        yield
    finally:
        task.cancel()


async def seen(holds: Callable[[], bool]) -> float:
    """Seconds until it holds; a failure after ten."""
    started = time.monotonic()
    async with asyncio.timeout(10):
        while not holds():
            await asyncio.sleep(0.01)
    return time.monotonic() - started


async def events(ledger: Ledger, prefix: str) -> list[dict[str, Any]]:
    leaves = [json.loads(row["body"]) for row in await ledger._pool.fetch("select body from events order by id")]
    return [leaf for leaf in leaves if leaf["event"].startswith(prefix)]


# ---- suspended -----------------------------------------------------------------------------------------------------


async def test_a_suspended_partner_is_refused_within_a_second_and_taken_again_when_resumed(served: Served) -> None:
    async with looked_after(served.ledger, served.partners):
        await served.order("PO-1")
        assert await served.ledger.suspend_partner("aurora", **WHO)
        took = await seen(lambda: served.partners.current.partners["aurora"].state == "suspended")
        assert took < LATEST
        answer = await served.post("/v1/documents", an_order(number="PO-2"), served.aurora())
        assert (answer.status_code, answer.json()["code"]) == (403, "sender.suspended")
        assert await served.messages_kept() == 1
        assert await served.ledger.resume_partner("aurora", **WHO)
        await seen(lambda: served.partners.current.partners["aurora"].state == "active")
        await served.order("PO-2")
    told = await events(served.ledger, "operator.partner.")
    assert [(one["event"], one["partner"], one["actor"], one["reason"]) for one in told] == [
        ("operator.partner.suspended", "aurora", WHO["actor"], WHO["reason"]),
        ("operator.partner.resumed", "aurora", WHO["actor"], WHO["reason"]),
    ]


async def test_a_second_suspension_changes_nothing_and_is_no_event(ledger: Ledger) -> None:
    assert await ledger.suspend_partner("aurora", **WHO)
    assert not await ledger.suspend_partner("aurora", actor="operator jonas", reason="again")
    (held,) = await ledger.partner_decisions()
    assert (held.decision, held.actor, held.reason) == ("suspended", *WHO.values())
    assert len(await events(ledger, "operator.partner.")) == 1
    assert not await ledger.resume_partner("kiesel", **WHO)


@pytest.mark.parametrize(
    "credential",
    [
        Credential(kind="partner", client="acme-orders"),
        Credential(kind="partner", client="ACME", channel="as2", towards="HOUSE"),
        Credential(kind="partner", client="acme", channel="sftp"),
    ],
    ids=lambda one: one.channel,
)
def test_it_holds_on_every_channel(credential: Credential, tmp_path: Path) -> None:
    live = LiveDirectory(whole_house(tmp_path))
    assert isinstance(find_sender(live.current, credential), Sender)
    live.take(Standings(suspended=frozenset({"acme"})))
    refused = find_sender(live.current, credential)
    assert isinstance(refused, Rejection)
    assert refused.code == "sender.suspended"


async def test_live_sftp_connections_end_within_a_second(ledger: Ledger, tmp_path: Path) -> None:
    async with sftp_world(ledger, tmp_path) as world, looked_after(ledger, world.partners):
        client = await world.client()
        assert await ledger.suspend_partner("nordlicht", **WHO)
        started = time.monotonic()
        async with asyncio.timeout(10):
            await client.wait_closed()
        assert time.monotonic() - started < 2 * LATEST, "a look at the ledger, and one at the connections"
        with pytest.raises(asyncssh.PermissionDenied):
            await world.client()
        assert await ledger.resume_partner("nordlicht", **WHO)
        await seen(lambda: world.partners.current.partners["nordlicht"].state == "active")
        assert await (await world.client()).listdir("/in") == []


async def test_a_suspended_partner_is_told_so_in_its_receipt(ledger: Ledger, tmp_path: Path) -> None:
    async with as2_world(ledger, tmp_path) as world:
        (partner,) = (one.id for one in world.served.partners.current.partners.values() if one.as2 is not None)
        assert await ledger.suspend_partner(partner, **WHO)
        await Standing(ledger, world.served.partners).look()
        order = example("order.edi")
        heard = world.receipt(await world.post(world.built(order, "<1@nordlicht.example>")))
        assert str(heard.mdn.disposition) == "processed/error: authentication-failed"
        assert await world.served.messages_kept() == 0
        assert await ledger.resume_partner(partner, **WHO)
        await Standing(ledger, world.served.partners).look()
        heard = world.receipt(await world.post(world.built(order, "<1@nordlicht.example>")))
        assert str(heard.mdn.disposition) == "processed"


def test_profiles_that_are_loaded_again_do_not_bring_a_suspended_partner_back(tmp_path: Path) -> None:
    folder = whole_house(tmp_path)
    live = LiveDirectory(folder)
    live.take(Standings(suspended=frozenset({"acme"})))
    path = folder / "profiles" / "acme.yaml"
    path.write_text(path.read_text().replace("plan: standard", "plan: trial"))
    assert live.reload()
    assert (live.current.partners["acme"].plan, live.current.partners["acme"].state) == ("trial", "suspended")
    assert live.current.timeline("acme").entries


async def test_what_is_for_a_suspended_partner_waits_and_leaves_when_it_is_resumed(
    ledger: Ledger, repository: Path
) -> None:
    world = World(ledger, load(repository / "policies" / "rules").masking, a_partner(an_agreement()))
    as_written: Directory = world.directory
    world.directory = as_written.under(Standings(suspended=frozenset({"nordlicht"})))
    await accept(ledger, "AB-1")
    await world.work_off()
    assert world.carrier.carried == []
    world.directory = as_written
    world.breaker.succeeded()
    await world.make_due()
    await world.work_off()
    assert len(world.carrier.carried) == 1


async def test_while_the_ledger_is_away_the_last_decisions_hold(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    await served.ledger.suspend_partner("aurora", **WHO)
    await Standing(served.ledger, served.partners).look()

    async def away(_: Ledger) -> None:
        raise LedgerUnavailable("the ledger's database does not answer")

    monkeypatch.setattr(Ledger, "partner_decisions", away)
    task = asyncio.create_task(Standing(served.ledger, served.partners).run(0.01))
    await asyncio.sleep(0.1)
    assert not task.done()
    task.cancel()
    assert served.partners.current.partners["aurora"].state == "suspended"


# ---- testing and approved ------------------------------------------------------------------------------------------


async def test_before_go_live_only_test_documents_are_taken(served: Served, tmp_path: Path) -> None:
    path = tmp_path / "partners" / "profiles" / "nordlicht.yaml"
    path.write_text(path.read_text().replace("state: active", "state: testing"))
    assert served.partners.reload()
    real = example("order.edi")
    test = real.replace(b"++ORDERS'", b"++ORDERS++++1'", 1)
    assert real != test

    async def send(content: bytes) -> Any:
        client = served.partner("nordlicht-edi")
        return await served.post("/v1/documents", content, client, media="application/edifact")

    answer = await send(real)
    assert (answer.status_code, answer.json()["code"]) == (403, "sender.not_live")
    answer = await send(test)
    assert answer.status_code == 202, answer.text
    revision = served.partners.current.revisions["nordlicht"]
    await served.ledger.approve_partner(
        "nordlicht", actor="operator mira", approved_by="jonas", revision=revision, reason="all tests passed"
    )
    await Standing(served.ledger, served.partners).look()
    assert (await send(real.replace(b"815", b"816"))).status_code == 202
    assert await served.ledger.withdraw_approval("nordlicht", **WHO)
    await Standing(served.ledger, served.partners).look()
    assert (await send(real.replace(b"815", b"817"))).json()["code"] == "sender.not_live"
    approved, withdrawn = await events(served.ledger, "operator.partner.")
    assert (approved["approved_by"], approved["profile"], approved["reason"]) == (
        "jonas", revision, "all tests passed",
    )  # fmt: skip
    assert withdrawn["event"] == "operator.partner.withdrawn"


async def test_a_real_document_for_a_partner_that_is_tested_is_parked(ledger: Ledger, repository: Path) -> None:
    world = World(ledger, load(repository / "policies" / "rules").masking, a_partner(an_agreement(), state="testing"))
    await accept(ledger, "AB-1")
    await accept(ledger, "AB-2", lane="b", test=True)
    await world.work_off()
    assert [one.test for one in world.carrier.carried] == [True]
    (cause,) = [row["cause"] for row in await ledger._pool.fetch("select cause from exceptions where state = 'parked'")]
    assert cause == "partner.not_live"


# ---- on record -----------------------------------------------------------------------------------------------------


async def test_every_load_of_the_profiles_is_on_record_with_its_problems(ledger: Ledger, tmp_path: Path) -> None:
    folder = whole_house(tmp_path)
    live = LiveDirectory(folder, record_profiles(ledger))
    first = live.current.revision
    (folder / "profiles" / "acme.yaml").write_text("id: acme\n")
    assert not live.reload()
    assert not live.reload()
    (folder / "profiles" / "acme.yaml").unlink()
    assert live.reload()
    for _ in range(500):
        found = await events(ledger, "partners.profiles.")
        if len(found) == 3:
            break
        await asyncio.sleep(0.01)
    assert sorted((one["event"], one["directory"]) for one in found) == sorted(
        [
            ("partners.profiles.loaded", first),
            ("partners.profiles.rejected", first),
            ("partners.profiles.loaded", live.current.revision),
        ]
    )
    (rejected,) = [one for one in found if one["problems"]]
    assert "acme.yaml" in rejected["problems"][0]


# ---- certificates that end -----------------------------------------------------------------------------------------


async def test_each_threshold_warns_once_whoever_looks_and_the_end_itself_too(ledger: Ledger, tmp_path: Path) -> None:
    live = LiveDirectory(whole_house(tmp_path))
    end = datetime(2036, 1, 1, tzinfo=UTC)
    left = [timedelta(days=days) for days in (120, 89, 88, 29, 6, 0.5)] + [timedelta(hours=-1), timedelta(days=-30)]
    for before in left:
        for _ in range(2):
            await CertificateEnds(ledger, live, OwnKeys(tmp_path / "keys"), lambda now=end - before: now).look()
    told = [one for one in await events(ledger, "partners.certificate.") if one["name"] == "acme-2027.pem"]
    assert [(one["event"].rpartition(".")[2], one["days"]) for one in told] == [
        ("ending", 90), ("ending", 30), ("ending", 7), ("ending", 1), ("ended", 0),
    ]  # fmt: skip
    assert {tuple(one["use"]) for one in told} == {("verify", "encrypt")}
    ours = [one for one in await events(ledger, "partners.certificate.") if one["name"] == "house-2027"]
    assert [one["days"] for one in ours] == [90, 30, 7, 1, 0]
    assert {tuple(one["use"]) for one in ours} == {("sign", "decrypt")}


async def test_a_certificate_that_has_a_successor_is_not_warned_of(ledger: Ledger, tmp_path: Path) -> None:
    live = LiveDirectory(whole_house(tmp_path))
    at = datetime(2027, 5, 31, tzinfo=UTC)
    await CertificateEnds(ledger, live, OwnKeys(tmp_path / "keys"), lambda: at).look()
    assert await events(ledger, "partners.certificate.") == []
