"""Parts 3 and 4: to a plant, and from a plant."""

import msgspec

from gateway.cli.demo.house import PLANT
from gateway.cli.demo.scene import Scene
from gateway.cli.demo.telling import NotAsTold, Told, expect


def despatch_advice(scene: Scene) -> Told:
    """Laid ready for the plant, fetched by its bridge, on its disk, acknowledged."""
    content, number = scene.documents.despatch_advice(), scene.documents.despatch_number()
    receipt = scene.supplier.accepted(content, "/v1/despatch-advices")
    message = scene.supplier.wait_for(receipt["message"], "delivered")
    delivery = message["deliveries"][0]
    expect("where the despatch advice went", f"plant:{PLANT}", delivery["destination"])
    file = scene.house.inbox / f"{delivery['id']}.json"
    if not file.is_file():
        raise NotAsTold(
            "the plant's inbox folder", f"{file.name}", f"{sorted(one.name for one in file.parent.iterdir())[-5:]}"
        )
    document = msgspec.json.decode(file.read_bytes())
    expect("the number of the despatch advice in the plant's file", number, document["number"])
    expect("the plant's own name for it, in its acknowledgement", file.name, delivery["reference"])
    stored = scene.stored_documents(receipt["message"])[0]
    expect("the plant's file, against the ledger", stored["body"], document)
    sentence = f"202, in the inbox of plant {PLANT} and acknowledged by it as {file.name[:18]}…"
    return Told(sentence, {"message": receipt["message"], "file": str(file), "acknowledged": delivery["reference"]})


def production_confirmation(scene: Scene) -> Told:
    """The manufacturing order is done in Odoo, with quantity, lot and material."""
    number = scene.documents.production_number()
    scene.odoo.plan_production(number, "GM-075-25", 24)
    receipt = scene.plant.accepted(scene.documents.production_confirmation(), "/v1/production-confirmations")
    message = scene.plant.wait_for(receipt["message"], "delivered")
    fields = ["name", "state", "qty_produced", "move_raw_ids", "lot_producing_ids"]
    found = scene.odoo.search("mrp.production", [["name", "=", message["deliveries"][0]["reference"]]], fields)
    expect("manufacturing orders of this name in Odoo", 1, len(found))
    order = found[0]
    expect(f"the state of {order['name']} in Odoo", "done", order["state"])
    expect(f"the quantity produced in {order['name']}", 24.0, order["qty_produced"])
    lots = [lot["name"] for lot in scene.odoo.search("stock.lot", [["id", "in", order["lot_producing_ids"]]], ["name"])]
    expect("its lot", [f"GM{scene.documents.run}"], lots)
    moves = scene.odoo.search(
        "stock.move", [["id", "in", order["move_raw_ids"]]], ["product_id", "quantity", "state"], order="id"
    )
    used = {move["product_id"][1].partition("]")[0].removeprefix("["): move["quantity"] for move in moves}
    expect("the material used", {"RAD-25": 25.0, "FETT-7": 0.38}, used)
    sentence = f"202, manufacturing order {order['name']} done: 24 pieces, lot {lots[0]}, {len(used)} materials"
    return Told(sentence, {"message": receipt["message"], "production": order["name"], "produced": 24, "lot": lots[0]})
