"""The ERP confirms an order: canonical JSON in, EDIFACT in the partner's outbox, fetched, acknowledged."""

from base64 import b64decode
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.leaving import SAMPLES, an_answer
from support.ledgering import lease_all
from support.serving import Served, serving

from gateway.breaker import Breaker
from gateway.delivery import deliver
from gateway.destinations.owned import OwnedDestination
from gateway.destinations.partner.composing import Composer
from gateway.destinations.partner.destination import PartnerDestination
from gateway.destinations.partner.outbox import OutboxCarrier
from gateway.ledger.ledger import Ledger
from partners.live import LiveDirectory
from translators.identify import identify
from translators.reading import Limits, read
from translators.writing import write

AGREED = """\
edifact:
  theirs: [{id: "4012345000009", qualifier: "14"}]
  ours: {id: "4260001230004", qualifier: "14"}
agreements:
- name: answers
  document: order_response
  direction: out
  channel: outbox
  format: edifact:ORDRSP:D.96A
  association: EAN005
"""


@pytest.fixture
async def served(ledger: Ledger, tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(ledger, tmp_path) as api:
        profile = tmp_path / "partners" / "profiles" / "nordlicht.yaml"
        if "agreements:" not in profile.read_text():
            profile.write_text(profile.read_text() + AGREED)
        api.intake._partners.reload()  # type: ignore[attr-defined]
        yield api


async def _work_off(served: Served, partner: str = "nordlicht") -> None:
    """What the worker does."""
    directory: LiveDirectory = served.intake._partners  # type: ignore[assignment]
    masking, key = (lambda: served.policies.current.masking), served.ledger.masking_key
    destination = OwnedDestination(
        PartnerDestination(
            partner, lambda: directory.current, served.ledger.parcels, Composer(Path("/nowhere"), masking, key),
            {"outbox": OutboxCarrier()},
        ),
        lambda: served.policies.current.ownership,
    )  # fmt: skip
    for lease in await lease_all(served.ledger, destination.name):
        while await deliver(served.ledger, destination, Breaker(), lease):
            pass


def _nordlicht(served: Served) -> dict[str, str]:
    return served.partner("nordlicht-edi", "outbox.fetch")


async def _send(served: Served, number: str = "AB-1", **given: Any) -> Any:
    return await served.post("/v1/documents", an_answer(number, **given), served.corporate())


async def _fetch(served: Served, **asked: str) -> list[dict[str, Any]]:
    answer = await served.client.get("/v1/outbox", params=asked, headers=_nordlicht(served))
    assert answer.status_code == 200, answer.text
    parcels: list[dict[str, Any]] = answer.json()["parcels"]
    return parcels


async def test_an_answer_of_the_erp_reaches_the_partner_as_an_interchange(served: Served) -> None:
    answer = await _send(served)
    assert answer.status_code == 202, answer.text
    await _work_off(served)
    (parcel,) = await _fetch(served)
    assert (parcel["control_number"], parcel["media_type"]) == ("000000001", "application/edifact")
    assert (parcel["document_types"], parcel["fetched"], parcel["test"]) == (["order_response"], 1, False)
    content = b64decode(parcel["content"])
    found = read(content, identify(content, "application/edifact"), Limits()).documents
    assert [(one.type, one.number) for one in found] == [("order_response", "AB-1")]

    assert await _fetch(served) == [], "it is hidden while its lease lasts"
    file = await served.client.get(f"/v1/outbox/{parcel['id']}", headers=_nordlicht(served))
    assert (file.content, file.headers["content-type"]) == (content, "application/edifact")
    assert file.headers["content-disposition"] == 'attachment; filename="order-response-000000001.edi"'

    word = {"verdict": "accepted", "reference": "their 17"}
    address = f"/v1/outbox/{parcel['id']}/acknowledgement"
    said = [await served.post(address, word, _nordlicht(served)) for _ in range(2)]
    assert [one.json()["repeated"] for one in said] == [False, True]
    other = await served.post(address, {"verdict": "rejected", "text": "no"}, _nordlicht(served))
    assert (other.status_code, other.json()["code"]) == (409, "delivery.contradicted")

    status = (await served.client.get(answer.json()["status"], headers=served.corporate())).json()
    assert [(one["destination"], one["state"]) for one in status["deliveries"]] == [("partner:nordlicht", "delivered")]
    assert (await served.ledger.balance()).imbalance == 0


async def test_the_erp_may_write_edifact_itself(served: Served) -> None:
    content = (SAMPLES / "order-response-d96a.in.edi").read_bytes()
    answer = await served.post("/v1/documents", content, served.corporate(), media="application/edifact")
    assert answer.status_code == 202, answer.text
    await _work_off(served)
    (parcel,) = await _fetch(served)
    assert b"ORDRSP:D:96A" in b64decode(parcel["content"])


async def test_what_the_erp_writes_in_ubl_is_taken_for_the_partner_it_names(served: Served) -> None:
    line = {"number": "1", "status": "accepted", "quantity": {"value": "5", "unit": "C62"}}
    plain = write(an_answer("AB-1", lines=[line], totals=None, notes=[], references=[], ext=None), "ubl")
    answer = await served.post("/v1/documents", plain, served.corporate(), media="application/xml")
    assert answer.status_code == 202, answer.text
    status = (await served.client.get(answer.json()["status"], headers=served.corporate())).json()
    assert [one["destination"] for one in status["deliveries"]] == ["partner:nordlicht"]


async def test_what_is_not_acknowledged_is_offered_again_with_the_same_bytes(served: Served) -> None:
    await _send(served)
    await _work_off(served)
    (first,) = await _fetch(served, lease="1")
    (second,) = await _fetch(served, wait="10")
    assert (first["id"], first["content"], second["fetched"]) == (second["id"], second["content"], 2)


async def test_a_rejection_parks_the_document_for_a_person(served: Served) -> None:
    await _send(served)
    await _work_off(served)
    (parcel,) = await _fetch(served)
    word = {"verdict": "rejected", "text": "order PO-4711 is unknown here"}
    await served.post(f"/v1/outbox/{parcel['id']}/acknowledgement", word, _nordlicht(served))
    (parked,) = await served.ledger.parked()
    assert (parked.cause, parked.last_error) == ("partner.refused", "order PO-4711 is unknown here")


async def test_nobody_sees_or_acknowledges_the_parcels_of_another(served: Served) -> None:
    await _send(served)
    await _work_off(served)
    (parcel,) = await _fetch(served)
    aurora = served.partner("aurora-orders", "outbox.fetch")
    assert (await served.client.get("/v1/outbox", headers=aurora)).json() == {"parcels": []}
    for answer in (
        await served.client.get(f"/v1/outbox/{parcel['id']}", headers=aurora),
        await served.post(f"/v1/outbox/{parcel['id']}/acknowledgement", {"verdict": "accepted"}, aurora),
        await served.client.get("/v1/outbox/not-an-id", headers=aurora),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "delivery.not_found")


async def test_fetching_takes_a_role_of_its_own_and_a_partners_token(served: Served) -> None:
    without = await served.client.get("/v1/outbox", headers=served.partner("nordlicht-edi"))
    assert (without.status_code, without.json()["code"]) == (403, "access.not_granted")
    plant = await served.client.get("/v1/outbox", headers=served.plant())
    assert (plant.status_code, plant.json()["code"]) == (401, "token.wrong_kind")


async def test_an_answer_that_names_no_partner_of_ours_is_refused_with_what_to_do(served: Served) -> None:
    stranger = {"name": "Fremd AG", "identifiers": [{"scheme": "vat", "value": "DE999999999"}]}
    answer = await _send(served, buyer=stranger, ship_to=stranger)
    assert (answer.status_code, answer.json()["code"]) == (422, "routing.no_route")
    assert answer.json()["detail"] == "no partner of ours is the one this order_response is for"


def _change(served: Served, old: str, new: str) -> None:
    directory: LiveDirectory = served.intake._partners
    profile = directory.folder / "profiles" / "nordlicht.yaml"
    text = profile.read_text()
    assert old in text
    profile.write_text(text.replace(old, new))
    assert directory.reload(), directory.problems


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("- name: answers\n", "- name: answers\n  until: 2026-01-01\n",
         "agreement `answers` with `nordlicht` for sending `order_response` ended at 2026-01-01"),
        ("- name: answers\n", "- name: answers\n  from: 2099-01-01\n",
         "agreement `answers` with `nordlicht` for sending `order_response` begins at 2099-01-01"),
        ("- name: answers\n", "- name: answers\n  test: true\n",
         "what is agreed with `nordlicht` for sending `order_response` is for tests alone"),
        (AGREED[AGREED.index("agreements:"):], "", "nothing is agreed with `nordlicht` for sending `order_response`"),
    ],
)  # fmt: skip
async def test_what_no_agreement_carries_is_refused_and_says_who_must_act(
    served: Served, old: str, new: str, why: str
) -> None:
    _change(served, old, new)
    answer = await _send(served)
    assert (answer.status_code, answer.json()["code"]) == (422, "routing.no_agreement")
    assert answer.json()["detail"] == why
    assert answer.json()["act"] == (
        "ask our EDI team to complete the agreements in the profile of `nordlicht`, then send it again"
    )
    assert await served.ledger._pool.fetchval("select count(*) from deliveries") == 0
    _change(served, new or "contacts:", old if new else AGREED[AGREED.index("agreements:") :] + "contacts:")
    assert (await _send(served)).status_code == 202, "it is taken when the profile is complete"


async def test_what_is_for_a_suspended_partner_is_taken_waits_and_leaves_when_it_is_back(served: Served) -> None:
    _change(served, "state: active", "state: suspended")
    for number in ("AB-1", "AB-2"):
        assert (await _send(served, number)).status_code == 202
    await _work_off(served)
    assert (await served.client.get("/v1/outbox", headers=_nordlicht(served))).json()["code"] == "sender.suspended"
    _change(served, "state: suspended", "state: active")
    await served.ledger._pool.execute("update exceptions set due_at = now() where due_at > now()")
    await _work_off(served)
    found = await _fetch(served)
    assert [one["control_number"] for one in found] == ["000000001", "000000002"]
    assert (await served.ledger.balance()).imbalance == 0


async def test_what_lay_ready_before_a_suspension_is_fetched_after_it(served: Served) -> None:
    await _send(served)
    await _work_off(served)
    _change(served, "state: active", "state: suspended")
    await _work_off(served)
    _change(served, "state: suspended", "state: active")
    assert len(await _fetch(served)) == 1


async def test_an_agreement_that_ends_while_a_document_waits_parks_it(served: Served) -> None:
    await _send(served)
    _change(served, "- name: answers\n", "- name: answers\n  until: 2026-01-01\n")
    await _work_off(served)
    (parked,) = await served.ledger.parked()
    assert parked.cause == "partner.no_agreement"
    assert "ended at 2026-01-01" in (parked.last_error or "")


async def test_a_partner_cannot_send_answers_to_others(served: Served) -> None:
    answer = await served.post("/v1/documents", an_answer("AB-1"), served.supplier())
    assert (answer.status_code, answer.json()["code"]) == (403, "access.not_granted")


async def test_what_the_rules_hide_from_partners_does_not_leave(served: Served, tmp_path: Path) -> None:
    rules = tmp_path / "rules" / "masking.yaml"
    rules.write_text(
        rules.read_text() + "\n- {name: notes-from-partners, why: they are for our own people, mode: enforce, "
        "viewers: [partner], partners: [nordlicht], documents: [order_response], "
        "fields: [{path: /notes, how: remove}]}\n"
    )
    assert served.policies.reload()
    await _send(served)
    await _work_off(served)
    (parcel,) = await _fetch(served)
    assert b"FTX+GEN" not in b64decode(parcel["content"])
    assert msgspec.json.decode(an_answer("AB-1"))["notes"]
