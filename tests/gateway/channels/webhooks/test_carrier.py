"""Documents to an endpoint: a real ledger, a real HTTPS server, and each manner it can have."""

import base64
import hmac
import json
from datetime import datetime, timedelta

import msgspec
import pytest
from cryptography import x509
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError
from support.leaving import a_partner, accept, an_agreement, batched
from support.partner_server import hangs_up, identity, partner_server, says
from support.receiving import SERVER, Receiving, a_webhook, told_by_webhook

from gateway.channels.webhooks.carrier import WebhookCarrier
from gateway.channels.webhooks.signing import new_secret
from gateway.egress.client import Egress
from partners.certificates import Certificate
from partners.directory import Directory
from partners.timelines import TimeLine, dated


async def parked(world: Receiving) -> list[str]:
    return [one.cause for one in await world.ledger.parked()]


async def events(world: Receiving, prefix: str) -> list[dict]:
    rows = await world.ledger._pool.fetch("select body from events order by tick, id")
    leaves = [json.loads(row["body"]) for row in rows]
    return [leaf for leaf in leaves if leaf["event"].startswith(prefix)]


async def test_a_document_arrives_signed_as_an_event_of_its_type(world: Receiving) -> None:
    await accept(world.ledger, "AB-1")
    await world.work_off()
    (heard,) = world.server.heard
    (parcel,) = await world.parcels.search()
    event = world.verified(heard)
    assert isinstance(event, dict)
    assert (event["type"], event["id"]) == ("document.order_response", str(parcel.id))
    assert event["agreement"] == "answers"
    assert event["data"]["number"] == "AB-1"
    assert datetime.fromisoformat(event["timestamp"]) == parcel.made_at.replace(
        microsecond=parcel.made_at.microsecond // 1000 * 1000
    )
    assert "test" not in event
    assert heard.path == "/hooks?v=1"
    assert heard.headers["webhook-id"] == str(parcel.id)
    assert heard.headers["content-type"] == "application/json"
    assert (parcel.state, parcel.reference) == ("delivered", "HTTP 204")
    with pytest.raises(WebhookVerificationError):
        world.verified(heard, new_secret(asymmetric=False))


async def test_a_document_for_tests_says_so(world: Receiving) -> None:
    await accept(world.ledger, "AB-1", test=True)
    await world.work_off()
    event = world.verified(world.server.heard[0])
    assert isinstance(event, dict)
    assert event["test"] is True


async def test_a_batch_is_one_event_with_its_documents_in_order(world: Receiving) -> None:
    one = batched(documents=3)
    agreement = msgspec.structs.replace(one, channel="webhook", format="json", association="")
    world.let(a_partner(agreement, webhook=a_webhook(world.server.port), edifact=None))
    await accept(world.ledger, "AB-1", "AB-2", "AB-3")
    await world.work_off()
    await world.forwarding.look()
    (heard,) = world.server.heard
    event = world.verified(heard)
    assert isinstance(event, dict)
    assert event["type"] == "documents.order_response"
    assert [document["number"] for document in event["data"]] == ["AB-1", "AB-2", "AB-3"]
    assert await world.states() == ["delivered"]


async def test_an_interchange_is_sent_as_it_is(world: Receiving) -> None:
    agreement = an_agreement(channel="webhook")
    world.let(a_partner(agreement, webhook=a_webhook(world.server.port)))
    await accept(world.ledger, "AB-1")
    await world.work_off()
    (heard,) = world.server.heard
    assert heard.body.startswith((b"UNA", b"UNB+UNOC"))
    assert heard.headers["content-type"] == "application/edifact"
    with pytest.raises(UnicodeDecodeError):  # the package takes UTF-8 alone; docs/webhooks.md says what to do
        world.verified(heard)
    signed = f"{heard.headers['webhook-id']}.{heard.headers['webhook-timestamp']}.".encode() + heard.body
    key = base64.b64decode(world.secret.removeprefix("whsec_"))
    signature = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    assert heard.headers["webhook-signature"] == f"v1,{signature}"


async def test_an_interchange_in_utf_8_is_verified_by_the_package_of_the_specification(world: Receiving) -> None:
    agreement = an_agreement(channel="webhook", charset="UNOY", syntax="4")
    world.let(a_partner(agreement, webhook=a_webhook(world.server.port)))
    await accept(world.ledger, "AB-1")
    await world.work_off()
    (heard,) = world.server.heard
    Verifier(world.secret).verify(heard.body, heard.headers, json_parse=False)
    assert b"UNB+UNOY:4" in heard.body


async def test_old_and_new_secret_both_sign_while_both_stand_in_the_profile(world: Receiving, tmp_path) -> None:
    fresh = new_secret(asymmetric=False)
    (tmp_path / "nordlicht-hook-2").write_text(fresh)
    world.let(told_by_webhook(a_webhook(world.server.port, "nordlicht-hook", "nordlicht-hook-2")))
    await accept(world.ledger, "AB-1")
    await world.work_off()
    assert world.verified(world.server.heard[0], world.secret) == world.verified(world.server.heard[0], fresh)
    world.let(told_by_webhook(a_webhook(world.server.port, "nordlicht-hook-2")))
    await accept(world.ledger, "AB-2")
    await world.work_off()
    world.verified(world.server.heard[1], fresh)
    with pytest.raises(WebhookVerificationError):
        world.verified(world.server.heard[1], world.secret)


async def test_a_secret_that_cannot_be_read_lets_documents_wait(world: Receiving, tmp_path) -> None:
    (tmp_path / "nordlicht-hook").unlink()
    await accept(world.ledger, "AB-1", retries="")
    await world.work_off()
    (parcel,) = await world.parcels.search()
    assert parcel.last_error == f"{tmp_path / 'nordlicht-hook'}: cannot be read: no such file or directory"
    assert world.server.heard == []
    assert await parked(world) == []


async def test_nothing_heard_costs_no_attempt_and_goes_again_under_the_same_id(world: Receiving) -> None:
    """`retries=""`: the first attempt that is spent parks the document."""
    world.server.manners = hangs_up
    await accept(world.ledger, "AB-1", retries="")
    for _ in range(4):
        await world.work_off()
        await world.pass_time(minutes=1)
    assert len(world.server.heard) == 4
    assert await parked(world) == []
    assert {one["attempt"] for one in await events(world, "delivery.document.unknown")} == {1}
    world.server.manners = says(200)
    await world.work_off()
    assert len(set(world.ids)) == 1
    assert len({one.headers["webhook-signature"] for one in world.server.heard}) > 1, "signed for each attempt"
    assert await world.states() == ["delivered"]


async def test_an_answer_that_never_ends_is_success_by_its_status(world: Receiving) -> None:
    world.server.manners = says(200, b"x" * 100_000)
    await accept(world.ledger, "AB-1")
    await world.work_off()
    assert await world.states() == ["delivered"]


async def test_a_redirect_is_not_followed(world: Receiving) -> None:
    async with partner_server(says(200), tls=SERVER) as elsewhere:
        world.server.manners = says(307, location=f"https://localhost:{elsewhere.port}/")
        await accept(world.ledger, "AB-1", retries="")
        await world.work_off()
        assert elsewhere.connections == 0
    (parcel,) = await world.parcels.search()
    assert parcel.state == "kept"
    assert parcel.last_error is not None
    assert parcel.last_error.startswith("it answered 307 Temporary Redirect: redirects are not followed")


async def test_a_document_it_cannot_take_is_tried_by_its_schedule_and_parked(world: Receiving) -> None:
    world.server.manners = says(422)
    await accept(world.ledger, "AB-1", retries="1, 1")
    for _ in range(3):
        await world.work_off()
        await world.pass_time(minutes=1)
    assert await parked(world) == ["delivery.attempts_used_up"]
    assert len(world.server.heard) == 3
    (standing,) = [await world.ledger.webhooks.endpoints()]
    assert standing == [], "an endpoint that judges documents is well"


async def test_a_500_is_the_documents_when_others_get_through_else_the_endpoints(world: Receiving) -> None:
    await accept(world.ledger, "AB-1")
    await world.work_off()
    world.server.manners = says(500)
    await accept(world.ledger, "AB-2", retries="1")
    await world.work_off()  # the call before it got through: one attempt of the document
    await world.pass_time(minutes=1)
    for _ in range(3):  # nothing gets through: the endpoint's
        await world.work_off()
        await world.pass_time(minutes=1)
    assert await parked(world) == []
    world.server.manners = says(200)
    await accept(world.ledger, "AB-3", lane="b")
    await world.work_off()
    await world.pass_time(minutes=1)
    assert await world.states() == ["delivered"] * 3


async def test_retry_after_is_kept_to_by_all_documents(world: Receiving) -> None:
    world.server.manners = says(429, retry_after="600")
    await accept(world.ledger, "AB-1", lane="a")
    await world.work_off()
    await accept(world.ledger, "AB-2", lane="b")
    await world.pass_time(minutes=9)
    await world.work_off()
    assert len(world.server.heard) == 1
    world.server.manners = says(200)
    await world.pass_time(minutes=2)
    await world.work_off()
    assert len(world.server.heard) == 3
    assert await world.states() == ["delivered"] * 2
    assert await parked(world) == []


async def test_410_disables_it_at_once_and_what_comes_lies_ready(world: Receiving) -> None:
    world.server.manners = says(410)
    await accept(world.ledger, "AB-1", "AB-2")
    await world.work_off()
    await accept(world.ledger, "AB-3", lane="b")
    await world.work_off()
    assert len(world.server.heard) == 1
    assert await world.states() == ["offered"] * 3
    (told,) = await events(world, "delivery.webhook.disabled")
    assert (told["partner"], told["actor"]) == ("nordlicht", "gateway")
    assert told["reason"] == "it answered 410 Gone: it wants no more webhooks"
    await world.look_after()
    await world.pass_time(days=9)
    await world.look_after()
    assert len(world.server.heard) == 1, "disabled until an operator enables it"


async def test_what_lay_ready_leaves_in_order_once_enabled(world: Receiving) -> None:
    world.server.manners = says(410)
    await accept(world.ledger, "AB-1", "AB-2", "AB-3")
    await world.work_off()
    world.server.manners = says(200)
    url = a_webhook(world.server.port).url
    assert await world.ledger.webhooks.enable("nordlicht", url, world.at, actor="operator ann", reason="it is back")
    assert not await world.ledger.webhooks.enable("nordlicht", url, world.at, actor="operator ann", reason="twice")
    await accept(world.ledger, "AB-4")
    await world.work_off()
    assert await world.states() == ["offered"] * 4, "the later one does not overtake"
    for _ in range(4):
        await world.look_after()
    numbers = [json.loads(one.body)["data"]["number"] for one in world.server.heard]
    assert numbers == ["AB-1", "AB-1", "AB-2", "AB-3", "AB-4"]
    assert world.ids[0] == world.ids[1]
    assert await world.states() == ["delivered"] * 4
    assert (await world.ledger.balance()).imbalance == 0
    (told,) = await events(world, "operator.webhook.enabled")
    assert (told["actor"], told["reason"]) == ("operator ann", "it is back")


async def test_another_address_in_the_profile_is_not_disabled(world: Receiving) -> None:
    world.server.manners = says(410)
    await accept(world.ledger, "AB-1")
    await world.work_off()
    async with partner_server(says(200), tls=SERVER) as moved:
        world.let(told_by_webhook(a_webhook(moved.port)))
        await world.look_after()
        assert [one.headers["webhook-id"] for one in moved.heard] == world.ids
    assert await world.states() == ["delivered"]


async def test_a_partner_down_for_a_day_loses_nothing_and_is_not_disabled(world: Receiving) -> None:
    port, refused = world.server.port, 1
    world.let(told_by_webhook(a_webhook(refused)))
    for number in range(12):
        await accept(world.ledger, f"AB-{number}", lane=str(number % 3), retries="1")
        await world.work_off()
        await world.pass_time(hours=2)
    assert await parked(world) == []
    (down,) = await world.ledger.webhooks.endpoints()
    assert down.failing_since is not None
    assert down.disabled_at is None
    await world.ledger._pool.execute("delete from webhooks")
    world.let(told_by_webhook(a_webhook(port)))
    await world.work_off()
    assert sorted(await world.states()) == ["delivered"] * 12
    assert len(set(world.ids)) == 12
    by_lane: dict[int, list[int]] = {0: [], 1: [], 2: []}
    for one in world.server.heard:
        number = int(json.loads(one.body)["data"]["number"].removeprefix("AB-"))
        by_lane[number % 3].append(number)
    assert all(numbers == sorted(numbers) for numbers in by_lane.values())


async def test_five_days_of_nothing_but_failures_disable_it_with_a_notice(world: Receiving) -> None:
    world.server.manners = says(503)
    await accept(world.ledger, "AB-1", retries="1")
    since = world.at
    for _ in range(11):
        await world.work_off()
        await world.pass_time(hours=12)
    assert await world.states() == ["offered"]
    assert len(world.server.heard) == 11
    assert world.at - since >= timedelta(days=5)
    (told,) = await events(world, "delivery.webhook.disabled")
    assert told["reason"].endswith("the last call: it answered 503 Service Unavailable")
    assert told["reason"].startswith("nothing got through since ")


async def test_one_success_begins_the_five_days_anew(world: Receiving) -> None:
    for manners in (says(503), says(200), says(503)):
        world.server.manners = manners
        await accept(world.ledger, f"AB-{id(manners)}", lane=str(id(manners)), retries="1")
        for _ in range(7):
            await world.work_off()
            await world.pass_time(hours=12)
    assert await events(world, "delivery.webhook") == []


async def test_failures_with_days_of_silence_between_them_do_not_add_up(world: Receiving) -> None:
    world.server.manners = says(503)
    await accept(world.ledger, "AB-1", retries="1")
    for _ in range(4):
        await world.work_off()
        await world.pass_time(days=3)
    assert await events(world, "delivery.webhook") == []


async def test_an_address_of_our_networks_is_not_called(world: Receiving) -> None:
    """The guard is tried in full with the client (egress); here, that this carrier goes through it."""

    async def inside(_host: str, _port: int) -> list[str]:
        return ["10.1.2.3"]

    world.hook._egress = Egress((), authorities=SERVER.certificate, resolve=inside)
    world.let(told_by_webhook(a_webhook(world.server.port, host="hooks.nordlicht.example")))
    await accept(world.ledger, "AB-1", retries="")
    await world.work_off()
    (parcel,) = await world.parcels.search()
    assert parcel.last_error == (
        "hooks.nordlicht.example is at 10.1.2.3 (private), which GATEWAY_EGRESS_NETWORKS does not list"
    )
    assert world.server.connections == 0


async def test_a_name_that_turns_inwards_after_the_check_is_not_followed(world: Receiving) -> None:
    asked: list[str] = []

    async def flips(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

    listed = world.hook._egress.guard._listed
    world.hook._egress = egress = Egress(listed, authorities=SERVER.certificate, resolve=flips)
    world.let(told_by_webhook(a_webhook(world.server.port, host="hooks.nordlicht.example")))
    await accept(world.ledger, "AB-1", "AB-2", retries="")
    await world.work_off()
    assert await world.states() == ["delivered"] * 2
    assert asked == ["hooks.nordlicht.example"], "the checked connection is kept, the name not asked again"
    await egress.close()
    await accept(world.ledger, "AB-3", retries="")
    await world.work_off()
    (last, *_) = await world.parcels.search()
    assert last.last_error is not None
    assert "metadata" in last.last_error
    assert len(world.server.heard) == 2


async def test_a_certificate_of_nobody_we_believe_is_refused_before_anything_is_sent(world: Receiving) -> None:
    async with partner_server(says(200), tls=identity("stranger.example")) as stranger:
        world.let(told_by_webhook(a_webhook(stranger.port)))
        await accept(world.ledger, "AB-1", retries="")
        await world.work_off()
        assert stranger.heard == []
    (parcel,) = await world.parcels.search()
    assert parcel.last_error is not None
    assert "certificate" in parcel.last_error


async def test_a_pinned_certificate_is_believed_and_no_other(world: Receiving, tmp_path) -> None:
    def pinned(der: bytes, until: datetime | None = None) -> None:
        entry = Certificate(use=("tls-server",), file="server.pem")
        line = dated(entry, x509.load_der_x509_certificate(der))
        if until is not None:
            line = msgspec.structs.replace(line, ends=until)
        partner = told_by_webhook(a_webhook(stranger.port))
        world.directory = Directory((partner,), (), "sha256:0", timelines={"nordlicht": TimeLine([line])})

    mine = identity("stranger.example")
    async with partner_server(says(200), tls=mine) as stranger:
        pinned(SERVER.der)
        await accept(world.ledger, "AB-1", retries="")
        await world.work_off()
        pinned(mine.der, until=world.at)
        await world.pass_time(minutes=1)
        await world.work_off()
        assert stranger.heard == []
        (parcel,) = await world.parcels.search()
        assert parcel.last_error == "none of the pinned `tls-server` certificates is in its time"
        pinned(mine.der)
        await world.pass_time(minutes=1)
        await world.work_off()
        assert len(stranger.heard) == 1


async def test_a_profile_that_lost_its_webhook_lets_documents_wait(world: Receiving) -> None:
    world.let(a_partner(an_agreement(channel="webhook", format="json", association="")))
    await accept(world.ledger, "AB-1", retries="")
    await world.work_off()
    (parcel,) = await world.parcels.search()
    assert parcel.last_error == "the profile of `nordlicht` has no `webhook`"
    assert await parked(world) == []


async def test_a_resend_has_the_same_id_and_bytes(world: Receiving) -> None:
    await accept(world.ledger, "AB-1")
    await world.work_off()
    (parcel,) = await world.parcels.search()
    assert await world.parcels.resend(parcel.id, actor="operator ann", reason="they lost it") == "due"
    await world.look_after()
    first, second = world.server.heard
    assert (first.body, first.headers["webhook-id"]) == (second.body, second.headers["webhook-id"])
    assert await world.states() == ["delivered"]


async def test_what_is_carried_by_itself_and_cannot_be_taken_ends_too(world: Receiving) -> None:
    await accept(world.ledger, "AB-1")
    await world.work_off()
    (parcel,) = await world.parcels.search()
    world.server.manners = says(422)
    await world.parcels.resend(parcel.id, actor="operator ann", reason="again")
    for _ in range(25):
        await world.forwarding.look()
        await world.pass_time(minutes=1)
    assert await world.states() == ["refused"]
    assert len(world.server.heard) < 25


def test_the_carrier_is_the_one_profiles_name() -> None:
    assert WebhookCarrier.name == "webhook"
