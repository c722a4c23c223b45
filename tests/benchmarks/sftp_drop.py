"""Files dropped at our SFTP server beside the same client at a bare one, in one run: files a second and bytes a second.

    python tests/benchmarks/sftp_drop.py [--files 1500] [--megabytes 160] [--rounds 3] [--json]

Small files are orders of about 2 KB that become messages: ours answers a close when judged, committed to PostgreSQL and
acknowledged in /ack; the bare server (asyncssh's own, bare_sftp.py) when the file is written and synced. Large files
are uploads of 8 MB under a temporary name: both answer when they are synced; what reading and judging a message of that
size takes is no matter of SFTP. Rounds alternate; figures are medians, the ratio is taken pair by pair.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import asyncssh
import psutil

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1]))
from accept import RUN, cpu, free_port, generous_rules, two_kilobytes
from support.mailboxes import ACCOUNT, GRANTS, a_key, mailbox_profile
from support.serving import write_profiles

from gateway.embedded import embedded_postgresql, embedded_valkey

HERE = Path(__file__).parent
CONNECTIONS = 8
LARGE = 8 * 1024 * 1024
_numbers = count(1)


def write_ground(folder: Path) -> dict[str, str]:
    """The files people edit, with one account, and the settings that name them."""
    write_profiles(folder / "partners")
    with (folder / "partners" / "profiles" / f"{ACCOUNT}.yaml").open("a") as profile:
        profile.write(mailbox_profile(ACCOUNT, "nordlicht"))
    rules = generous_rules(folder)
    with (rules / "access.yaml").open("a") as access:
        access.write(GRANTS)
    return {
        "GATEWAY_STATE": str(folder),
        "GATEWAY_KEYS": str(folder / "keys"),
        "GATEWAY_POLICIES": str(rules),
        "GATEWAY_PARTNERS": str(folder / "partners"),
        "GATEWAY_SFTP_HOST_KEYS": str(folder / "host-keys"),
        "GATEWAY_SFTP_SPOOL": str(folder / "spool"),
        "GATEWAY_LOG_LEVEL": "warning",
    }


@contextmanager
def listening(command: list[str], environment: dict[str, str]) -> Iterator[psutil.Process]:
    """A server process; whoever connects waits for it."""
    with subprocess.Popen(command, env={**os.environ, **environment}, cwd=HERE, stdout=sys.stderr) as started:
        try:
            yield psutil.Process(started.pid)
        finally:
            started.terminate()


async def connect(port: int) -> asyncssh.SSHClientConnection:
    for _ in range(200):
        try:
            return await asyncssh.connect(
                "127.0.0.1", port, username=ACCOUNT, client_keys=[a_key("nordlicht")], known_hosts=None,
                agent_path=None, config=None, compression_algs=["none"],
            )  # fmt: skip
        except OSError:
            await asyncio.sleep(0.1)
    raise SystemExit(f"nothing listens on port {port}")


def orders(number: int) -> Iterator[tuple[str, bytes]]:
    order = two_kilobytes()
    for _ in range(number):
        this = next(_numbers)
        yield f"order-{this}.json", order.replace(b"PO-4711", b"PO-%09d" % this)


def larges(number: int) -> Iterator[tuple[str, bytes]]:
    content = os.urandom(LARGE)
    for one in range(number):
        yield f"large-{one}.part", content


async def drop_all(port: int, folder: str, files: Iterator[tuple[str, bytes]], *, remove: bool) -> float:
    """Seconds for all, over a few connections that each send one after the other."""
    connections = [await connect(port) for _ in range(CONNECTIONS)]
    clients = [await connection.start_sftp_client() for connection in connections]

    async def send(client: asyncssh.SFTPClient) -> None:
        for name, content in files:
            async with client.open(f"{folder}/{name}", "wb") as file:
                await file.write(content)
            if remove:
                await client.remove(f"{folder}/{name}")

    started = time.perf_counter()
    await asyncio.gather(*(send(client) for client in clients))
    took = time.perf_counter() - started
    for connection in connections:
        connection.close()
        await connection.wait_closed()
    await asyncio.sleep(0.2)  # an account has ten connections at most: the server must have seen these end
    return took


def measure(server: psutil.Process, port: int, folder: str, files: int, large: int) -> dict[str, float]:
    before = cpu(server)
    small_seconds = asyncio.run(drop_all(port, folder, orders(files), remove=False))
    small_cpu = (cpu(server) - before) / files * 1e6
    before = cpu(server)
    large_seconds = asyncio.run(drop_all(port, folder, larges(large), remove=True))
    large_cpu = (cpu(server) - before) / (large * LARGE / 1e6) * 1e3
    return {
        "files": files / small_seconds,
        "file_cpu": small_cpu,
        "megabytes": large * LARGE / 1e6 / large_seconds,
        "megabyte_cpu": large_cpu,
    }


def summary(pairs: list[tuple[dict[str, float], dict[str, float]]]) -> dict[str, float]:
    median = statistics.median
    figures = {f"ours_{name}": median(ours[name] for ours, _ in pairs) for name in pairs[0][0]}
    figures |= {f"bare_{name}": median(bare[name] for _, bare in pairs) for name in pairs[0][1]}
    return figures | {f"{name}_ratio": median(ours[name] / bare[name] for ours, bare in pairs) for name in pairs[0][0]}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--files", type=int, default=1500)
    arguments.add_argument("--megabytes", type=int, default=160)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--json", action="store_true")
    chosen = arguments.parse_args()
    large = max(1, chosen.megabytes * 1_000_000 // LARGE)
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o755)
        settings = write_ground(folder)
        settings["GATEWAY_DATABASE_URL"] = stack.enter_context(
            embedded_postgresql(folder / "postgresql", environment="development")
        )
        settings["GATEWAY_COUNTERS_URL"] = stack.enter_context(
            embedded_valkey(folder / "valkey", environment="development")
        )
        port, bare_port = free_port(), free_port()
        settings["GATEWAY_SFTP_PORT"] = str(port)
        ours = stack.enter_context(listening([*RUN, "sftp"], settings))
        (folder / "bare").mkdir()
        bare = stack.enter_context(
            listening([sys.executable, str(HERE / "bare_sftp.py"), str(bare_port), str(folder / "bare")], {})
        )
        asyncio.run(drop_all(port, "/in", orders(100), remove=False))
        asyncio.run(drop_all(bare_port, "", orders(100), remove=False))
        pairs = []
        for round_ in range(chosen.rounds):
            print(f"round {round_ + 1} of {chosen.rounds}", file=sys.stderr)
            pairs.append((measure(ours, port, "/in", chosen.files, large),
                          measure(bare, bare_port, "", chosen.files, large)))  # fmt: skip
    report(summary(pairs), as_json=chosen.json)


def report(figures: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(figures))
        return
    print(f"{CONNECTIONS} connections; medians; CPU of the server process")
    print(f"{'':>6} {'files/s':>8} {'cpu µs':>8} {'MB/s':>8} {'ms/MB':>8}")
    for name in ("ours", "bare"):
        row = (figures[f"{name}_{one}"] for one in ("files", "file_cpu", "megabytes", "megabyte_cpu"))
        print(f"{name:>6} " + " ".join(f"{figure:8.1f}" for figure in row))
    print(f"ratio of rates: files {figures['files_ratio']:.2f}, bytes {figures['megabytes_ratio']:.2f}")


if __name__ == "__main__":
    main()
