"""`partner-gateway serve` where it cannot."""

import os
import socket
import subprocess
import sys
from pathlib import Path


def test_a_port_that_is_taken_is_told_with_what_to_do(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        settings = {
            "GATEWAY_STATE": str(tmp_path / "state"),
            "GATEWAY_KEYS": str(tmp_path / "keys"),
            "GATEWAY_PORT": str(port),
            "GATEWAY_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
            "GATEWAY_COUNTERS_URL": "redis://127.0.0.1:1",
        }
        ran = subprocess.run(
            [sys.executable, "-m", "gateway.cli.main", "serve"],
            env={**os.environ, **settings}, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
    assert ran.returncode == 2
    told = f"cannot listen on 127.0.0.1:{port}: address already in use; GATEWAY_HOST and GATEWAY_PORT name another\n"
    assert ran.stderr == told
