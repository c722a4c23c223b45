"""OpenSSH's own `sftp` against our server: what partners' scripts do with it."""

import asyncio
import os
import shutil
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.mailboxes import ACCOUNT, SftpWorld, a_key, order_bytes, public, sftp_world

from gateway.ledger.ledger import Ledger

pytestmark = pytest.mark.real


@pytest.fixture
async def world(ledger: Ledger, tmp_path: Path) -> AsyncIterator[SftpWorld]:
    async with sftp_world(ledger, tmp_path) as opened:
        yield opened


class OpenSsh:
    """Runs batches of `sftp` in a folder of its own."""

    def __init__(self, world: SftpWorld, folder: Path) -> None:
        program = shutil.which("sftp")
        if program is None:
            if os.environ.get("GATEWAY_REAL") == "require":
                pytest.fail("no sftp here: apt-get install openssh-client")
            pytest.skip("no sftp here: apt-get install openssh-client")
        folder.mkdir()
        self.folder = folder
        key = folder / "key"
        key.touch(0o600)
        a_key("nordlicht").write_private_key(key)
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
        known = folder / "known_hosts"
        known.write_text(f"[127.0.0.1]:{world.server.port} {public('host')}\n")
        self._command = [
            program, "-b", "-", "-P", str(world.server.port), "-i", str(key), "-F", "/dev/null",
            "-o", "IdentitiesOnly=yes", "-o", f"UserKnownHostsFile={known}", "-o", "StrictHostKeyChecking=yes",
        ]  # fmt: skip

    async def __call__(self, batch: str, account: str = ACCOUNT) -> tuple[int, str, str]:
        process = await asyncio.create_subprocess_exec(
            *self._command, f"{account}@127.0.0.1", cwd=self.folder, stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await asyncio.wait_for(process.communicate(batch.encode()), 60)
        assert process.returncode is not None
        return process.returncode, out.decode(), err.decode()


@pytest.fixture
def sftp(world: SftpWorld, tmp_path: Path) -> OpenSsh:
    return OpenSsh(world, tmp_path / "client")


async def test_put_ls_get_and_rm(world: SftpWorld, sftp: OpenSsh) -> None:
    (sftp.folder / "order.json").write_bytes(order_bytes())
    status, out, err = await sftp("put order.json in/\nls -1 ack\nget ack/*\nrm ack/*\nls -1 ack\nls -l\n")
    assert status == 0, err
    assert await world.messages() == 1
    (acknowledgement,) = sftp.folder.glob("order.json.*.json")
    assert b'"status":"accepted"' in acknowledgement.read_bytes()
    assert "ack/order.json." in out
    assert {line.split()[-1] for line in out.splitlines() if line.startswith("d")} == {"in", "out", "ack", "error"}
    assert await world.read("ack") == {}


async def test_put_under_a_temporary_name_and_rename(world: SftpWorld, sftp: OpenSsh) -> None:
    (sftp.folder / "order.part").write_bytes(order_bytes())
    status, _, err = await sftp("put order.part in/\nrename in/order.part in/order.json\n")
    assert status == 0, err
    assert await world.messages() == 1


async def test_a_refused_close_is_a_failure_of_the_batch(world: SftpWorld, sftp: OpenSsh) -> None:
    (sftp.folder / "order.json").write_bytes(order_bytes()[:-10])
    status, _, err = await sftp("put order.json in/\n")
    assert status != 0
    assert "close remote: Failure" in err  # it shows the status and keeps the sentence to itself
    assert await world.messages() == 0


async def test_reput_goes_on_where_it_was_cut_off(world: SftpWorld, sftp: OpenSsh) -> None:
    (sftp.folder / "order.json").write_bytes(order_bytes()[:700])
    await sftp("put order.json in/\n")
    (sftp.folder / "order.json").write_bytes(order_bytes())
    status, _, err = await sftp("reput order.json in/order.json\n")
    assert status == 0, err
    assert await world.messages() == 1


async def test_what_a_mailbox_does_not_do_fails_the_batch(world: SftpWorld, sftp: OpenSsh) -> None:
    (sftp.folder / "order.part").write_bytes(order_bytes())
    for command in ("mkdir in/sub", "symlink /etc/passwd in/x", "ln in/order.part in/y", "get /etc/passwd",
                    "chmod 777 in/order.part", "rename in/order.part out/x", "df"):  # fmt: skip
        status, _, _ = await sftp(f"put order.part in/order.part\n{command}\n")
        assert status != 0, command
    assert await world.messages() == 0


async def test_a_stranger_does_not_get_in(sftp: OpenSsh) -> None:
    status, _, err = await sftp("ls\n", account="stahlhof")
    assert status != 0
    assert "Permission denied" in err
