"""Parcels on their way to partners' own servers: the contract, and what a server may do to us."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from support.leaving import a_partner
from support.sftp_ground import CONTRACT, Ground, a_parcel, stand_in

from gateway.destinations.contract import Absent, Delivered, Refused, Unavailable, Unknown
from gateway.egress.guard import Guard


@pytest.mark.parametrize("holds", CONTRACT, ids=lambda one: one.__name__)
async def test_the_contract_holds_with_the_stand_in(tmp_path: Path, holds: Callable[[Ground], Awaitable[None]]) -> None:
    async with stand_in(tmp_path) as ground:
        await holds(ground)


async def test_a_password_of_theirs_is_read_from_the_operators_folder(tmp_path: Path) -> None:
    async with stand_in(tmp_path) as ground:
        partner = ground.partner(key=None, password="partner.password")
        assert await ground.carrier().carry(a_parcel(), partner) == Delivered("answer.edi")
        (ground.keys / "partner.password").unlink()
        assert await ground.carrier().carry(a_parcel(), partner) == Unavailable(
            "127.0.0.1: our `partner.password` cannot be used: no such file or directory"
        )


async def test_an_address_that_is_not_to_be_called_is_not_called(tmp_path: Path) -> None:
    async with stand_in(tmp_path) as ground:
        outcome = await ground.carrier(Guard(())).carry(a_parcel(), ground.partner())
        assert outcome == Unavailable(
            "127.0.0.1 is at 127.0.0.1 (loopback), which GATEWAY_EGRESS_NETWORKS does not list"
        )


async def test_a_server_that_is_away_costs_no_attempt(tmp_path: Path) -> None:
    async with stand_in(tmp_path) as ground:
        partner = ground.partner()
    outcome = await ground.carrier().carry(a_parcel(), partner)
    assert isinstance(outcome, Unavailable)
    assert isinstance(await ground.carrier().look(a_parcel(), partner), Unavailable)


async def test_a_profile_without_a_folder_to_push_to_is_refused(tmp_path: Path) -> None:
    async with stand_in(tmp_path) as ground:
        for partner in (a_partner(), ground.partner(push=None)):
            assert await ground.carrier().carry(a_parcel(), partner) == Refused(
                "destination.refused", "the profile of `nordlicht` has no `sftp.server.push`"
            )


class Hostile(asyncssh.SFTPServer):
    """Renames, and then says nothing any more."""

    renames = True

    def __init__(self, channel: Any, chroot: str) -> None:
        super().__init__(channel, chroot=chroot)
        self._channel = channel

    def rename(self, oldpath: bytes, newpath: bytes) -> None:
        if self.renames:
            super().rename(oldpath, newpath)
        self._channel.get_connection().abort()
        raise asyncssh.SFTPConnectionLost("gone")


class Forgetful(Hostile):
    """Goes away before it has renamed."""

    renames = False


async def test_a_rename_whose_answer_is_lost_is_looked_up_and_not_repeated(tmp_path: Path) -> None:
    parcel = a_parcel()
    async with stand_in(tmp_path, Hostile) as ground:
        carrier, partner = ground.carrier(), ground.partner()
        assert isinstance(await carrier.carry(parcel, partner), Unknown)
        assert await carrier.look(parcel, partner) == Delivered("answer.edi")
        (ground.folder / "answer.edi").unlink()  # the partner is quick
        assert await carrier.look(parcel, partner) == Delivered("answer.edi")
        another_worker = await ground.carrier().look(parcel, partner)
        assert isinstance(another_worker, Refused)
        assert another_worker.code == "partner.unclear"


async def test_a_rename_that_did_not_happen_is_asked_for_again(tmp_path: Path) -> None:
    parcel = a_parcel()
    async with stand_in(tmp_path, Forgetful) as ground:
        carrier, partner = ground.carrier(), ground.partner()
        assert isinstance(await carrier.carry(parcel, partner), Unknown)
        assert await carrier.look(parcel, partner) == Absent()
        assert list(ground.there()) == [f".{parcel.id.hex}.part"]


class Short(asyncssh.SFTPServer):
    """Says yes to what it does not keep."""

    def write(self, file_obj: object, offset: int, data: bytes) -> int:
        return super().write(file_obj, offset, data[:-1])


class Cutting(asyncssh.SFTPServer):
    """Is gone in the middle of a write."""

    def __init__(self, channel: Any, chroot: str) -> None:
        super().__init__(channel, chroot=chroot)
        self._channel = channel

    def write(self, file_obj: object, offset: int, data: bytes) -> int:
        written = super().write(file_obj, offset, data[:1000])
        self._channel.get_connection().abort()
        return written


class Slow(asyncssh.SFTPServer):
    """Never answers a write."""

    async def write(self, file_obj: object, offset: int, data: bytes) -> int:
        await asyncio.sleep(3)
        return len(data)


async def test_a_file_that_is_shorter_there_is_not_renamed(tmp_path: Path) -> None:
    parcel = a_parcel()
    async with stand_in(tmp_path, Short) as ground:
        assert await ground.carrier().carry(parcel, ground.partner()) == Unavailable(
            "127.0.0.1: the file has 6 bytes there after 7 were written"
        )
        assert "answer.edi" not in ground.there()


@pytest.mark.parametrize("files", [Cutting, Slow])
async def test_a_connection_that_is_lost_while_we_write_leaves_no_file_of_that_name(
    tmp_path: Path, files: type[asyncssh.SFTPServer]
) -> None:
    parcel = a_parcel(b"x" * 400_000)
    async with stand_in(tmp_path, files) as ground:
        outcome = await ground.carrier(seconds=1).carry(parcel, ground.partner())
        assert isinstance(outcome, Unavailable), outcome
        assert "answer.edi" not in ground.there()
