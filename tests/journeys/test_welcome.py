"""A partner's first hour: every command of its welcome kit, typed as it is printed, against a gateway that runs."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from support.serving import write_profiles

from gateway.cli.demo.house import without_settings
from gateway.cli.demo.ports import HOST, reserve
from gateway.cli.demo.programs import Program

SECRET = "a-secret-of-the-partner-that-came-otherwise"
PROFILE = """
id: harbour
name: Harbourline Supplies
kind: distributor
state: active
plan: standard
binding: none
clients: [harbour-orders]
oauth: {authentication: secret, roles: [orders.send, messages.read, outbox.fetch]}
identifiers: {gln: ["4098765000010"]}
agreements:
- {name: orders, document: purchase_order, direction: in, channel: http, format: ubl}
- {name: answers, document: order_response, direction: out, channel: outbox, format: json}
"""
CLIENTS = {
    "realms": {
        "partners": [
            {"client_id": "harbour-orders", "secret": SECRET, "audiences": ["partner-gateway"],
             "realm_roles": ["orders.send", "messages.read", "outbox.fetch"]}
        ],
        "plants": [],
        "corporate": [],
    }
}  # fmt: skip


@contextmanager
def running(folder: Path, database: str, counters: str) -> Iterator[dict[str, str]]:
    """A gateway and an issuer; their environment."""
    write_profiles(folder / "partners")
    (folder / "partners" / "profiles" / "harbour.yaml").write_text(PROFILE)
    (folder / "clients.json").write_bytes(msgspec.json.encode(CLIENTS))
    ports = {name: reserve(0) for name in ("gateway", "issuer")}
    issuer = f"http://{HOST}:{ports['issuer'].port}/realms/partners"
    environment = without_settings() | {
        "GATEWAY_DATABASE_URL": database, "GATEWAY_COUNTERS_URL": counters, "GATEWAY_HOST": HOST,
        "GATEWAY_PORT": str(ports["gateway"].port), "GATEWAY_PUBLIC_URL": f"http://{HOST}:{ports['gateway'].port}",
        "GATEWAY_PARTNERS": str(folder / "partners"), "GATEWAY_PARTNER_ISSUERS": issuer,
        "GATEWAY_STATE": str(folder / "state"), "GATEWAY_KEYS": str(folder / "keys"),
    }  # fmt: skip
    asked = ("development-issuer", "--clients", str(folder / "clients.json"), "--state", str(folder / "issuer"),
             "--port", str(ports["issuer"].port))  # fmt: skip
    programs = []
    try:
        for name, arguments in (("issuer", asked), ("gateway", ("serve",))):
            ports[name].leave_to_listen()
            log = folder / f"{name}.log"
            programs.append(Program(name, "gateway.cli.main", arguments, log=log, env=environment))
        programs[0].wait_until_answers(f"{issuer}/.well-known/openid-configuration")
        programs[1].wait_until_answers(f"{environment['GATEWAY_PUBLIC_URL']}/health/ready")
        yield environment
    finally:
        for program in programs:
            program.stop()
        for port in ports.values():
            port.close()


@pytest.mark.slow
@pytest.mark.xdist_group("processes")
def test_every_command_of_the_kit_works_as_it_is_printed(tmp_path: Path, database: str, valkey_server: str) -> None:
    with running(tmp_path, database, valkey_server) as environment:
        told = subprocess.run(
            [sys.executable, "-P", "-m", "gateway.cli.main", "partner", "welcome", "harbour", "--to", "kit"],
            cwd=tmp_path, env=environment, capture_output=True, text=True,
        )  # fmt: skip
        assert (told.returncode, told.stderr) == (0, "")
        kit = tmp_path / "kit"
        (kit / "client-secret").write_text(f"{SECRET}\n")
        commands = re.findall(r"^## Try it: (.+?)\n\n```sh\n(.+?)\n```$", (kit / "README.md").read_text(), re.M | re.S)
        script = "\n".join(f"echo '=== {title}'\n{command}\necho" for title, command in commands)
        ran = subprocess.run(["sh", "-u", "-c", script], cwd=kit, env=dict(os.environ), capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (0, "")
    answers = dict(re.findall(r"^=== (.+?)\n(.*?)\n(?=(?:===|\Z))", ran.stdout, re.M | re.S))
    assert [title.partition(":")[0] for title in answers] == [
        "Fetch a token", "Try a document", "Send a document", "Ask what became of it", "Fetch what lies ready for you",
    ]  # fmt: skip
    token, tried, sent, asked, fetched = (one.strip() for one in answers.values())
    assert re.fullmatch(r"eyJ\w{9}", token)
    steps = msgspec.json.decode(tried)
    assert (steps["passed"], {one["verdict"] for one in steps["steps"]}) == (True, {"passed"})
    status, _, body = sent.partition("\n")
    assert status == "HTTP 202"
    answer = msgspec.json.decode(body)
    assert not answer["duplicate"]
    history = msgspec.json.decode(asked)
    assert (history["id"], history["verdict"], history["documents"][0]["business_number"]) == (
        answer["message"], "accepted", "PO-4711",
    )  # fmt: skip
    assert msgspec.json.decode(fetched) == {"parcels": []}
