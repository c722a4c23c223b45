"""The contract of `support.odoo_contract` against a real Odoo 19 Community, unchanged.

Skipped with a sentence where Odoo cannot be had; with GATEWAY_REAL=require that is a failure.
"""

import os
from collections.abc import AsyncIterator, Callable, Iterator

import httpx
import pytest
from real.odoo_server import Missing, RealOdoo, place, start
from support.odoo_world import RealWorld

from gateway.destinations.odoo.destination import OdooDestination
from gateway.destinations.odoo.settings import OdooSettings

pytest.register_assert_rewrite("support.odoo_contract")

from support.odoo_contract import *  # noqa: E402, F403 - after the registration, and every test of the contract

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]  # the first test waits for the download and the template


@pytest.fixture(scope="module")
def server() -> Iterator[RealOdoo]:
    try:
        running = start(place())
    except Missing as missing:
        if os.environ.get("GATEWAY_REAL") == "require":
            pytest.fail(str(missing))
        pytest.skip(str(missing))
    yield running
    running.stop()


@pytest.fixture
async def world(server: RealOdoo) -> AsyncIterator[RealWorld]:
    headers = {"x-odoo-database": server.database}
    async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=60, trust_env=False) as client:
        yield RealWorld(server.url, server.database, server.bot_key, server.admin_key, client)


@pytest.fixture
async def with_key(world: RealWorld) -> AsyncIterator[Callable[[str], OdooDestination]]:
    """Makes a destination with a key of one's own."""
    made: list[OdooDestination] = []

    def make(key: str) -> OdooDestination:
        settings = OdooSettings(url=world.url, database=world.database, api_key=key, rate=1000)
        made.append(OdooDestination(settings, httpx.AsyncClient(trust_env=False)))
        return made[-1]

    yield make
    for each in made:
        await each.close()


@pytest.fixture
async def odoo(world: RealWorld, with_key: Callable[[str], OdooDestination]) -> OdooDestination:
    destination = with_key(world.api_key)
    await destination.start()
    return destination
