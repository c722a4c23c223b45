"""Connections to partners' own servers: to an address that was checked, and to a host key that was pinned."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import asyncssh
from msgspec import Struct

from gateway.egress.guard import Forbidden, Guard
from partners.sftpaccounts import SftpServer

CONNECT_SECONDS = 20.0


Obstacle = Literal["away", "not let in", "host key", "forbidden", "ours"]
"""`host key`: they show another than the profile names. `ours`: what we prove ourselves with cannot be used."""


class NotReached(Exception):  # noqa: N818 - a state of the world, not a defect
    """We are not in. The text names the host and says why; nothing was sent."""

    def __init__(self, text: str, obstacle: Obstacle = "away") -> None:
        super().__init__(text)
        self.obstacle = obstacle


class Reached(Struct, frozen=True):
    """A session at their server, and the address it is at."""

    client: asyncssh.SFTPClient
    address: str


@asynccontextmanager
async def reach(server: SftpServer, guard: Guard, keys: Path) -> AsyncIterator[Reached]:
    """A session at their server. `keys`: the operators' folder. Raises NotReached before anything was sent."""
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            connection = await _connect(server, guard, await asyncio.to_thread(_proofs, server, keys))
            client = await connection.start_sftp_client()
    except Forbidden as refusal:
        raise NotReached(str(refusal), "forbidden") from None
    except TimeoutError:
        raise NotReached(f"{server.host}: no connection within {CONNECT_SECONDS:g} s") from None
    except asyncssh.HostKeyNotVerifiable:
        text = f"{server.host}: it shows another host key than the profile names"
        raise NotReached(text, "host key") from None
    except asyncssh.PermissionDenied:
        raise NotReached(f"{server.host}: it does not let `{server.user}` in", "not let in") from None
    except (asyncssh.Error, OSError) as error:
        raise NotReached(f"{server.host}: {_why(error)}") from None
    try:
        yield Reached(client, str((connection.get_extra_info("peername") or ("",))[0]))
    finally:
        connection.abort()
        await connection.wait_closed()


async def _connect(server: SftpServer, guard: Guard, proofs: dict[str, Any]) -> asyncssh.SSHClientConnection:
    """The first address that answers; the name is resolved once. No key of an agent, no file of the user's is read."""
    pinned = [asyncssh.import_public_key(line) for line in server.host_keys]
    last: OSError | None = None
    for address in await guard.addresses(server.host, server.port):
        try:
            return await asyncssh.connect(
                address, server.port, username=server.user, known_hosts=(pinned, [], []), config=None, agent_path=None,
                x509_trusted_certs=None, compression_algs=["none"], keepalive_interval=15, keepalive_count_max=2,
                **proofs,
            )  # fmt: skip
        except OSError as error:
            last = error
    assert last is not None, "the guard gives one address at least"
    raise last


def _proofs(server: SftpServer, keys: Path) -> dict[str, Any]:
    """The key or the password that the profile names. Raises NotReached."""
    try:
        if server.key is not None:
            return {"client_keys": [asyncssh.read_private_key(keys / server.key)], "password": None}
        assert server.password is not None, "a profile names one of both"
        return {"client_keys": None, "password": (keys / server.password).read_text().strip()}
    except (OSError, asyncssh.KeyImportError) as error:
        name = server.key or server.password
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise NotReached(f"{server.host}: our `{name}` cannot be used: {why.lower()}", "ours") from None


def _why(error: Exception) -> str:
    if isinstance(error, ConnectionError) and error.errno:
        return os.strerror(error.errno).lower()
    if isinstance(error, OSError):
        return (error.strerror or str(error) or type(error).__name__).lower()
    return str(error) or type(error).__name__
