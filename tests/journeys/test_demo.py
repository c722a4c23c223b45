"""The newcomer's journey: `partner-gateway demo --once --json` in an empty folder, twice; and what a crash leaves."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from gateway.cli.demo.story import STORY

DEMO = [sys.executable, "-m", "gateway.cli.main", "demo"]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600), pytest.mark.xdist_group("processes")]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Not below pytest's own temporary folders, whose parent each pytest that starts closes to PostgreSQL's user."""
    with tempfile.TemporaryDirectory(prefix="gateway-demo-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(scope="module")
def first_run(folder: Path) -> subprocess.CompletedProcess[str]:
    """A port may be taken in the second in which a program starts: a house that did not come up is set up once more."""
    ran = tell(folder)
    return tell(folder) if not ran.stdout and "address already in use" in ran.stderr else ran


def tell(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*DEMO, "--once", "--json"], cwd=folder, capture_output=True, text=True, timeout=400)


def steps_of(ran: subprocess.CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    steps = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [step["step"] for step in steps] == [step.name for step in STORY], ran.stderr
    assert not [step for step in steps if not step["ok"]], ran.stderr
    assert ran.returncode == 0
    return {step["step"]: step for step in steps}


def left_over(folder: Path) -> list[list[str]]:
    """Processes that run in the folder or name it."""
    found = []
    for process in psutil.process_iter(["cmdline", "cwd"]):
        command, cwd = process.info["cmdline"] or [], process.info["cwd"] or ""
        if process.pid != os.getpid() and (cwd.startswith(str(folder)) or any(str(folder) in word for word in command)):
            found.append(command)
    return found


def test_every_step_of_the_story_holds(first_run: subprocess.CompletedProcess[str]) -> None:
    steps = steps_of(first_run)
    assert steps["order-edifact"]["lines"] == 3
    origins = steps["order-ubl-and-json"]["origins"]
    assert [origin["format"] for origin in origins] == [
        "edifact ORDERS D.96A", "xml Order 2.1", "json purchase_order 1"
    ]  # fmt: skip
    assert steps["production-confirmation"]["produced"] == 24
    assert steps["duplicate"]["message"] == steps["order-edifact"]["message"]
    assert steps["wrong-document"]["edifact"]["place"]["segment"] == "QTY"
    assert steps["wrong-document"]["ubl"]["place"]["line"] == 7
    assert steps["flood"]["refused"] > 0
    assert steps["flood"]["Retry-After"].isdigit()
    assert steps["retired-version"]["status"] == 410
    for channel in ("as2", "sftp"):
        assert [answer.partition(" ")[0] for answer in steps[channel]["answers"]] == ["CONTRL", "ORDRSP"]
    assert steps["as2"]["disposition"] == "processed"
    assert [delivery["attempts"] for delivery in steps["odoo-away"]["while_away"]] == [0] * 5
    assert steps["odoo-away"]["accepted"] == steps["odoo-away"]["created"]
    assert steps["audit"]["balance"]["imbalance"] == 0


def test_secrets_are_for_their_owner_only(folder: Path, first_run: subprocess.CompletedProcess[str]) -> None:
    secrets = folder / ".gateway/demo/secrets"
    assert {file.stat().st_mode & 0o777 for file in secrets.iterdir()} == {0o600}
    assert secrets.stat().st_mode & 0o777 == 0o700
    told = first_run.stdout + first_run.stderr
    assert not [file.name for file in secrets.iterdir() if file.read_text() in told]


def test_nothing_is_left_running(folder: Path, first_run: subprocess.CompletedProcess[str]) -> None:
    assert left_over(folder) == []


def test_it_holds_again_on_the_state_of_the_first_run(
    folder: Path, first_run: subprocess.CompletedProcess[str]
) -> None:
    before, again = steps_of(first_run), steps_of(tell(folder))
    assert again["audit"]["events"] > before["audit"]["events"]
    assert again["order-edifact"]["message"] != before["order-edifact"]["message"]


@pytest.fixture
def staying(folder: Path, first_run: subprocess.CompletedProcess[str]) -> Iterator[subprocess.Popen[str]]:
    """A demo that has told its story and stays up. A busy machine may need a second try: each says why it ended."""
    said: list[str] = []
    for _ in range(3):
        deadline = time.monotonic() + 40
        while left_over(folder) and time.monotonic() < deadline:
            time.sleep(0.2)
        with subprocess.Popen(DEMO, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as demo:
            assert demo.stderr is not None
            for line in demo.stderr:
                said.append(line)
                if "Ctrl-C stops everything" in line:
                    yield demo
                    demo.kill()
                    return
    pytest.fail("".join(said))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_however_it_ends_nothing_is_left_running(
    folder: Path, staying: subprocess.Popen[str], number: signal.Signals
) -> None:
    staying.send_signal(number)
    status = staying.wait(60)
    deadline = time.monotonic() + 40
    while left_over(folder) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert left_over(folder) == []
    assert status == (-signal.SIGKILL if number == signal.SIGKILL else 0)


def test_a_second_demo_in_the_folder_is_refused(folder: Path, staying: subprocess.Popen[str]) -> None:
    ran = tell(folder)
    assert ran.returncode == 1
    assert "a demo is running in" in ran.stderr
    assert ran.stdout == ""
    staying.send_signal(signal.SIGTERM)
    assert staying.wait(60) == 0
