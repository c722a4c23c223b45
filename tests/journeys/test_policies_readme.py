"""What policies/README.md shows was typed, and is typed again here: each command, and what it prints.

`REWRITE=1 python -m pytest tests/journeys/test_policies_readme.py` writes what is printed now into the page.
"""

import asyncio
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import msgspec
import pytest
from support.serving import an_order, serving

from gateway.cli.main import main
from gateway.ledger.database import open_pool
from gateway.ledger.ledger import Ledger
from gateway.ledger.payloads import Payloads
from gateway.ledger.sealing import PayloadKey, Sealer
from gateway.ledger.watching import GatewayReport
from gateway.settings import PACKAGED
from gateway.submissions import Credential, Receipt, Submission
from policies.keeping import Kept
from policies.live import LivePolicies
from policies.signers import load_signers
from translators.fileproblems import FileProblems

README = PACKAGED / "policies" / "README.md"
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ORDERS = 30

_VOLATILE = (
    (r"sha256:[0-9a-f]{16}", "sha256:…"),
    (r"ed25519:[A-Za-z0-9+/]{43}=", "ed25519:…"),
    (r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", "a message"),
    (r"\b\d{4}-\d\d-\d\d \d\d:\d\d\b|\b\d\d-\d\d \d\d:\d\d\b", "a moment"),
    (r"\b\d+-[0-9a-f]{16}\b", "a kept set"),
    (r"\.yaml:\d+(:\d+)?", ".yaml:…"),
    (r"\b\d+ of \d+ (cases|rules)|\b\d+ (files|rules are)", "some"),
    (r"[━─]+|[╇┃│ ]+", " "),
    (r"(?<=refused )\d+ |\b\d+(?= would have been judged)|(?<=note: )\d+", "some"),
)
"""What differs from run to run, or with every rule that is added."""


def steady(text: str) -> list[str]:
    for pattern, stands_for in _VOLATILE:
        text = re.sub(pattern, stands_for, text)
    return [line.strip() for line in text.splitlines() if line.strip()]


class House:
    """A folder in which the page is followed, and a gateway that runs beside it."""

    def __init__(self, folder: Path, database: str) -> None:
        self.folder = folder
        self.database = database

    def run(self, command: str) -> str:
        """What a terminal would show."""
        if command.startswith("export "):
            name, _, value = command.removeprefix("export ").partition("=")
            os.environ[name] = value
            return ""
        if command.startswith("partner-gateway ") and "|" not in command:
            printed = io.StringIO()
            with redirect_stdout(printed), redirect_stderr(printed):
                main(shlex.split(command)[1:])
            shown = printed.getvalue()
        else:
            path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
            ran = subprocess.run(
                ["bash", "-c", command], cwd=self.folder, env=os.environ | {"PATH": path}, capture_output=True,
                text=True, timeout=120, check=True,
            )  # fmt: skip
            shown = ran.stdout
        self.let_the_gateway_notice()
        return shown

    def let_the_gateway_notice(self) -> None:
        """What a running gateway does within seconds: take the live set, keep it, and say so."""
        signers = os.environ.get("GATEWAY_POLICY_SIGNERS")
        if signers is None or not (self.folder / "live").is_dir():
            return
        kept = Kept(self.folder / "state" / "policies" / "gateway")
        try:
            live = LivePolicies(self.folder / "live", kept=kept, signers=load_signers(Path(signers)))
        except FileProblems:
            return
        report = GatewayReport(revision=live.current.revision, number=live.number, problems=len(live.problems))
        asyncio.run(self._report(report))

    async def _report(self, report: GatewayReport) -> None:
        ledger = await self._ledger("gateway@edge-1:4711")
        await ledger.report_gateway(report)
        await ledger.close()

    async def _ledger(self, worker: str) -> Ledger:
        return Ledger(await open_pool(self.database), Payloads(Sealer([PayloadKey("test", b"k" * 32)])), worker)

    async def receive_last_weeks_orders(self, folder: Path) -> None:
        """Aurora sends its morning's orders within a few seconds; kiesel sends one."""
        ledger = await self._ledger("gateway")
        async with serving(ledger, folder) as served:
            for client, count in (("aurora-orders", ORDERS), ("kiesel-test", 1)):
                credential = Credential(kind="partner", client=client, roles=frozenset({"orders.send"}))
                for number in range(count):
                    admission = await served.intake.admit(credential, "v1")
                    content = msgspec.json.encode(an_order(number=f"PO-{number}"))
                    submission = Submission(content=content, media_type="application/json")
                    assert isinstance(await served.intake.accept(submission, admission), Receipt)
        await ledger.close()


@pytest.fixture
def house(
    tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    for name in [name for name in os.environ if name.startswith("GATEWAY_")]:
        monkeypatch.delenv(name)
    for name in ("GATEWAY_POLICIES", "GATEWAY_POLICY_SIGNERS"):
        monkeypatch.setenv(name, "")  # so that what the page exports is taken back in the end
        monkeypatch.delenv(name)
    monkeypatch.setenv("GATEWAY_DATABASE_URL", database)
    monkeypatch.setenv("GATEWAY_COUNTERS_URL", "redis://127.0.0.1:1")
    monkeypatch.setenv("GATEWAY_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("GATEWAY_KEYS", str(tmp_path / "keys"))
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.chdir(tmp_path)
    shutil.copytree(PACKAGED / "policies" / "rules", tmp_path / "policies" / "rules")
    made = House(tmp_path, database)
    asyncio.run(made.receive_last_weeks_orders(tmp_path_factory.mktemp("served")))
    yield made
    for name in ("GATEWAY_POLICIES", "GATEWAY_POLICY_SIGNERS"):
        os.environ.pop(name, None)


def followed(house: House, block: str) -> str:
    """The block with what its commands print now."""
    commands = [line.removeprefix("$ ") for line in block.splitlines() if line.startswith("$ ")]
    shown = ((command, house.run(command)) for command in commands)
    text = "".join(f"$ {command}\n{re.sub(r' +$', '', output, flags=re.MULTILINE)}" for command, output in shown)
    return text.replace(str(house.folder) + "/", "")


def test_the_page_shows_what_is_printed(house: House) -> None:
    text = README.read_text()
    assert len(BLOCK.findall(text)) >= 7, "the page shows commands"
    now = BLOCK.sub(lambda found: f"```console\n{followed(house, found[1])}```", text)
    if os.environ.get("REWRITE"):
        README.write_text(now)
    shown, printed = ([steady(block) for block in BLOCK.findall(page)] for page in (text, now))
    assert printed == shown or os.environ.get("REWRITE"), "REWRITE=1 writes the page anew"


def test_the_story_of_the_page_is_true(house: House) -> None:
    """What its sentences claim, beside what its commands print."""
    printed = "".join(followed(house, block) for block in BLOCK.findall(README.read_text()))
    assert "unknown unit `minite`" in printed
    assert re.search(rf"{ORDERS + 1} messages since", printed)
    assert re.search(r"aurora +│ refused +│ \d+ ", printed), "some of aurora's orders would have been refused"
    assert "nothing would have been judged otherwise" in printed
    assert "this file was changed after it was signed" in printed
    assert "put in force at live: number 2" in printed
    assert "restoring number 1" in printed
    assert "put in force at live: number 3" in printed
