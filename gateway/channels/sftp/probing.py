"""SFTP tried without a file: the key our server shows to who comes from outside, and their server's folders."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

import asyncssh

from gateway.channels.sftp.reaching import Reached, reach
from gateway.egress.guard import Guard
from partners.sftpaccounts import SftpServer

SECONDS = 10.0


class NotOurs(Exception):  # noqa: N818 - a state of the world, not a defect
    """Nobody is there, or somebody who is not our server; the text says which."""


async def shown_at(host: str, port: int, ours: Iterable[asyncssh.SSHKey]) -> str:
    """The fingerprint that a client sees there, when it is one of `ours`. Raises NotOurs."""
    known = {one.public_data: one.get_fingerprint("sha256") for one in ours}
    kinds = sorted({one.get_algorithm() for one in ours})
    try:
        async with asyncio.timeout(SECONDS):
            shown = await asyncssh.get_server_host_key(host, port, config=None, server_host_key_algs=kinds or ())
    except TimeoutError:
        raise NotOurs(f"{host}: no answer on port {port} within {SECONDS:g} s") from None
    except (asyncssh.Error, OSError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise NotOurs(f"{host}: nothing of SSH answers on port {port}: {why.lower()}") from None
    if shown is None or shown.public_data not in known:
        raise NotOurs(f"{host}: who answers on port {port} shows another host key than ours")
    return known[shown.public_data]


async def missing_folders(server: SftpServer, guard: Guard, keys: Path) -> list[str]:
    """Of those that we deliver to and fetch from. Raises NotReached."""
    async with reach(server, guard, keys) as reached:
        wanted = [one for one in (server.push, server.poll) if one is not None]
        return [one for one in wanted if not await _is_folder(reached, one)]


async def _is_folder(reached: Reached, path: str) -> bool:
    try:
        async with asyncio.timeout(SECONDS):
            return await reached.client.isdir(path)
    except (asyncssh.SFTPError, TimeoutError):
        return False
