"""What a partner sends, held against its profile: the names on it, the agreement it came by, tests and production."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from support.answers import AURORA, ORDERS, Outbox, agree, submitted
from support.as2_serving import as2_world
from support.mailboxes import sftp_world
from support.serving import Served, an_order, serving

from gateway.ledger.ledger import Ledger
from gateway.statements import Admission
from gateway.submissions import Credential, Receipt, Rejection, Submission
from translators.edifact.answers import ControlAnswer
from translators.examples import example

CONTRL = {"kind": "contrl"}
APERAK = {"kind": "aperak", "when": "on-error"}
THEIRS, OURS = b"4012345000009:14", b"4260001230004:14"


@pytest.fixture
async def served(ledger: Ledger, tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(ledger, tmp_path) as api:
        yield api


@pytest.fixture
def outbox(served: Served) -> Outbox:
    return Outbox(served)


async def send(served: Served, content: bytes | Submission, credential: Credential = AURORA) -> Receipt | Rejection:
    admission = await served.intake.admit(credential, "v1")
    assert isinstance(admission, Admission), admission
    submission = content if isinstance(content, Submission) else submitted(content)
    return await served.intake.accept(submission, admission)


async def refused(served: Served, content: bytes) -> Rejection:
    outcome = await send(served, content)
    assert isinstance(outcome, Rejection), outcome
    return outcome


def say(served: Served, folder: Path, partner: str = "aurora", **fields: Any) -> None:
    """Adds it to a profile and has it read."""
    file = folder / "partners" / "profiles" / f"{partner}.yaml"
    said = "".join(f"{name}: {msgspec.json.encode(value).decode()}\n" for name, value in fields.items())
    file.write_text(f"{file.read_text().rstrip()}\n{said}")
    assert served.intake._partners.reload(), served.intake._partners.problems


def json_order(**given: Any) -> Submission:
    return Submission(content=msgspec.json.encode(an_order(**given)), media_type="application/json")


def errors_of(control: ControlAnswer) -> list[tuple[str, str, str | None, int | None]]:
    return [(control.action, one.code, one.segment, one.element) for one in control.errors]


async def test_an_interchange_in_anothers_name_is_refused_and_its_real_sender_told(
    served: Served, outbox: Outbox, tmp_path: Path
) -> None:
    agree(served, tmp_path, CONTRL, APERAK)
    rejection = await refused(served, ORDERS.replace(THEIRS, b"8012345000005:14", 1))
    assert rejection.code == "interchange.sender"
    assert rejection.text == "the UNB names `8012345000005:14` as its sender, and you are `4012345000009:14`"
    answers = await outbox.answers()
    (control,) = answers.controls
    assert errors_of(control) == [("4", "23", "UNB", 2)]
    assert answers.applications == ()
    assert control.header is not None
    assert (control.header.sender, control.header.recipient) == ("4260001230004", "4012345000009")
    assert (control.sender, control.recipient) == ("8012345000005", "4260001230004")  # as they came
    assert rejection.message_id is not None
    history = await served.ledger.history(UUID(rejection.message_id))
    assert history is not None
    assert history.timeline[0]["code"] == "interchange.sender"


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (b"4012345000009", "the UNB names `4012345000009` as its sender, and you are `4012345000009:14`"),
        (b"4012345000009:ZZ", "the UNB names `4012345000009:ZZ` as its sender, and you are `4012345000009:14`"),
    ],
)
async def test_the_qualifier_belongs_to_the_name(served: Served, tmp_path: Path, said: bytes, text: str) -> None:
    agree(served, tmp_path)
    assert (await refused(served, ORDERS.replace(THEIRS, said, 1))).text == text


async def test_what_is_addressed_to_somebody_else_is_not_passed_on(
    served: Served, outbox: Outbox, tmp_path: Path
) -> None:
    agree(served, tmp_path, CONTRL)
    rejection = await refused(served, ORDERS.replace(OURS, b"8012345000005:14", 1))
    assert rejection.code == "interchange.recipient"
    assert rejection.text == "the UNB is addressed to `8012345000005:14`, and we are `4260001230004:14`"
    (control,) = (await outbox.answers()).controls
    assert errors_of(control) == [("4", "7", "UNB", 3)]
    assert control.header is not None
    assert (control.header.sender, control.header.recipient) == ("4260001230004", "4012345000009")


async def test_our_name_towards_another_partner_is_ours_too(served: Served, tmp_path: Path) -> None:
    agree(served, tmp_path)
    ours = {"theirs": [{"id": "MONTE"}], "ours": {"id": "4260001230011", "qualifier": "14"}}
    say(served, tmp_path, "monteverde", edifact=ours)
    assert isinstance(await send(served, ORDERS.replace(OURS, b"4260001230011:14", 1)), Receipt)


async def test_an_internal_name_counts_where_it_is_agreed(served: Served, tmp_path: Path) -> None:
    names = {"theirs": [{"id": "4012345000009", "qualifier": "14", "internal": "EAST"}], "ours": {"id": "X"}}
    names["ours"] = {"id": "4260001230004", "qualifier": "14"}
    say(served, tmp_path, edifact=names)
    assert isinstance(await send(served, ORDERS.replace(THEIRS, THEIRS + b":EAST", 1)), Receipt)
    rejection = await refused(served, ORDERS.replace(b"NL000815", b"NL000816"))
    assert rejection.text == "the UNB names `4012345000009:14` as its sender, and you are `4012345000009:14:EAST`"


async def test_without_names_in_the_profile_only_anothers_are_refused(
    served: Served, outbox: Outbox, tmp_path: Path
) -> None:
    theirs = {"theirs": [{"id": "8012345000005", "qualifier": "14"}], "ours": {"id": "4260001230004"}}
    say(served, tmp_path, "monteverde", edifact=theirs)
    orders = {"name": "orders", "document": "purchase_order", "direction": "in", "channel": "http"}
    say(served, tmp_path, agreements=[{**orders, "acknowledgements": [{"kind": "contrl", "within": "5m"}]}])
    rejection = await refused(served, ORDERS.replace(THEIRS, b"8012345000005:14", 1))
    assert rejection.text == "the UNB names `8012345000005:14` as its sender, which is not you"
    rejection = await refused(served, ORDERS.replace(OURS, b"8012345000005:14", 1))
    assert rejection.text == "the UNB is addressed to `8012345000005:14`, which is another partner"
    assert await outbox.fetch() == []  # between which names could it be answered?
    assert isinstance(await send(served, ORDERS), Receipt)


async def test_every_interchange_of_an_input_is_looked_at(served: Served, outbox: Outbox, tmp_path: Path) -> None:
    agree(served, tmp_path, CONTRL)
    second = ORDERS.removeprefix(b"UNA:+.? '\n").replace(b"NL000815", b"NL000816").replace(b"PO-4711", b"PO-4712")
    assert (await refused(served, ORDERS + second.replace(THEIRS, b"8012345000005:14", 1))).code == "interchange.sender"
    first, other = (await outbox.answers()).controls
    assert [(one.action, one.errors) for one in first.messages] == [("4", [])]
    assert errors_of(other) == [("4", "23", "UNB", 2)]
    assert await served.messages_kept() == 1


@pytest.mark.parametrize(
    ("names", "code", "text"),
    [
        ({"theirs": [{"id": "AURORA"}], "ours": {"id": "4260001230004"}}, "interchange.sender",
         "the ISA names `4012345000009:ZZ` as its sender, and you are `AURORA:ZZ`"),
        ({"theirs": [{"id": "4012345000009"}], "ours": {"id": "BERGMANN", "qualifier": "01"}}, "interchange.recipient",
         "the ISA is addressed to `4260001230004:ZZ`, and we are `BERGMANN:01`"),
    ],
)  # fmt: skip
async def test_the_names_of_an_isa_are_looked_at_too(
    served: Served, outbox: Outbox, tmp_path: Path, repository: Path, names: dict[str, Any], code: str, text: str
) -> None:
    agree(served, tmp_path, {"kind": "997"})
    say(served, tmp_path, x12=names)
    rejection = await refused(served, (repository / "tests" / "samples" / "order-x12.in.x12").read_bytes())
    assert (rejection.code, rejection.text) == (code, text)
    (parcel,) = await outbox.fetch()
    head = parcel.content.decode()
    assert head[35:50].rstrip() == names["ours"]["id"]
    assert head[54:69].rstrip() == names["theirs"][0]["id"]
    assert "AK5*R" in head


CXML = {
    "theirs": [{"domain": "DUNS", "identity": "081234567"}, {"domain": "NetworkId", "identity": "AN01000004711"}],
    "ours": {"domain": "NetworkId", "identity": "AN01000008150"},
}


@pytest.fixture
def cxml_order(served: Served, tmp_path: Path, repository: Path) -> bytes:
    """From `NetworkID AN01000004711` to `NetworkID AN01000008150`, and a shared secret in it. Rules let it in."""
    rules = tmp_path / "rules" / "versions.yaml"
    rules.write_text(f"{rules.read_text()}\n{CXML_RULE}")
    assert served.policies.reload(), served.policies.problems
    order = (repository / "tests" / "samples" / "order-request-cxml.in.xml").read_bytes()
    return order.replace(b' deploymentMode="test"', b"")


CXML_RULE = """
- name: order-cxml
  why: how a procurement network sends orders
  mode: enforce
  document: {format: xml, name: OrderRequest, version: "1.2"}
  state: active
"""


def cxml(content: bytes) -> Submission:
    return Submission(content=content, media_type="application/xml")


async def refused_cxml(served: Served, content: bytes) -> tuple[str, str]:
    outcome = await send(served, cxml(content))
    assert isinstance(outcome, Rejection), outcome
    assert [each.text for each in outcome.findings] == [outcome.text]
    assert "invented" not in repr(outcome)
    return outcome.code, outcome.text


async def test_a_cxml_document_names_those_who_are_agreed(served: Served, tmp_path: Path, cxml_order: bytes) -> None:
    """The case of a domain does not count, and one of several credentials of a company is enough."""
    say(served, tmp_path, cxml=CXML)
    named = cxml_order.replace(
        b"<From>", b'<From><Credential domain="GLN"><Identity>4012345000009</Identity></Credential>'
    )
    assert named != cxml_order
    assert isinstance(await send(served, cxml(named)), Receipt)


async def test_a_cxml_document_from_somebody_else_is_refused(served: Served, tmp_path: Path, cxml_order: bytes) -> None:
    say(served, tmp_path, cxml=CXML)
    other = re.sub(rb"(<From>.*?<Identity>)[^<]*", rb"\g<1>AN01000000001", cxml_order, flags=re.DOTALL)
    assert await refused_cxml(served, other) == (
        "interchange.sender",
        "the cXML header names `NetworkID AN01000000001` and `DUNS 123456787` as its sender, "
        "and you are `DUNS 081234567` or `NetworkId AN01000004711`",
    )
    assert await refused_cxml(served, other.replace(b"AN01000000001", b"an01000004711")) == (
        "interchange.sender",
        "the cXML header names `NetworkID an01000004711` and `DUNS 123456787` as its sender, "
        "and you are `DUNS 081234567` or `NetworkId AN01000004711`",
    )


async def test_a_cxml_document_for_somebody_else_is_refused(served: Served, tmp_path: Path, cxml_order: bytes) -> None:
    say(served, tmp_path, cxml=CXML)
    other = re.sub(rb"(<To>.*?<Identity>)[^<]*", rb"\g<1>AN01000000001", cxml_order, flags=re.DOTALL)
    assert await refused_cxml(served, other) == (
        "interchange.recipient",
        "the cXML header is addressed to `NetworkID AN01000000001`, and we are `NetworkId AN01000008150`",
    )


async def test_a_cxml_document_without_a_payload_id_is_refused_where_names_are_agreed(
    served: Served, tmp_path: Path, cxml_order: bytes
) -> None:
    """Its header counts for nothing then. One without From or To becomes no order at all."""
    say(served, tmp_path, cxml=CXML)
    assert await refused_cxml(served, re.sub(rb' payloadID="[^"]*"', b"", cxml_order)) == (
        "interchange.sender",
        "the cXML document has no payloadID, or no From or To: it cannot be held against the names in your profile",
    )


async def test_without_names_in_the_profile_a_cxml_document_may_name_anybody_but_another_partner(
    served: Served, tmp_path: Path, cxml_order: bytes
) -> None:
    assert isinstance(await send(served, cxml(cxml_order)), Receipt)
    say(served, tmp_path, "nordlicht", cxml=CXML)
    again = cxml_order.replace(b"20261123.0815", b"20261123.0816").replace(b"PO-4711", b"PO-4712")
    assert await refused_cxml(served, again) == (
        "interchange.sender",
        "the cXML header names `NetworkID AN01000004711` and `DUNS 123456787` as its sender, which is not you",
    )


async def test_another_partner_is_not_named_beside_ones_own_name(
    served: Served, tmp_path: Path, cxml_order: bytes
) -> None:
    say(served, tmp_path, cxml=CXML)
    say(served, tmp_path, "nordlicht", cxml={**CXML, "theirs": [{"domain": "duns", "identity": "123456787"}]})
    code, text = await refused_cxml(served, cxml_order)
    assert code == "interchange.sender"
    assert text.startswith("the cXML header names `NetworkID AN01000004711` and `DUNS 123456787` as its sender, and")


async def test_names_for_cxml_are_not_asked_of_other_xml(served: Served, tmp_path: Path) -> None:
    say(served, tmp_path, cxml=CXML)
    outcome = await send(served, Submission(content=example("order.ubl.xml"), media_type="application/xml"))
    assert isinstance(outcome, Receipt), outcome


async def test_a_partner_that_answers_us_uses_its_own_name_too(served: Served, outbox: Outbox, tmp_path: Path) -> None:
    agree(served, tmp_path, CONTRL)
    await send(served, ORDERS)
    (ours,) = await outbox.fetch()
    answer = ours.content.replace(b"+4260001230004:14+4012345000009:14+", b"+8012345000005:14+4260001230004:14+", 1)
    assert (await refused(served, answer)).code == "interchange.sender"


async def test_over_as2_the_signature_says_who_sends(ledger: Ledger, tmp_path: Path) -> None:
    async with as2_world(ledger, tmp_path) as world:
        world.profile("4012345000009", "WERRA")
        answer = await world.post(world.built(ORDERS, "<1@werra.example>"))
        assert str(world.receipt(answer).mdn.disposition) == "processed"  # it came whole, and was the sender's
        code = await ledger._pool.fetchval("select refusal::jsonb ->> 'code' from messages")
        assert code == "interchange.sender"


async def test_over_sftp_the_key_says_who_sends(ledger: Ledger, tmp_path: Path) -> None:
    async with sftp_world(ledger, tmp_path) as world:
        world.change("nordlicht", "binding: none", "binding: none\nedifact: {theirs: [{id: NORD}], ours: {id: WE}}")
        await world.drop("orders.edi", ORDERS)
        (told,) = (await world.read("error")).values()
        assert b"the UNB names `4012345000009:14` as its sender, and you are `NORD`" in told


async def test_without_an_agreement_the_rules_alone_decide_unless_the_profile_refuses(
    served: Served, outbox: Outbox, tmp_path: Path
) -> None:
    agree(served, tmp_path, CONTRL, document="order_change")
    assert isinstance(await send(served, ORDERS), Receipt)
    say(served, tmp_path, unagreed="refuse")
    rejection = await refused(served, ORDERS.replace(b"NL000815", b"NL000816"))
    assert (rejection.code, rejection.text) == (
        "agreement.none", "nothing is agreed with `aurora` for receiving `purchase_order`"
    )  # fmt: skip
    assert rejection.act == (
        "send what is agreed, or ask our EDI team to complete the agreements in the profile of `aurora`"
    )
    (control,) = (await outbox.answers()).controls
    (message,) = control.messages
    assert (message.action, [(one.code, one.segment, one.element) for one in message.errors]) == (
        "4", [("17", "UNH", 2)]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"channel": "sftp"},
         "`purchase_order` is agreed with `aurora` over `sftp`, and this came over `http`"),
        ({"from": "2199-01-01"},
         "agreement `orders` with `aurora` for `purchase_order` begins at 2199-01-01"),
        ({"until": "2001-01-01"},
         "agreement `orders` with `aurora` for `purchase_order` ended at 2001-01-01"),
    ],
)  # fmt: skip
async def test_the_refusal_says_what_is_agreed_instead(
    served: Served, tmp_path: Path, given: dict[str, Any], text: str
) -> None:
    say(served, tmp_path, sftp={"mailbox": {"account": "aurora-drop", "password": "aurora"}}, unagreed="refuse")
    agree(served, tmp_path, **given)
    rejection = await refused(served, ORDERS)
    assert (rejection.code, rejection.text) == ("agreement.none", text)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"format": "edifact:ORDERS:D.01B"},
         "`purchase_order` over `http` is agreed as `edifact:ORDERS:D.01B`, and this is `edifact:ORDERS:D.96A` in "
         "`UNOC:3`"),
        ({"format": "json"}, "`purchase_order` over `http` is agreed as `json`, and this is `edifact:ORDERS:D.96A` in "
         "`UNOC:3`"),
        ({"charset": "UNOA"}, "`purchase_order` over `http` is agreed as `any format` in `UNOA`, and this is "
         "`edifact:ORDERS:D.96A` in `UNOC:3`"),
        ({"format": "edifact:ORDERS:D.96A", "syntax": "4"}, "`purchase_order` over `http` is agreed as "
         "`edifact:ORDERS:D.96A` in `4`, and this is `edifact:ORDERS:D.96A` in `UNOC:3`"),
    ],
)  # fmt: skip
async def test_what_comes_in_another_form_than_agreed_is_refused(
    served: Served, tmp_path: Path, given: dict[str, Any], text: str
) -> None:
    agree(served, tmp_path, **given)
    rejection = await refused(served, ORDERS)
    assert (rejection.code, rejection.text) == ("agreement.differs", text)


@pytest.mark.parametrize("given", [{"format": "edifact:ORDERS:D96A"}, {"charset": "UNOC", "syntax": "3"}, {}])
async def test_what_comes_as_agreed_is_taken(served: Served, tmp_path: Path, given: dict[str, Any]) -> None:
    agree(served, tmp_path, **given)
    assert isinstance(await send(served, ORDERS), Receipt)


async def test_a_test_is_refused_where_production_alone_is_agreed(
    served: Served, outbox: Outbox, tmp_path: Path
) -> None:
    agree(served, tmp_path, CONTRL, APERAK)
    rejection = await refused(served, a_test(ORDERS))
    assert (rejection.code, rejection.text) == (
        "agreement.no_tests",
        "`purchase_order` over `http` is agreed for production alone, and this is marked as a test",
    )
    (control,) = (await outbox.answers()).controls
    assert errors_of(control) == [("4", "25", "UNB", 11)]
    assert control.header is not None
    assert control.header.is_test


async def test_a_real_one_is_refused_where_tests_alone_are_agreed(
    served: Served, outbox: Outbox, tmp_path: Path
) -> None:
    agree(served, tmp_path, CONTRL, test=True)
    rejection = await refused(served, ORDERS)
    assert (rejection.code, rejection.text) == (
        "agreement.tests_only",
        "`purchase_order` over `http` is agreed for tests alone, and this is not marked as a test",
    )
    (control,) = (await outbox.answers()).controls
    assert errors_of(control) == [("4", "17", "UNB", 11)]
    assert isinstance(await send(served, a_test(ORDERS)), Receipt)


async def test_while_a_partner_is_set_up_its_tests_come_by_what_is_agreed_for_production(
    served: Served, tmp_path: Path
) -> None:
    agree(served, tmp_path, CONTRL)
    let_test(served, tmp_path)
    assert isinstance(await send(served, a_test(ORDERS)), Receipt)
    assert (await refused(served, ORDERS.replace(b"NL000815", b"NL000816"))).code == "sender.not_live"


@pytest.mark.parametrize("content", ["order.json", "order.ubl.xml"])
async def test_what_has_no_test_indicator_is_a_test_while_the_partner_is_set_up(
    served: Served, tmp_path: Path, content: str
) -> None:
    agree(served, tmp_path)
    let_test(served, tmp_path)
    receipt = await send(served, Submission(content=example(content), media_type=None))
    assert isinstance(receipt, Receipt), receipt
    history = await served.ledger.history(UUID(receipt.message_id))
    assert history is not None
    assert history.test


@pytest.mark.parametrize("content", ["order.json", "order.ubl.xml"])
async def test_what_has_no_test_indicator_is_a_test_where_tests_alone_are_agreed(
    served: Served, tmp_path: Path, content: str
) -> None:
    agree(served, tmp_path, test=True)
    receipt = await send(served, Submission(content=example(content), media_type=None))
    assert isinstance(receipt, Receipt), receipt
    assert await is_test(served, receipt)


async def test_what_has_no_test_indicator_is_real_where_that_is_agreed(served: Served, tmp_path: Path) -> None:
    agree(served, tmp_path)
    receipt = await send(served, json_order())
    assert isinstance(receipt, Receipt)
    assert not await is_test(served, receipt)


async def is_test(served: Served, receipt: Receipt) -> bool:
    question = "select test from messages where id = $1"
    return bool(await served.ledger._pool.fetchval(question, UUID(receipt.message_id)))


def a_test(content: bytes) -> bytes:
    return content.replace(b"++ORDERS'", b"++ORDERS++++1'", 1)


def let_test(served: Served, folder: Path) -> None:
    file = folder / "partners" / "profiles" / "aurora.yaml"
    file.write_text(file.read_text().replace("state: active", "state: testing"))
    assert served.intake._partners.reload(), served.intake._partners.problems
