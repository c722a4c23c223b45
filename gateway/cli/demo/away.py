"""Part 6: Odoo goes away and comes back."""

import time
from typing import Any

from gateway.cli.demo.scene import Scene
from gateway.cli.demo.telling import NotAsTold, Told, expect

ORDERS = 5
WAITS_SECONDS = 30.0
_WAITING = ("waiting", "held", "pending")


def odoo_goes_and_comes_back(scene: Scene) -> Told:
    """Everything is accepted meanwhile and waits with no attempt spent; afterwards it drains in the order it came."""
    scene.house.stop_odoo()
    try:
        sent = [scene.documents.order_in_edifact(f"-{number}") for number in range(1, ORDERS + 1)]
        messages = [scene.distributor.accepted(content)["message"] for content in sent]
        _wait_for_the_first(scene, messages[0])
        waiting = [_waiting(scene, message) for message in messages]
    finally:
        scene.house.start_odoo()
    started = time.monotonic()
    orders = [scene.sale_order(scene.distributor.wait_for(message, "delivered", seconds=90.0)) for message in messages]
    drained = time.monotonic() - started
    created = [order["client_order_ref"] for order in sorted(orders, key=lambda order: order["id"])]
    accepted = [scene.documents.order_number(f"-{number}") for number in range(1, ORDERS + 1)]
    expect("the order in which Odoo created them", accepted, created)
    states = ", ".join(f"{count} {state}" for state, count in _counted(waiting).items())
    sentence = f"{ORDERS} accepted meanwhile ({states}, 0 attempts spent), drained in order in {drained:.1f} s"
    facts = {"accepted": accepted, "created": created, "drained_seconds": round(drained, 2), "while_away": waiting}
    return Told(sentence, facts)


def _wait_for_the_first(scene: Scene, message_id: str) -> None:
    """The gateway has tried, has found Odoo away, and says so."""
    delivery = _settled(scene, message_id, ("waiting",))
    expect("why the first order waits", "destination.unavailable", delivery["cause"])


def _waiting(scene: Scene, message_id: str) -> dict[str, Any]:
    """`waiting` was tried; `held` and `pending` lie behind one that was. No attempt is spent either way."""
    delivery = _settled(scene, message_id, _WAITING)
    expect(f"attempts spent on {delivery['id']} while Odoo is away", 0, delivery.get("attempts") or 0)
    return {name: delivery.get(name) for name in ("id", "state", "cause")} | {"attempts": delivery.get("attempts") or 0}


def _settled(scene: Scene, message_id: str, states: tuple[str, ...]) -> dict[str, Any]:
    """The delivery once it is in one of `states`; while it is being tried it is `unknown` for a moment."""
    deadline = time.monotonic() + WAITS_SECONDS
    while True:
        delivery: dict[str, Any] = scene.distributor.message(message_id)["deliveries"][0]
        if delivery["state"] in states:
            return delivery
        if time.monotonic() > deadline:
            raise NotAsTold(f"the state of {delivery['id']} while Odoo is away", " or ".join(states), delivery["state"])
        time.sleep(0.05)


def _counted(deliveries: list[dict[str, Any]]) -> dict[str, int]:
    states = [delivery["state"] for delivery in deliveries]
    return {state: states.count(state) for state in dict.fromkeys(states)}
