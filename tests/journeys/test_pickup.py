"""Files of a partner's own server, fetched by workers as they are started in production, which are killed meanwhile."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from asyncssh import SFTPAttrs
from support.mailboxes import order_bytes
from support.pickups import a_world
from support.sftp_ground import stand_in

from gateway.ledger.ledger import Ledger

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240), pytest.mark.xdist_group("processes")]
FILES, KILLS = 18, 2


class Slow(asyncssh.SFTPServer):
    """So that a worker is killed in the middle of its look."""

    async def open(self, path: bytes, pflags: int, attrs: SFTPAttrs) -> Any:
        await asyncio.sleep(0.1)
        return super().open(path, pflags, attrs)


async def test_workers_that_are_killed_fetch_every_file_once(
    ledger: Ledger, database: str, valkey_server: str, tmp_path: Path
) -> None:
    async with stand_in(tmp_path, Slow) as ground:
        world = a_world(ledger, tmp_path, ground, ready="renamed", every="5s")
        for number in range(FILES):
            world.put(f"order-{number}.json", order_bytes(f"PO-{number}"))
        usual = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
        environment = usual | {
            "GATEWAY_STATE": str(tmp_path / "state"), "GATEWAY_KEYS": str(tmp_path / "ledger-keys"),
            "GATEWAY_DATABASE_URL": database, "GATEWAY_COUNTERS_URL": valkey_server,
            "GATEWAY_POLICIES": str(tmp_path / "rules"), "GATEWAY_PARTNERS": str(tmp_path / "partners"),
            "GATEWAY_PARTNER_KEYS": str(ground.keys),
        }  # fmt: skip
        log = (tmp_path / "workers.log").open("wb")

        def start() -> "subprocess.Popen[bytes]":
            command = [sys.executable, "-P", "-m", "gateway.cli.main", "worker"]
            return subprocess.Popen(command, env=environment, stderr=log)

        workers = [start(), start()]
        try:
            for kill in range(1, KILLS + 1):
                await _until(world.messages, kill * FILES // (KILLS + 1))
                for worker in workers:  # whichever has the turn; the other one would wait for the lease to end
                    worker.kill()
                    worker.wait()
                await ledger._pool.execute("update pickup_servers set leased_until = null")
                workers = [start(), start()]
            await _until(world.messages, FILES)
            async with asyncio.timeout(60):
                while world.there():
                    await asyncio.sleep(0.05)
                while len(await world.events("pickup.file.taken")) < FILES:
                    await asyncio.sleep(0.05)
            for worker in workers:
                worker.terminate()
            assert [worker.wait(60) for worker in workers] == [0, 0]
        finally:
            for worker in workers:
                worker.kill()
                worker.wait()
            log.close()
        assert (await world.messages(), await world.messages("refused")) == (FILES, 0)
        told = await world.events("pickup.file.taken")
        assert len({one["message"] for one in told}) == len(told) == FILES
        assert len(await world.events("intake.message.accepted")) == FILES


async def _until(count: Any, wanted: int) -> None:
    async with asyncio.timeout(90):
        while await count() < wanted:
            await asyncio.sleep(0.02)
