"""Part 5: what is not taken, or not taken twice, and what the sender is told."""

from typing import Any

import httpx

from gateway.cli.demo.scene import Scene
from gateway.cli.demo.telling import NotAsTold, Told, expect

FLOOD = 60
"""Requests of the loop; the trial plan has a burst of 10 and 5 a second."""


def duplicate(scene: Scene) -> Told:
    """The stored receipt, word for word; one sale order still."""
    first = scene.receipt("edifact")
    again = scene.distributor.accepted(scene.documents.order_in_edifact())
    for name in ("message", "statement", "leaf"):
        expect(f"`{name}` of the second receipt", first[name], again[name])
    expect("`duplicate` in the second receipt", True, again["duplicate"])
    order = scene.sale_order(scene.distributor.message(first["message"]))
    sentence = f"202 with the stored receipt of message {again['message'][:13]}…, {order['name']} once in Odoo"
    return Told(sentence, {"message": again["message"], "duplicate": True, "sale_order": order["name"]})


def wrong_documents(scene: Scene) -> Told:
    """The place of the mistake, in the words of the format."""
    edifact = _finding(scene.distributor.send(scene.documents.wrong_order_in_edifact()), "segment", "element")
    ubl = _finding(scene.second.send(scene.documents.wrong_order_in_ubl()), "line")
    sentence = (
        f"EDIFACT {_place(edifact, 'segment', 'segment_position', 'element')}: {edifact['text']}; "
        f"UBL {_place(ubl, 'line', 'column')}: {ubl['text']}"
    )
    return Told(sentence, {"edifact": edifact, "ubl": ubl})


def flood(scene: Scene) -> Told:
    """Some are taken, the rest answered 429 with when to come again."""
    order = scene.documents.order_in_json("-F")
    answers = [scene.trial.send(order) for _ in range(FLOOD)]
    statuses = sorted({answer.status_code for answer in answers})
    expect("the answers to the loop", [202, 429], statuses)
    refused = [answer for answer in answers if answer.status_code == 429]
    problem, headers = refused[0].json(), refused[0].headers
    missing = [name for name in ("RateLimit", "RateLimit-Policy", "Retry-After") if name not in headers]
    expect("the fields the 429 lacks", [], missing)
    expect("the code of the problem", "limit.exceeded", problem["code"])
    fields = {name: headers[name] for name in ("RateLimit", "RateLimit-Policy", "Retry-After")}
    messages = {answer.json()["message"] for answer in answers if answer.status_code == 202}
    expect("messages made of one order sent in a loop", 1, len(messages))
    order_made = scene.sale_order(scene.trial.wait_for(messages.pop(), "delivered"))["name"]
    taken = len(answers) - len(refused)
    told = ", ".join(f"{name}: {value}" for name, value in fields.items())
    sentence = f"{taken} × 202 for the one order {order_made}, {len(refused)} × 429 with {told}"
    return Told(sentence, {"taken": taken, "refused": len(refused), "sale_order": order_made, **fields})


def retired_version(scene: Scene) -> Told:
    """410, and where to go."""
    order = scene.documents.order_in_json("-V")
    answer = scene.third.send(order, "/v0/documents")
    expect("the answer of the retired version", 410, answer.status_code)
    link = answer.headers.get("Link")
    if not link or "successor-version" not in link:
        raise NotAsTold("the Link of the 410", 'one with rel="successor-version"', link)
    successor = next(one.strip() for one in link.split(",") if "successor-version" in one)
    return Told(f"410 with Link: {successor}", {"status": 410, "code": answer.json()["code"], "link": link})


def _finding(answer: httpx.Response, *places: str) -> dict[str, Any]:
    """The first error of a problem document, which must name its place."""
    if answer.status_code not in (400, 422):
        raise NotAsTold("the answer to a wrong document", "400 or 422", f"{answer.status_code} {answer.text[:1000]}")
    findings = answer.json().get("findings", [])
    if not findings:
        raise NotAsTold("the findings in the problem", "at least one", answer.text[:1000])
    first: dict[str, Any] = findings[0]
    missing = [name for name in places if _of_place(first).get(name) is None]
    expect(f"what the place of `{first['text']}` lacks", [], missing)
    return first


def _of_place(finding: dict[str, Any]) -> dict[str, Any]:
    place = finding.get("place", {})
    return place if isinstance(place, dict) else {}


def _place(finding: dict[str, Any], *names: str) -> str:
    place = _of_place(finding)
    return ", ".join(f"{name.replace('_', ' ')} {place[name]}" for name in names if place.get(name) is not None)
