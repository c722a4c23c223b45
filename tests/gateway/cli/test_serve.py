"""`partner-gateway serve` where it cannot."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.cli.serve import _is_shared
from gateway.settings import PACKAGED
from policies.folders import read_folder
from policies.keeping import Kept


def serve(folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """On any port, until it ends by itself."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    usual = {
        "GATEWAY_STATE": str(folder / "state"),
        "GATEWAY_KEYS": str(folder / "keys"),
        "GATEWAY_PORT": str(port),
        "GATEWAY_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
        "GATEWAY_COUNTERS_URL": "redis://127.0.0.1:1",
    }
    return subprocess.run(
        [sys.executable, "-m", "gateway.cli.main", "serve"],
        env={**os.environ, **usual, **settings}, capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def test_rules_with_a_mistake_are_told_with_their_place(tmp_path: Path, database: str) -> None:
    rules = tmp_path / "rules"
    shutil.copytree(PACKAGED / "policies" / "rules", rules)
    file = rules / "routing.yaml"
    file.write_text(file.read_text().replace("when_parked: pass", "when_parked: maybe", 1))
    ran = serve(tmp_path, GATEWAY_DATABASE_URL=database, GATEWAY_POLICIES=str(rules))
    assert ran.returncode != 0
    assert ran.stderr.startswith(f"{file}:")
    assert "`maybe`" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_rules_that_are_away_are_told_where_none_were_kept(tmp_path: Path, database: str) -> None:
    ran = serve(tmp_path, GATEWAY_DATABASE_URL=database, GATEWAY_POLICIES=str(tmp_path / "nowhere"))
    assert ran.returncode != 0
    assert ran.stderr.splitlines()[-1] == f"{tmp_path / 'nowhere'}: there is no such folder of rules"


def test_rules_that_are_away_stop_nobody_who_has_kept_some(tmp_path: Path) -> None:
    """It gets as far as the ledger; without this it would end with what was said of the folder."""
    Kept(tmp_path / "state" / "policies" / "gateway").keep(
        read_folder(PACKAGED / "policies" / "rules"), "a", None, None
    )
    ran = serve(tmp_path, GATEWAY_POLICIES=str(tmp_path / "nowhere"))
    assert ran.stderr.splitlines()[-1] == "the ledger's database does not answer"


def test_a_ledger_that_is_away_is_told(tmp_path: Path) -> None:
    ran = serve(tmp_path)
    assert ran.returncode != 0
    assert ran.stderr.splitlines()[-1] == "the ledger's database does not answer"


@pytest.mark.parametrize("shares", [True, False])
def test_a_port_that_another_process_shares_is_noticed(shares: bool) -> None:
    """Half of the connections would go to a gateway of other settings, and nobody would know."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, int(shares))
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        assert not _is_shared("127.0.0.1", port), "nobody listens there yet"
        other.listen()
        assert _is_shared("127.0.0.1", port) == shares


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
