"""Secrets and processes of the demo."""

import os
import signal
import subprocess
import sys
import time
from contextlib import nullcontext
from pathlib import Path

import pytest

from gateway.cli.demo.house import House, without_settings
from gateway.cli.demo.keeping import alone_in, end_groups, is_there
from gateway.cli.demo.programs import DidNotStart, Program
from gateway.cli.demo.secret_files import ODOO, PARTNERS, PLANTS, Secrets
from gateway.identity.development_clients import read_clients


def test_secrets_are_random_kept_and_for_their_owner_only(tmp_path: Path) -> None:
    first = Secrets(tmp_path / "secrets")
    names = (*PARTNERS, *PLANTS, ODOO)
    values = {name: first.read(name) for name in names}
    assert len(set(values.values())) == len(names)
    assert min(len(value) for value in values.values()) >= 43
    assert {first.file(name).stat().st_mode & 0o777 for name in names} == {0o600}
    again = Secrets(tmp_path / "secrets")
    assert {name: again.read(name) for name in names} == values


def test_the_issuer_can_read_the_clients_file(tmp_path: Path) -> None:
    secrets = Secrets(tmp_path / "secrets")
    file = secrets.clients_file()
    clients = read_clients(file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert set(clients["partners"]) == set(PARTNERS)
    assert clients["plants"]["salzungen-mes"].realm_roles == PLANTS["salzungen-mes"]
    assert clients["partners"]["nordlicht-edi"].secret == secrets.read("nordlicht-edi")


def test_settings_of_another_gateway_do_not_reach_the_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_DATABASE_URL", "postgresql://elsewhere/production")
    monkeypatch.setenv("ELSE", "kept")
    assert "GATEWAY_DATABASE_URL" not in without_settings()
    assert without_settings()["ELSE"] == "kept"


def test_a_program_that_ends_by_itself_is_noticed_with_the_end_of_its_log(tmp_path: Path) -> None:
    program = Program("worker", "no.such.module", (), log=tmp_path / "log", env=os.environ)
    with pytest.raises(DidNotStart) as noticed:
        program.wait_until_answers("http://127.0.0.1:1/")
    assert str(noticed.value).startswith("worker ended with status 1; its log ends:\n")
    assert "No module named" in str(noticed.value)
    program.stop()


def test_the_keeper_ends_whole_groups_and_those_that_will_not_hear() -> None:
    deaf = (
        "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); os.fork(); print(1, flush=True); "
        "time.sleep(99)"
    )
    with subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert is_there(process.pid)
        end_groups({process.pid}, patience=0.5)
        assert process.wait(10) == -signal.SIGKILL


def test_a_folder_is_for_one_demo(tmp_path: Path) -> None:
    with alone_in(tmp_path):
        pass
    with alone_in(tmp_path):
        assert (tmp_path / "lock").exists()


def test_a_program_that_was_ended_comes_again_with_the_same_command(tmp_path: Path) -> None:
    program = Program("worker", "http.server", ("0",), log=tmp_path / "log", env=os.environ)
    first = program.group
    assert not program.has_ended
    os.killpg(first, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while not program.has_ended and time.monotonic() < deadline:
        time.sleep(0.05)
    assert program.has_ended
    program.start_again()
    assert not program.has_ended
    assert program.group != first
    program.stop()


def test_the_settings_of_the_demo_are_there_for_the_commands_of_an_operator(tmp_path: Path) -> None:
    house = House(tmp_path / "it's here", lambda _: nullcontext())
    try:
        house.environment |= {"GATEWAY_DATABASE_URL": "postgresql://postgres:@/postgres?host=/x&y=1"}
        house._write_settings()
        shown = 'printf "%s|%s|%s" "$GATEWAY_STATE" "$GATEWAY_DATABASE_URL" "$GATEWAY_WORKER_METRICS_PORT"'
        command = ["/bin/sh", "-c", f'. "$0"; {shown}', str(house.settings)]
        ran = subprocess.run(command, env={}, capture_output=True, text=True, check=True, timeout=60)
    finally:
        house._tear_down()
    # our worker's port is not among them: a second worker may be started beside it
    assert ran.stdout == f"{house.folder}|postgresql://postgres:@/postgres?host=/x&y=1|"
