"""Which partners a worker serves: those with something agreed, and those for whom something may be left."""

from types import SimpleNamespace
from typing import Any

from support.leaving import a_partner, an_agreement

from gateway.destinations.partner.destination import PartnerDestination
from gateway.ledger.ledger import Ledger
from gateway.wayout import partner_destinations
from partners.directory import Directory


def _served(before: list[str], *partners: Any) -> list[str]:
    directory: Any = SimpleNamespace(current=Directory(partners, (), "sha256:0"))
    nothing: Any = None

    def make(name: str) -> PartnerDestination:
        return PartnerDestination(name, lambda: directory.current, nothing, nothing, {})

    return [one.name for one in partner_destinations(directory, nothing, before, make)]


def test_partners_with_something_agreed_that_we_send_are_served() -> None:
    partners = (a_partner(an_agreement()), a_partner(an_agreement(direction="in"), id="stahlhof"))
    assert _served([], *partners) == ["partner:nordlicht"]


def test_what_is_left_for_a_partner_without_any_agreement_is_still_looked_after() -> None:
    assert _served(["odoo", "partner:nordlicht", "partner:gone"], a_partner()) == ["partner:nordlicht", "partner:gone"]


async def test_the_ledger_knows_what_was_ever_served(ledger: Ledger) -> None:
    await ledger.leases.seat(["odoo", "partner:nordlicht"])
    assert sorted(await ledger.leases.seated()) == ["odoo", "partner:nordlicht"]
