"""The operator's self-test, way by way: what passes, and for each failure the sentence and who must act."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace
from support.mailboxes import a_key, sftp_world
from support.partner_server import identity, partner_server, says
from support.sftp_ground import stand_in

from gateway.channels.webhooks.signing import new_secret
from gateway.cli.demo.as2_partner import As2Partner
from gateway.cli.demo.partner_files import PartnerFiles
from gateway.ledger.ledger import Ledger
from gateway.probing.partner import self_test
from gateway.probing.steps import Failed, NotTried, Step, one_after_the_other
from gateway.settings import Settings
from partners.directory import load
from translators.identify import identify
from translators.reading import Limits, read

Edit = Callable[[str, str, str], None]
HOOK = identity("hooks.nordlicht.example")


async def steps(settings: Settings, partner: str, *, send: bool = False) -> list[Step]:
    directory = load(settings.partners)
    return [one async for one in self_test(settings, directory, directory.partners[partner], send=send)]


def of(found: list[Step], way: str) -> list[tuple[str, str, str | None]]:
    """(step, verdict, who must act) of one way."""
    return [(one.step, one.verdict, one.acts) for one in found if one.way == way]


def text(found: list[Step], way: str, step: str) -> str:
    return next(one.text for one in found if (one.way, one.step) == (way, step))


# ---- steps ---------------------------------------------------------------------------------------------------------


async def test_what_stands_behind_a_failure_is_not_reached() -> None:
    async def passes() -> str:
        return "well"

    async def fails() -> str:
        raise Failed("partner", "they are away")

    async def is_left_out() -> str:
        raise NotTried("nothing is agreed")

    found = await one_after_the_other("way", [("a", passes), ("b", is_left_out), ("c", fails), ("d", passes)])
    assert [(one.verdict, one.text, one.acts) for one in found] == [
        ("passed", "well", None), ("not_tried", "nothing is agreed", None), ("failed", "they are away", "partner"),
        ("not_reached", "a step before it failed", None),
    ]  # fmt: skip
    assert all(one.seconds >= 0 for one in found)


# ---- AS2 -----------------------------------------------------------------------------------------------------------

TO_THEM = "as2 to them"


async def test_an_as2_partner_passes_and_is_sent_nothing_unasked(settings: Settings, werra: As2Partner) -> None:
    found = await steps(settings, "werra")
    assert of(found, TO_THEM) == [
        ("signature", "passed", None), ("connection", "passed", None), ("receipt", "not_tried", None),
    ]  # fmt: skip
    assert text(found, TO_THEM, "receipt") == (
        "with --send a test document is sent, and its receipt is held against it"
    )
    assert werra.received == []


async def test_with_send_the_partner_gets_a_test_document_and_its_receipt_counts(
    settings: Settings, werra: As2Partner
) -> None:
    found = await steps(settings, "werra", send=True)
    assert text(found, TO_THEM, "receipt") == (
        "a test document was sent; their receipt is signed and for just its content: processed"
    )
    (received,) = werra.received
    document, *_ = read(received.content, identify(received.content, None), Limits()).documents
    assert (document.type, document.test) == ("order_response", True)
    assert b"+T" in received.content.split(b"'")[0], "a reference that no real one has"


async def test_nobody_at_their_address_is_theirs_to_mend(settings: Settings, files: PartnerFiles) -> None:
    files.write("http://127.0.0.1:1/as2")
    found = await steps(settings, "werra", send=True)
    assert of(found, TO_THEM) == [
        ("signature", "passed", None), ("connection", "failed", "partner"), ("receipt", "not_reached", None),
    ]  # fmt: skip
    assert text(found, TO_THEM, "connection").startswith("127.0.0.1: ")


async def test_a_network_that_we_do_not_list_is_ours_to_mend(settings: Settings, werra: As2Partner) -> None:
    found = await steps(replace(settings, environment="production"), "werra")
    assert of(found, TO_THEM)[1] == ("connection", "failed", "us")
    assert text(found, TO_THEM, "connection") == (
        "127.0.0.1 is at 127.0.0.1 (loopback), which GATEWAY_EGRESS_NETWORKS does not list"
    )


async def test_a_key_of_ours_that_is_not_there_is_ours_to_mend(settings: Settings, werra: As2Partner) -> None:
    (settings.partner_keys / "bergmann.key").unlink()
    found = await steps(settings, "werra", send=True)
    assert of(found, TO_THEM)[0] == ("signature", "failed", "us")
    assert text(found, TO_THEM, "signature") == (
        f"our keys can be read: {settings.partner_keys}/bergmann.key: cannot be read: no such file or directory"
    )


async def test_a_receipt_that_another_signed_does_not_count(
    settings: Settings, files: PartnerFiles, tmp_path: Path
) -> None:
    files.write("http://127.0.0.1:1/as2")
    others = PartnerFiles(tmp_path / "other" / "partners", files.ours, tmp_path / "other" / "theirs")
    others.write("http://127.0.0.1:1/as2")
    stranger = replace(files.werra()(), signer=others.werra()().signer)
    with As2Partner(lambda: stranger, ("127.0.0.1", 0)) as partner:
        files.write(partner.url)
        found = await steps(settings, "werra", send=True)
    assert of(found, TO_THEM)[2] == ("receipt", "failed", "partner")
    assert text(found, TO_THEM, "receipt").startswith("their answer is no receipt: ")


async def test_a_server_that_answers_with_an_error_is_theirs_to_mend(settings: Settings, edit: Edit) -> None:
    async with partner_server(says(500)) as server:
        edit("werra", "http://127.0.0.1:1/as2", f"http://127.0.0.1:{server.port}/as2")
        found = await steps(settings, "werra", send=True)
    assert text(found, TO_THEM, "receipt") == "their server answers HTTP 500"
    assert of(found, TO_THEM)[2] == ("receipt", "failed", "partner")


async def test_what_cannot_say_that_it_is_a_test_is_not_sent(settings: Settings, werra: As2Partner, edit: Edit) -> None:
    edit("werra", "format: edifact:ORDRSP:D.96A", "format: ubl")
    found = await steps(settings, "werra", send=True)
    assert text(found, TO_THEM, "receipt") == (
        "nothing is agreed to be sent over AS2 in a format that can say it is a test"
    )
    assert werra.received == []


# ---- SFTP ----------------------------------------------------------------------------------------------------------


async def test_our_sftp_server_is_found_with_the_key_that_the_kit_shows(
    settings: Settings, ledger: Ledger, tmp_path: Path
) -> None:
    settings.sftp_host_keys.mkdir()
    key = settings.sftp_host_keys / "ssh_host_ed25519_key.pub"
    (tmp_path / "world").mkdir()
    async with sftp_world(ledger, tmp_path / "world") as world:
        settings = replace(settings, sftp_address=f"127.0.0.1:{world.server.port}")
        key.write_text(a_key("host").export_public_key().decode())
        found = await steps(settings, "tannhaus")
        assert of(found, "sftp mailbox") == [("connection", "passed", None), ("signature", "passed", None)]
        key.write_text(a_key("another").export_public_key().decode())
        found = await steps(settings, "tannhaus")
    assert of(found, "sftp mailbox")[0] == ("connection", "failed", "us")
    assert text(found, "sftp mailbox", "connection") == (
        f"127.0.0.1: who answers on port {settings.sftp_public[1]} shows another host key than ours"
    )
    found = await steps(settings, "tannhaus")
    assert text(found, "sftp mailbox", "connection").startswith("127.0.0.1: nothing of SSH answers on port ")


@pytest.mark.parametrize(
    ("changed", "verdict", "acts", "told"),
    [
        ({}, "passed", None, "127.0.0.1 port {port} shows the pinned key, lets `bergmann` in and has `/incoming`"),
        ({"push": "/nowhere"}, "failed", "partner", "127.0.0.1: `bergmann` is let in and sees no folder `/nowhere`"),
        ({"user": "nobody"}, "failed", "partner", "127.0.0.1: it does not let `nobody` in"),
        ({"key": "none.key"}, "failed", "us",
         "127.0.0.1: our `none.key` cannot be used: no such file or directory"),
        ({"host_keys": [a_key("another").export_public_key().decode().strip()]}, "failed", "partner",
         "127.0.0.1: it shows another host key than the profile names"),
    ],
)  # fmt: skip
async def test_their_sftp_server(
    settings: Settings, edit: Edit, tmp_path: Path, changed: dict[str, object], verdict: str, acts: str, told: str
) -> None:
    (tmp_path / "ground").mkdir()
    async with stand_in(tmp_path / "ground") as ground:
        server = {"host": "127.0.0.1", "port": ground.port, "user": ground.user, "key": "partner.key",
                  "push": ground.push, "host_keys": [ground.host_key], **changed}  # fmt: skip
        edit("tannhaus", "sftp:\n", f"sftp:\n  server: {json.dumps(server)}\n")
        found = await steps(replace(settings, partner_keys=ground.keys), "tannhaus")
        assert of(found, "sftp to them") == [("connection", verdict, acts)]
        assert text(found, "sftp to them", "connection") == told.format(port=ground.port)


# ---- HTTPS and webhooks --------------------------------------------------------------------------------------------


async def test_our_address_and_the_issuers_keys(settings: Settings) -> None:
    async with partner_server(says(200, b'{"keys": [{}]}')) as server:
        ours = f"http://127.0.0.1:{server.port}"
        settings = replace(settings, public_url=ours, partner_issuers=(f"{ours}/realms/partners",))
        found = await steps(settings, "aurora")
        assert of(found, "http") == [("connection", "passed", None), ("token", "passed", None)]
        assert [one.path for one in server.heard] == [
            "/health/live", "/realms/partners/protocol/openid-connect/certs",
        ]  # fmt: skip
        server.manners = says(200, b"[]")
        found = await steps(settings, "aurora")
        assert of(found, "http")[1] == ("token", "failed", "us")
        server.manners = says(302, location=f"{ours}/elsewhere")
        found = await steps(settings, "aurora")
        assert text(found, "http", "connection") == f"{ours}/health/live answers HTTP 302"
        server.manners = says(503)
        found = await steps(settings, "aurora")
    assert of(found, "http") == [("connection", "failed", "us"), ("token", "not_reached", None)]
    assert text(found, "http", "connection") == f"{ours}/health/live answers HTTP 503"


async def test_a_webhook_is_signed_reached_and_with_send_called(settings: Settings, edit: Edit) -> None:
    (settings.partner_keys / "hook").write_text(new_secret(asymmetric=False))
    async with partner_server(says(202), tls=HOOK) as server:
        webhook = f"webhook: {{url: 'https://localhost:{server.port}/in', secrets: [hook]}}\n"
        edit("aurora", "plan: standard\n", f"plan: standard\n{webhook}")
        settings = replace(settings, egress_authorities=HOOK.certificate)
        found = await steps(settings, "aurora")
        assert of(found, "webhook") == [
            ("signature", "passed", None), ("connection", "passed", None), ("receipt", "not_tried", None),
        ]  # fmt: skip
        assert server.heard == []
        found = await steps(settings, "aurora", send=True)
        assert of(found, "webhook")[2] == ("receipt", "passed", None)
        assert json.loads(server.heard[0].body)["type"] == "gateway.test"
        server.manners = says(500)
        found = await steps(settings, "aurora", send=True)
        assert of(found, "webhook")[2] == ("receipt", "failed", "partner")
        found = await steps(replace(settings, egress_authorities=None), "aurora")
        assert of(found, "webhook")[1] == ("connection", "failed", "partner")
        (settings.partner_keys / "hook").unlink()
        found = await steps(settings, "aurora")
    assert of(found, "webhook")[0] == ("signature", "failed", "us")


# ---- documents -----------------------------------------------------------------------------------------------------

DOCUMENT = ("document", "rules", "route", "acknowledgement")


async def test_a_sample_of_each_agreement_meets_the_rules(settings: Settings) -> None:
    found = await steps(settings, "werra")
    assert [one[:2] for one in of(found, "as2 `orders`")] == [(one, "passed") for one in DOCUMENT]
    assert text(found, "as2 `orders`", "acknowledgement") == "we would owe you CONTRL, ORDER_RESPONSE"


async def test_an_agreement_that_no_rule_grants_is_ours_to_mend(settings: Settings, edit: Edit) -> None:
    edit("werra", "- name: answers", "- {name: bills, document: invoice, direction: in, channel: as2}\n- name: answers")
    found = await steps(settings, "werra")
    assert of(found, "as2 `bills`")[1] == ("rules", "failed", "us")
    assert text(found, "as2 `bills`", "rules").startswith("access.not_granted: ")
    assert [one[1] for one in of(found, "as2 `bills`")[2:]] == ["not_reached"] * 2


async def test_an_acknowledgement_that_nothing_would_bring_is_ours_to_mend(settings: Settings, edit: Edit) -> None:
    edit("werra", "  format: edifact:ORDERS:D.96A\n", "")
    found = await steps(settings, "werra")
    assert of(found, "as2 `orders`")[3] == ("acknowledgement", "failed", "us")
    assert text(found, "as2 `orders`", "acknowledgement") == (
        "CONTRL is agreed, and nothing would be answered to a `json`"
    )


async def test_who_is_granted_nothing_is_told(settings: Settings, edit: Edit) -> None:
    edit("aurora", "roles: [orders.send, messages.read]", "roles: [messages.read]")
    found = await steps(settings, "aurora")
    assert found[-1].text == (
        "no document passes by what its roles grant; agree on one, or give its clients a role that may send"
    )
    assert (found[-1].verdict, found[-1].acts) == ("failed", "us")


async def test_a_suspended_partner_fails_at_the_door(settings: Settings, edit: Edit) -> None:
    edit("werra", "state: active", "state: suspended")
    (step,) = [one for one in await steps(settings, "werra") if one.way == "as2 `orders`"]
    assert (step.step, step.verdict, step.acts) == ("admission", "failed", "us")
    assert step.text.startswith("sender.suspended: `werra` is suspended")
