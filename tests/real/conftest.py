"""One Keycloak for all the tests of a session that ask for it."""

import os
from collections.abc import Iterator

import pytest

from tests.real.keycloak_server import CannotStart, Keycloak, start


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keycloak]:
    try:
        running = start(tmp_path_factory.mktemp("keycloak"))
    except CannotStart as missing:
        if os.environ.get("GATEWAY_REAL") == "require":
            pytest.fail(str(missing))
        pytest.skip(str(missing))
    yield running
    running.stop()
