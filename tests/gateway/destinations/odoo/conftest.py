"""The stand-in behind a socket, and a destination that talks to it without pauses."""

from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from support.odoo_world import StandIn

from gateway.destinations.odoo.destination import OdooDestination
from gateway.destinations.odoo.settings import OdooSettings
from gateway.destinations.odoo_standin.faults import Faults
from gateway.destinations.odoo_standin.seeding import Seed, plant
from gateway.destinations.odoo_standin.serving import standing_in
from gateway.destinations.odoo_standin.store import Store

KEY = "a key of the tests"


@pytest.fixture
async def world() -> AsyncIterator[StandIn]:
    store, faults = Store(), Faults()
    with store.transaction():
        plant(store, Seed())
    async with standing_in(store, api_key=KEY, database="tests", faults=faults) as url:
        headers = {"x-odoo-database": "tests"}
        async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False) as client:
            yield StandIn(url=url, store=store, faults=faults, client=client, api_key=KEY)


@pytest.fixture
async def with_key(world: StandIn) -> AsyncIterator[Callable[[str], OdooDestination]]:
    """Makes a destination with a key of one's own."""
    made: list[OdooDestination] = []

    def make(key: str) -> OdooDestination:
        settings = OdooSettings(url=world.url, database=world.database, api_key=key, rate=100_000)
        made.append(OdooDestination(settings, httpx.AsyncClient(trust_env=False)))
        return made[-1]

    yield make
    for each in made:
        await each.close()


@pytest.fixture
async def odoo(with_key: Callable[[str], OdooDestination]) -> OdooDestination:
    destination = with_key(KEY)
    await destination.start()
    return destination
