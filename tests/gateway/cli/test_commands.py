"""Each command is found in the module that is imported for it, and nothing else is imported then."""

import argparse
import os
import subprocess
import sys
from importlib import import_module

import pytest

from gateway.cli.main import _NOUNS, main


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
