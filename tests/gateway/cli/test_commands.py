"""Each command is found in the module that is imported for it, and nothing else is imported then."""

import argparse
import os
import socket
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from gateway.cli import operating, worker
from gateway.cli.main import _NOUNS, main
from gateway.ledger.database import LedgerUnavailable
from gateway.observing import telling_life


@pytest.mark.parametrize(("command", "module"), _NOUNS.items())
def test_the_module_of_a_command_knows_it(command: str, module: str) -> None:
    commands = argparse.ArgumentParser().add_subparsers()
    import_module(f"gateway.cli.{module}").add_commands(commands)
    assert command in commands.choices


def test_all_modules_together_know_the_commands_and_no_others(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["no-such-command"])
    told = capsys.readouterr().err
    assert all(f"'{command}'" in told or f" {command}" in told or f"{{{command}" in told for command in _NOUNS)
    commands = argparse.ArgumentParser().add_subparsers()
    for module in dict.fromkeys(_NOUNS.values()):
        import_module(f"gateway.cli.{module}").add_commands(commands)
    assert set(commands.choices) == set(_NOUNS)


def _unexplained(parser: argparse.ArgumentParser, path: str) -> list[str]:
    found = []
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            helps = {one.dest: one.help for one in action._choices_actions}
            found += [f"{path} {name}" for name in action.choices if not helps.get(name)]
            found += [one for name, verb in action.choices.items() for one in _unexplained(verb, f"{path} {name}")]
        elif not action.help:
            found.append(f"{path} {'/'.join(action.option_strings) or action.dest}")
    return found


def test_every_command_and_every_argument_says_what_it_is() -> None:
    parser = argparse.ArgumentParser(prog="partner-gateway")
    commands = parser.add_subparsers()
    for module in dict.fromkeys(_NOUNS.values()):
        import_module(f"gateway.cli.{module}").add_commands(commands)
    assert _unexplained(parser, "partner-gateway") == []


_FIND = "`message find 4711` looks for a number or a part of one"
_LIST = "`parcel list --number 4711` looks for a control number"


@pytest.mark.parametrize(
    ("words", "where"),
    [(["message", "show"], _FIND), (["message", "documents"], _FIND), (["parcel", "show"], _LIST),
     (["parcel", "resend", "--why", "lost"], _LIST)],
)  # fmt: skip
def test_a_number_where_an_id_belongs_is_told_where_to_look(
    words: list[str], where: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*words, "4711"])
    assert ended.value.code == 2
    told = f"`4711` is no id, which is a UUID; {where}"
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_who_has_seen_enough_is_told_nothing_more(unbuffered: str) -> None:
    """`partner-gateway … | head`: no traceback, and the status a shell gives for it; also where all that is printed
    goes out at the end, as it does unless Python is told otherwise."""
    command = [sys.executable, "-m", "gateway.cli.main", "policy", "explain", "sender=aurora", "--json"]
    env = os.environ | {"PYTHONUNBUFFERED": unbuffered}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        assert (running.stderr.read(), running.wait(timeout=60)) == ("", 141)


def test_a_server_is_started_without_the_libraries_of_other_commands() -> None:
    """It would hold them in memory for as long as it runs."""
    program = "import sys; from gateway.cli.main import main\ntry: main(['serve', '--help'])\nexcept SystemExit: pass\n"
    program += "print(sorted({name.partition('.')[0] for name in sys.modules} & {'keycloak', 'requests', 'authlib'}))"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=True)
    assert ran.stdout.splitlines()[-1] == "[]"


def test_a_worker_whose_port_for_metrics_is_taken_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("GATEWAY_WORKER_METRICS_PORT", str(port))
        monkeypatch.setenv("GATEWAY_HOST", "127.0.0.1")
        monkeypatch.setenv("GATEWAY_DATABASE_URL", "postgresql://127.0.0.1:1/none")
        monkeypatch.setenv("GATEWAY_COUNTERS_URL", "redis://127.0.0.1:1")
        monkeypatch.setattr(worker, "start_logging", lambda _: None)
        assert main(["worker"]) == 2
    told = f"cannot listen on 127.0.0.1:{port}: address already in use; GATEWAY_WORKER_METRICS_PORT names another\n"
    assert capsys.readouterr().err == told


def test_an_operator_who_named_no_database_is_told_whose_answer_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """`0 parked` of an empty ledger beside the real one would let everybody sleep."""
    monkeypatch.delenv("GATEWAY_DATABASE_URL", raising=False)
    monkeypatch.setenv("GATEWAY_STATE", str(tmp_path))

    def end(_: object) -> None:
        raise LedgerUnavailable("as far as this test goes")

    monkeypatch.setattr(operating, "with_embedded", end)
    assert main(["message", "balance"]) == 2
    told = f"GATEWAY_DATABASE_URL is not set: what follows is of the embedded ledger under {tmp_path.resolve()}"
    assert capsys.readouterr().err.splitlines()[0] == told


def test_a_process_that_counts_no_deliveries_does_not_say_that_they_add_up() -> None:
    """0 would be read as `counted, and in order`; the API counts nothing."""
    program = "import gateway.observing, prometheus_client as p; print(p.generate_latest().decode())"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=True)
    told = ran.stdout.splitlines()
    assert {"gateway_ledger_imbalance NaN", "gateway_audit_tree_size NaN"} <= set(told)


def test_a_process_says_when_it_begins_and_when_it_ends(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", logger="gateway.messages"), telling_life("gateway", address="127.0.0.1:8080"):
        [begun] = caplog.records
        assert begun.getMessage() == "process.started"
        assert begun.facts == {"process": "gateway", "pid": os.getpid(), "address": "127.0.0.1:8080"}  # type: ignore[attr-defined]
    assert [record.getMessage() for record in caplog.records] == ["process.started", "process.stopped"]
