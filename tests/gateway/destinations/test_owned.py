"""Ownership at the door of a destination, over every operation there is."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace
from support.delivering import states, whole
from support.ledgering import an_entry, lease_all

import policies
from gateway.breaker import Breaker
from gateway.delivery import deliver
from gateway.destinations.contract import Absent, Delivered, Delivery, Refused
from gateway.destinations.odoo.catalogue import OPERATIONS
from gateway.destinations.odoo.destination import RECIPES, OdooDestination
from gateway.destinations.owned import OWNERSHIP_CAUSES, OwnedDestination, WritingDestination
from gateway.destinations.partner.destination import PartnerDestination
from gateway.destinations.plant import PlantDestination
from gateway.destinations.recording import RecordingDestination
from gateway.ledger.entries import NewDelivery
from gateway.ledger.ledger import Ledger
from gateway.ledger.operating import Selection
from policies.facts import DocumentFacts, RequestFacts
from policies.loading import load
from policies.ownership import Ownership
from policies.recordedfacts import encode_facts
from translators.canonical.fieldgroups import FIELD_GROUPS, known_groups

RULES = Path(policies.__file__).parent / "rules"
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
PARTNER = RequestFacts(sender_kind="partner", sender="nordlicht", client="nordlicht-edi", at=NOW)
ORDER = DocumentFacts(
    request=PARTNER,
    format="json",
    name="purchase_order",
    version="1",
    document_type="purchase_order",
    size=900,
    writes=frozenset({"create sales_order.order"}),
)


@pytest.fixture(scope="module")
def shipped() -> Ownership:
    return load(RULES).ownership


class Writing(RecordingDestination):
    """Says of its one operation what it is told to say."""

    def __init__(self, writes: frozenset[str] | None) -> None:
        super().__init__("odoo")
        self._writes = writes

    def writes(self, operation: str) -> frozenset[str] | None:
        return self._writes


def delivery(*documents: DocumentFacts, number: int = 1, approved: bool = False, facts: bytes | None = b"") -> Delivery:
    kept = encode_facts(documents[0].request, documents) if facts == b"" else facts
    return Delivery(
        id="m.1", message_id="m", document_number=number, document_type="purchase_order", destination="odoo",
        operation="sale_order.create_confirmed", lane="nordlicht", sender="nordlicht", business_key="nordlicht|1",
        external_id="gw.nordlicht_purchase_order_1", body=b"{}", facts=kept, approved=approved,
    )  # fmt: skip


async def outcome(inner: WritingDestination, shipped: Ownership, sent: Delivery) -> object:
    return await OwnedDestination(inner, lambda: shipped).deliver(sent)


async def test_what_is_the_senders_goes_through(shipped: Ownership) -> None:
    inner = Writing(frozenset({"create sales_order.order"}))
    assert isinstance(await outcome(inner, shipped, delivery(ORDER)), Delivered)
    assert inner.effects


@pytest.mark.parametrize(
    ("inner", "sent", "code"),
    [
        (Writing(None), delivery(ORDER), "ownership.undeclared"),
        (Writing(frozenset()), delivery(ORDER, facts=None), "ownership.undeclared"),
        (Writing(frozenset({"create stock.movement"})), delivery(ORDER), "ownership.not_owned"),
        (Writing(frozenset()), delivery(replace(ORDER, writes=frozenset({"create x.y"}))), "ownership.not_owned"),
        (Writing(frozenset({"update sales_order.order"})), delivery(ORDER), "ownership.proposed"),
    ],
)
async def test_what_is_not_is_parked_and_nothing_was_sent(
    shipped: Ownership, inner: Writing, sent: Delivery, code: str
) -> None:
    said = await outcome(inner, shipped, sent)
    assert isinstance(said, Refused)
    assert said.code == code
    assert code in OWNERSHIP_CAUSES
    assert inner.effects == []


async def test_a_proposal_goes_through_once_a_person_has_approved_it(shipped: Ownership) -> None:
    inner = Writing(frozenset())
    proposal = replace(ORDER, document_type="order_change", writes=frozenset({"cancel sales_order.order"}))
    said = await outcome(inner, shipped, delivery(proposal))
    assert isinstance(said, Refused)
    assert said.why.startswith("a person must approve it (ownership `customers-change-orders` (ownership.yaml:")
    assert isinstance(await outcome(inner, shipped, delivery(proposal, approved=True)), Delivered)


async def test_an_approval_opens_nothing_that_is_denied(shipped: Ownership) -> None:
    inner = Writing(frozenset({"create stock.movement"}))
    said = await outcome(inner, shipped, delivery(ORDER, approved=True))
    assert isinstance(said, Refused)
    assert said.code == "ownership.not_owned"


async def test_each_document_of_a_message_is_asked_for_itself(shipped: Ownership) -> None:
    inner = Writing(frozenset())
    change = replace(ORDER, writes=frozenset({"update sales_order.order"}))
    assert isinstance(await outcome(inner, shipped, delivery(ORDER, change)), Delivered)
    assert isinstance(await outcome(inner, shipped, delivery(ORDER, change, number=2)), Refused)


async def test_a_part_of_a_document_is_asked_for_all_of_them(shipped: Ownership) -> None:
    inner = Writing(frozenset())
    change = replace(ORDER, writes=frozenset({"update sales_order.order"}))
    assert isinstance(await outcome(inner, shipped, delivery(ORDER, ORDER, number=3)), Delivered)
    assert isinstance(await outcome(inner, shipped, delivery(ORDER, change, number=3)), Refused)


async def test_what_was_sent_is_read_back_unasked(shipped: Ownership) -> None:
    inner = Writing(None)
    assert isinstance(await OwnedDestination(inner, lambda: shipped).verify(delivery(ORDER)), Absent)


# ---- every operation, every kind of document -----------------------------------------------------------------------


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_writes_what_the_table_knows_and_some_system_may(shipped: Ownership, name: str) -> None:
    writes = OPERATIONS[name].writes
    assert writes, "an operation that writes nothing is none"
    for write in writes:
        verb, _, what = write.partition(" ")
        domain, _, group = what.partition(".")
        assert group in known_groups()[domain]
        allowing = [
            row.name
            for row in shipped.rules
            if row.mode == "enforce" and row.effect != "deny" and (row.domain, verb in row.verbs) == (domain, True)
            and (not row.groups or group in row.groups)
        ]  # fmt: skip
        assert allowing, f"no row lets anybody {write}: the operation could never run"


def test_every_recipe_has_its_entry_and_every_entry_its_recipe() -> None:
    assert RECIPES.keys() == OPERATIONS.keys()
    assert all(RECIPES[name].operation is OPERATIONS[name] for name in OPERATIONS)


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_writes_in_the_domain_of_its_document(name: str) -> None:
    operation = OPERATIONS[name]
    domain = FIELD_GROUPS[operation.document_type].domain
    assert any(write.partition(" ")[2].startswith(f"{domain}.") for write in operation.writes)


def test_every_operation_that_a_shipped_route_names_is_declared() -> None:
    declared = {
        "odoo": OdooDestination.writes, "plant": PlantDestination.writes, "partner": PartnerDestination.writes,
    }  # fmt: skip
    routes = load(RULES).routing.rules
    assert routes
    for route in routes:
        kind = route.destination.partition(":")[0]
        assert declared[kind](None, route.operation) is not None, route.name  # type: ignore[arg-type]


def test_what_nobody_knows_is_not_declared() -> None:
    assert PlantDestination("ulm").writes("inbox.take") is None
    assert OdooDestination.writes(None, "sale_order.unlink") is None  # type: ignore[arg-type]


# ---- through the ledger --------------------------------------------------------------------------------------------


async def test_a_proposal_waits_for_a_person_and_then_goes_its_way(ledger: Ledger, shipped: Ownership) -> None:
    proposal = replace(ORDER, writes=frozenset({"update sales_order.order"}))
    for number, facts in (("PO-1", proposal), ("PO-2", ORDER)):
        way = NewDelivery(1, "recording", "record", f"lane {number}", f"gw.{number}", "1, 5", "pass")
        entry = an_entry(number, deliveries=(way,))
        await ledger.record(replace(entry, facts=encode_facts(PARTNER, [facts])))
    recording = RecordingDestination("recording")
    owned = OwnedDestination(recording, lambda: shipped)
    leases = await lease_all(ledger)

    async def work_off() -> None:
        for lease in leases:
            while await deliver(ledger, owned, Breaker(), lease):
                pass

    await work_off()
    assert await states(ledger) == {"PO-1": "parked", "PO-2": "delivered"}
    assert [seen.cause for seen in await ledger.parked()] == ["ownership.proposed"]
    assert await ledger.replay(Selection(), actor="op", reason="everything again") == []
    await ledger.replay(Selection(cause="ownership.proposed"), actor="mara", reason="the customer confirmed by phone")
    await work_off()
    assert await states(ledger) == {"PO-1": "delivered", "PO-2": "delivered"}
    assert len(recording.effects) == 2
    await whole(ledger)
