"""What the steps of the story share: the callers, the documents of this run, and what was said so far."""

import time
from types import TracebackType
from typing import Any, Self

import msgspec

from gateway.cli.demo.as2_partner import As2Partner
from gateway.cli.demo.calling import Caller, OdooReader
from gateway.cli.demo.documents import Documents
from gateway.cli.demo.house import PLANT_CLIENT, House
from gateway.cli.demo.telling import NotAsTold, expect


class Scene:
    """`receipts` holds the answers 202 under a name each, for the steps that come back to them."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.documents = Documents.of_now()
        self.odoo = OdooReader(house)
        self.distributor = Caller(house, "partners", "nordlicht-edi")
        self.second = Caller(house, "partners", "aurora-orders")
        self.third = Caller(house, "partners", "monteverde-api")
        self.trial = Caller(house, "partners", "kiesel-test")
        self.supplier = Caller(house, "partners", "stahlhof-versand")
        self.plant = Caller(house, "plants", PLANT_CLIENT)
        house.leave_werra_its_port()
        self.werra = As2Partner(house.partners.werra(), house.werra)
        self.receipts: dict[str, dict[str, Any]] = {}

    def __enter__(self) -> Self:
        self.werra.__enter__()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.werra.__exit__()
        for one in (self.distributor, self.second, self.third, self.trial, self.supplier, self.plant, self.odoo):
            one.close()

    def receipt(self, name: str) -> dict[str, Any]:
        """Raises NotAsTold when the step that was to get it did not hold."""
        if name not in self.receipts:
            raise NotAsTold("what this step builds on", f"the receipt of `{name}`", "none: that step did not hold")
        return self.receipts[name]

    def sale_order(self, message: dict[str, Any]) -> dict[str, Any]:
        """The sale order the message became, read back from Odoo with its lines."""
        delivery = message["deliveries"][0]
        fields = ["name", "state", "client_order_ref", "origin", "order_line"]
        found = self.odoo.search("sale.order", [["origin", "=", delivery["external_id"]]], fields)
        expect(f"sale orders in Odoo of {delivery['external_id']}", 1, len(found))
        expect("its name in Odoo, as the gateway says", delivery["reference"], found[0]["name"])
        expect(f"the state of {found[0]['name']}", "sale", found[0]["state"])
        number = message["documents"][0]["business_number"]
        expect(f"the customer's number in {found[0]['name']}", number, found[0]["client_order_ref"])
        found[0]["lines"] = self.odoo.search(
            "sale.order.line", [["id", "in", found[0]["order_line"]]], ["product_id", "product_uom_qty", "price_unit"],
            order="id",
        )  # fmt: skip
        return found[0]

    def stored_documents(self, *message_ids: str) -> list[dict[str, Any]]:
        """The canonical documents as the ledger holds them, read by an operator's command."""
        ran = self.house.command("message", "documents", *message_ids)
        expect(f"the status of `message documents`: {ran.stderr}", 0, ran.returncode)
        return [msgspec.json.decode(line) for line in ran.stdout.splitlines()]

    def fetch_receipt(self, caller: Caller, receipt: dict[str, Any], *, seconds: float = 30.0) -> bytes:
        """The receipt file, once the message is under a signed checkpoint."""
        deadline = time.monotonic() + seconds
        while (answer := caller.read(receipt["receipt"])).status_code == 404 and time.monotonic() < deadline:
            time.sleep(0.1)
        expect(f"the answer to a question for {receipt['receipt']}", 200, answer.status_code)
        return answer.content
