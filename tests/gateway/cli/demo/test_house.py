"""Secrets and processes of the demo."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.cli.demo.house import without_settings
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
