"""The story, one function a step, in the order it is told. Each reads back what it claims."""

import time
from collections.abc import Callable

import httpx
from msgspec import Struct

from gateway.cli.demo import away, channels, orders, plants, proofs, refusals
from gateway.cli.demo.programs import DidNotStart
from gateway.cli.demo.scene import Scene
from gateway.cli.demo.telling import NotAsTold, Outcome, Told


class Step(Struct, frozen=True):
    """`name` is for programs, `title` for people, `part` the chapter it belongs to."""

    name: str
    part: int
    title: str
    play: Callable[[Scene], Told]


STORY = (
    Step("order-edifact", 1, "a distributor posts an EDIFACT ORDERS D.96A", orders.order_in_edifact),
    Step("order-ubl-and-json", 2, "two others post the same order as UBL XML and as JSON", orders.same_order_otherwise),
    Step("despatch-advice", 3, "a supplier posts a despatch advice", plants.despatch_advice),
    Step("production-confirmation", 4, "a plant confirms its production", plants.production_confirmation),
    Step("duplicate", 5, "the first order comes a second time", refusals.duplicate),
    Step("wrong-document", 5, "two wrong documents come", refusals.wrong_documents),
    Step("flood", 5, "a partner on trial sends in a loop", refusals.flood),
    Step("retired-version", 5, "somebody calls the retired API v0", refusals.retired_version),
    Step("as2", 6, "a partner sends an order over AS2 and hears back", channels.over_as2),
    Step("sftp", 7, "another drops its order over SFTP and fetches the answers", channels.over_sftp),
    Step("odoo-away", 8, "Odoo goes away, orders keep coming, Odoo comes back", away.odoo_goes_and_comes_back),
    Step("audit", 9, "the audit is verified", proofs.audit),
    Step("receipt-offline", 9, "a receipt is verified offline", proofs.receipt_offline),
)


def play(step: Step, scene: Scene) -> Outcome:
    """Carry out one step; what does not hold is part of the outcome."""
    started = time.monotonic()
    told, failure = None, None
    try:
        scene.house.check()
        told = step.play(scene)
    except NotAsTold as not_as_told:
        failure = not_as_told
    except (httpx.HTTPError, DidNotStart, OSError) as error:
        failure = NotAsTold("what the step needs", "answers", f"{type(error).__name__}: {error}")
    seconds = time.monotonic() - started
    return Outcome(step=step.name, part=step.part, title=step.title, seconds=seconds, told=told, failure=failure)
