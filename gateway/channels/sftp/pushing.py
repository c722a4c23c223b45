"""The carrier `sftp`: a parcel is written to the partner's own server under a temporary name, and renamed.

The rename is the moment of delivery: before it nothing has arrived, and what was cut off is gone on with. A rename
whose answer is lost is looked up by name, size and content before anything is sent again.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import cast
from uuid import UUID

import asyncssh

from gateway.channels.sftp.names import BadName, beside, checked
from gateway.channels.sftp.reaching import NotReached, reach
from gateway.destinations.carrying import CarrierName, Parcel
from gateway.destinations.contract import Absent, Delivered, Outcome, Refused, Unavailable, Unknown, Verified
from gateway.egress.guard import Guard
from partners.profile import Partner

_TAIL = 64 * 1024
"""Bytes at the end of what lies there already that are compared before it is gone on with."""
_REMEMBERED = 1000
_LOST = (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection, asyncssh.DisconnectError, OSError, TimeoutError)


class PushCarrier:
    """`seconds`: for one parcel, once we are in."""

    name: CarrierName = "sftp"

    def __init__(self, guard: Guard, keys: Path, seconds: float = 90.0) -> None:
        self._guard = guard
        self._keys = keys
        self._seconds = seconds
        self._renaming: OrderedDict[UUID, None] = OrderedDict()
        """Parcels whose temporary file was whole when its rename was asked for."""

    async def carry(self, parcel: Parcel, partner: Partner) -> Outcome:
        def push(client: asyncssh.SFTPClient, folder: str) -> Awaitable[Outcome]:
            return self._push(client, folder, parcel)

        outcome = await self._there(partner, push)
        assert not isinstance(outcome, Absent), "that is no answer to pushing"
        return outcome

    async def look(self, parcel: Parcel, partner: Partner) -> Verified:
        async def look(client: asyncssh.SFTPClient, folder: str) -> Outcome | Absent:
            return await self._look(client, folder, parcel)

        found = await self._there(partner, look)
        if isinstance(found, (Delivered, Absent, Refused, Unavailable)):
            return found
        return Unavailable(found.why if isinstance(found, Unknown) else "it could not be looked up")

    async def close(self) -> None:
        """Nothing is kept open between two parcels."""

    async def _there(
        self, partner: Partner, do: Callable[[asyncssh.SFTPClient, str], Awaitable[Outcome | Absent]]
    ) -> Outcome | Absent:
        server = partner.sftp.server if partner.sftp is not None else None
        if server is None or server.push is None:
            return Refused("destination.refused", f"the profile of `{partner.id}` has no `sftp.server.push`")
        try:
            async with reach(server, self._guard, self._keys) as there, asyncio.timeout(self._seconds):
                return await do(there.client, server.push.rstrip("/"))
        except NotReached as away:
            return Unavailable(str(away))
        except _LOST as error:
            return Unavailable(f"{server.host}: the connection was lost: {_why(error)}")
        except asyncssh.SFTPError as error:
            return Unavailable(f"{server.host}: {error.reason or type(error).__name__}")

    # -- there ---------------------------------------------------------------------------------------------------------

    async def _push(self, client: asyncssh.SFTPClient, folder: str, parcel: Parcel) -> Outcome:
        for name in _names(parcel):
            place = f"{folder}/{name}"
            if await _size(client, place) is None:
                await _write(client, _temporary(folder, parcel), parcel.content)
                return await self._rename(client, folder, name, parcel)
            if await _holds(client, place, parcel.content):
                return Delivered(name)
        return Refused("destination.refused", f"another file lies there under `{parcel.file_name}`")

    async def _rename(self, client: asyncssh.SFTPClient, folder: str, name: str, parcel: Parcel) -> Outcome:
        """Never over a file that is there: the request of version 3 of the protocol fails then."""
        self._renaming[parcel.id] = None
        while len(self._renaming) > _REMEMBERED:
            self._renaming.popitem(last=False)
        try:
            await client.rename(_temporary(folder, parcel), f"{folder}/{name}")
        except _LOST as error:
            return Unknown(f"the answer to the rename was lost: {_why(error)}")
        self._renaming.pop(parcel.id, None)
        return Delivered(name)

    async def _look(self, client: asyncssh.SFTPClient, folder: str, parcel: Parcel) -> Delivered | Absent | Refused:
        for name in _names(parcel):
            if await _holds(client, f"{folder}/{name}", parcel.content):
                return Delivered(name)
        if await _size(client, _temporary(folder, parcel)) is not None:
            return Absent()
        if parcel.id in self._renaming:  # it was there, whole: so it was renamed, and the partner was quick
            return Delivered(parcel.file_name)
        return Refused(
            "partner.unclear",
            f"neither `{parcel.file_name}` nor its temporary file lies there: the partner has taken it, "
            "or it never arrived",
        )


async def _write(client: asyncssh.SFTPClient, path: str, content: bytes) -> None:
    """All of it, going on where an earlier attempt was cut off; on their disk where their server can say so."""
    start = await _begun(client, path, content)
    flags = asyncssh.FXF_WRITE if start else asyncssh.FXF_WRITE | asyncssh.FXF_CREAT | asyncssh.FXF_TRUNC
    async with client.open(path, flags, encoding=None) as file:
        await file.write(content[start:], start)
        await _sync(file)
    size = await _size(client, path)
    if size != len(content):
        raise asyncssh.SFTPFailure(f"the file has {size} bytes there after {len(content)} were written")


async def _sync(file: asyncssh.SFTPClientFile) -> None:
    try:
        await file.fsync()
    except asyncssh.SFTPOpUnsupported:
        return


async def _begun(client: asyncssh.SFTPClient, path: str, content: bytes) -> int:
    """How much of it lies there already. Only we write this name, and only these bytes; the end is compared all the
    same."""
    size = await _size(client, path) or 0
    if not 0 < size <= len(content):
        return 0
    start = max(0, size - _TAIL)
    try:
        return size if await _read(client, path, size - start, start) == content[start:size] else 0
    except (asyncssh.SFTPPermissionDenied, asyncssh.SFTPFailure):
        return 0


async def _read(client: asyncssh.SFTPClient, path: str, size: int, start: int) -> bytes:
    async with client.open(path, asyncssh.FXF_READ, encoding=None) as file:
        return cast(bytes, await file.read(size, start))


async def _size(client: asyncssh.SFTPClient, path: str) -> int | None:
    try:
        return (await client.stat(path)).size
    except asyncssh.SFTPNoSuchFile:
        return None


async def _holds(client: asyncssh.SFTPClient, path: str, content: bytes) -> bool:
    """By size, and by its bytes where their server lets us read what we have sent."""
    if await _size(client, path) != len(content):
        return False
    try:
        return await _read(client, path, len(content), 0) == content
    except asyncssh.SFTPPermissionDenied:
        return True


def _names(parcel: Parcel) -> tuple[str, str]:
    """Its own, and another with its id, for the case that something else lies there."""
    try:
        name = checked(parcel.file_name.encode())
    except BadName:
        name = parcel.id.hex
    return name, beside(name, parcel.id.hex)


def _temporary(folder: str, parcel: Parcel) -> str:
    return f"{folder}/.{parcel.id.hex}.part"


def _why(error: BaseException) -> str:
    return str(error) or type(error).__name__
