"""The printed commands with a `curl` that only notes what it was told. tests/journeys runs them against a gateway."""

import os
import subprocess
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from support.certificates import certificate, key

from gateway.clock import now
from gateway.welcome.curls import examples
from gateway.welcome.kit import HttpWay, Kit
from partners.onboarding.keysets import key_id

ISSUER = "https://id.example/realms/partners"


def told(**given: object) -> Kit:
    usual: dict[str, object] = {
        "base": "https://gateway.example", "issuer": ISSUER, "token_url": f"{ISSUER}/protocol/openid-connect/token",
        "clients": ("keyed-orders",), "authentication": "private_key_jwt", "binding": "none", "roles": ("orders.send",),
        "scopes": (), "reads": True, "fetches": False,
    }  # fmt: skip
    way = HttpWay(**{**usual, **given})  # type: ignore[arg-type]
    return Kit(partner="keyed", name="Keyed", at=now(), revision="-", state="active", http=way)


def typed(folder: Path, command: str) -> list[list[str]]:
    """What each `curl` was called with."""
    (folder / "bin").mkdir()
    stand_in = folder / "bin" / "curl"
    stand_in.write_text('#!/bin/sh\nprintf "%s\\n" "$@" END >> heard\nprintf \'{"access_token": "abc"}\'\n')
    stand_in.chmod(0o755)
    environment = {**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}
    ran = subprocess.run(["sh", "-eu", "-c", command], cwd=folder, env=environment, capture_output=True, text=True)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "abc\n", "")
    return [one.split("\n") for one in (folder / "heard").read_text().removesuffix("\nEND\n").split("\nEND\n")]


@pytest.mark.parametrize("client", ["keyed-orders", 'it\'s 100% "theirs"'])
def test_the_assertion_is_one_that_keycloak_believes(tmp_path: Path, client: str) -> None:
    own = certificate("keyed", of=key(2048, "keyed"))
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "client.key").write_bytes(key(2048, "keyed").private_bytes(*form))
    token, *_ = examples(told(key=key_id(own), algorithm="PS256", clients=(client,)))
    ((*_, last),) = typed(tmp_path, token.command)
    assertion = last.removeprefix("client_assertion=")
    assert jwt.get_unverified_header(assertion) == {"alg": "PS256", "typ": "JWT", "kid": key_id(own)}
    claims = jwt.decode(assertion, own.public_key(), algorithms=["PS256"], audience=ISSUER)  # type: ignore[arg-type]
    assert (claims["iss"], claims["sub"], claims["exp"] - claims["iat"]) == (client, client, 60)
    assert len(claims["jti"]) == 32


def test_a_secret_is_read_from_a_file_and_is_no_argument(tmp_path: Path) -> None:
    (tmp_path / "client-secret").write_text("s3cret\r\n")
    token, *_ = examples(told(authentication="secret", scopes=("orders", "more")))
    (arguments,) = typed(tmp_path, token.command)
    assert "s3cret" not in " ".join(arguments)
    assert arguments[arguments.index("--data-urlencode") + 1] == "client_secret@-"
    assert "scope=orders more" in arguments


def test_a_bound_token_is_used_with_its_certificate(tmp_path: Path) -> None:
    token, outbox = examples(told(authentication="mtls", binding="certificate", fetches=True))
    (arguments,) = typed(tmp_path, token.command)
    assert arguments[:5] == ["-sS", "--cert", "client.pem", "--key", "client.key"]
    assert outbox.command.startswith("curl -sS --cert client.pem --key client.key -H ")


@pytest.mark.parametrize(
    "given",
    [{"binding": "dpop"}, {"algorithm": "ES256", "key": "k"}, {"key": None}, {"token_url": None},
     {"authentication": None}],
)  # fmt: skip
def test_nothing_is_printed_that_could_not_be_typed(given: dict[str, object]) -> None:
    assert list(examples(told(**given))) == []
