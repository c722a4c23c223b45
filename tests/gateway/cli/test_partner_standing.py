"""`partner-gateway partner suspend|resume|approve|standing`: what an operator types, against a real ledger."""

import argparse
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from support.partner_profiles import whole_house

from gateway.cli import partner, partner_approve, partner_suspend
from gateway.ledger.ledger import Ledger

Typed = Callable[..., Awaitable[int]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = whole_house(tmp_path)
    monkeypatch.setenv("GATEWAY_PARTNERS", str(folder))
    monkeypatch.setenv("COLUMNS", "250")
    return folder


@pytest.fixture
def typed(folder: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Runs a command line; gives its exit status."""
    for module in (partner_suspend, partner_approve):
        monkeypatch.setattr(module, "with_ledger", lambda act: act(ledger))
    parser = argparse.ArgumentParser()
    partner.add_commands(parser.add_subparsers())

    async def run(*words: str) -> int:
        chosen = parser.parse_args(["partner", *words])
        done = chosen.run(chosen)
        return int(done if isinstance(done, int) else await done)

    return run


async def test_a_suspension_is_said_shown_and_lifted(typed: Typed, capsys: pytest.CaptureFixture[str]) -> None:
    assert await typed("suspend", "acme", "--why", "a leaked key") == 0
    assert await typed("suspend", "acme", "--why", "again") == 1
    assert "acme was suspended already" in capsys.readouterr().out
    assert await typed("standing", "--json") == 0
    (held,) = json.loads(capsys.readouterr().out)["decisions"]
    assert (held["partner"], held["decision"], held["reason"]) == ("acme", "suspended", "a leaked key")
    assert held["actor"].startswith("operator ")
    assert await typed("standing") == 0
    assert "a leaked key" in capsys.readouterr().out
    assert await typed("resume", "acme", "--why", "it has a new key") == 0
    assert await typed("resume", "acme", "--why", "again") == 1


async def test_who_has_no_profile_is_not_suspended(typed: Typed, capsys: pytest.CaptureFixture[str]) -> None:
    assert await typed("suspend", "acne", "--why", "a leaked key") == 2
    assert capsys.readouterr().err.startswith("there is no profile of `acne`; there are: acme, ")


async def test_a_mistake_in_a_profile_does_not_keep_anybody_from_suspending(typed: Typed, folder: Path) -> None:
    (folder / "profiles" / "acme.yaml").write_text("id: [")
    (folder / "profiles" / "kiesel.yaml").write_text("plan: gold")
    assert await typed("suspend", "acme", "--why", "a leaked key") == 0
    assert await typed("suspend", "kiesel", "--why", "a leaked key") == 0


async def test_only_who_is_tested_can_be_approved(
    typed: Typed, folder: Path, ledger: Ledger, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await typed("approve", "acme", "--by", "jonas", "--why", "all tests passed") == 2
    assert capsys.readouterr().err == "the profile of `acme` says `active`; only who is `testing` can be approved\n"
    path = folder / "profiles" / "acme.yaml"
    path.write_text(path.read_text().replace("state: active", "state: testing"))
    assert await typed("approve", "acme", "--why", "all tests passed") == 2
    assert capsys.readouterr().err == "an approval needs `--by`: whose it is\n"
    assert await typed("approve", "acme", "--by", "jonas", "--why", "all tests passed") == 0
    (held,) = await ledger.partner_decisions()
    assert (held.decision, held.approved_by, held.reason) == ("approved", "jonas", "all tests passed")
    assert held.revision in capsys.readouterr().out
    assert await typed("approve", "acme", "--withdraw", "--why", "they changed their software") == 0
    assert await typed("approve", "acme", "--withdraw", "--why", "again") == 1
