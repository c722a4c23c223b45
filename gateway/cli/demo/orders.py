"""Parts 1 and 2: one order, three formats, one canonical object."""

from gateway.cli.demo.calling import Caller
from gateway.cli.demo.documents import Content
from gateway.cli.demo.scene import Scene
from gateway.cli.demo.telling import NotAsTold, Told, expect

LINES = [("GM-075-25", 48.0, 118.5), ("KW-12-6", 12.5, 7.325), ("SR-M8-30", 2000.0, 0.049)]
"""Product, quantity and unit price of the example order, as they must stand in Odoo."""


def order_in_edifact(scene: Scene) -> Told:
    """Token, 202 with a receipt, and the sale order with its lines."""
    receipt = scene.distributor.accepted(scene.documents.order_in_edifact())
    scene.receipts["edifact"] = receipt
    name = _read_back(scene, scene.distributor, receipt)
    sentence = f"202, receipt, sale order {name} with {len(LINES)} lines"
    return Told(sentence, {"message": receipt["message"], "sale_order": name, "lines": len(LINES)})


def same_order_otherwise(scene: Scene) -> Told:
    """Other senders, other formats; the canonical object in the ledger is the same byte for byte."""
    sent: tuple[tuple[str, Caller, Content], ...] = (
        ("ubl", scene.second, scene.documents.order_in_ubl()),
        ("json", scene.third, scene.documents.order_in_json()),
    )
    names = []
    for name, caller, content in sent:
        scene.receipts[name] = caller.accepted(content)
        names.append(_read_back(scene, caller, scene.receipts[name]))
    stored = scene.stored_documents(*(scene.receipt(name)["message"] for name in ("edifact", "ubl", "json")))
    expect("documents in the three messages", 3, len(stored))
    origins = [(kept["sender"], kept["format"]) for kept in stored]
    expect("different origins", 3, len(set(origins)))
    first = stored[0]
    for kept in stored[1:]:
        if kept["body"] != first["body"] or kept["body_hash"] != first["body_hash"]:
            raise NotAsTold(f"the canonical order from {kept['format']}", first["body"], kept["body"])
    sentence = f"the same canonical object three times, {first['body_hash'][:19]}…, sale orders {', '.join(names)}"
    facts = {"canonical": first["body_hash"], "sale_orders": names,
             "origins": [{"sender": sender, "format": form} for sender, form in origins]}  # fmt: skip
    return Told(sentence, facts)


def _read_back(scene: Scene, caller: Caller, receipt: dict[str, str]) -> str:
    order = scene.sale_order(caller.wait_for(receipt["message"], "delivered"))
    lines = [(_code(line["product_id"][1]), line["product_uom_qty"], line["price_unit"]) for line in order["lines"]]
    expect(f"the lines of {order['name']} in Odoo", LINES, lines)
    return str(order["name"])


def _code(display_name: str) -> str:
    """Odoo shows a product as `[code] name`."""
    return display_name.partition("]")[0].removeprefix("[")
