"""What docs/webhooks.md gives a partner's developers is run as it stands there, on what we sign."""

import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest
from standardwebhooks import WebhookVerificationError

from gateway.channels.webhooks.signing import new_secret, secret_of, signed_headers
from partners.webhooks import Webhook

ROOT = Path(__file__).parents[4]
BODY = b'{"type": "document.order_response", "data": {"name": "M\xc3\xbcller"}}\n'


def blocks(language: str) -> list[str]:
    text = (ROOT / "docs" / "webhooks.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.fixture
def secret() -> str:
    return new_secret(asymmetric=False)


@pytest.fixture
def headers(secret: str) -> dict[str, str]:
    """During a change of secrets."""
    other = secret_of(new_secret(asymmetric=False))
    return signed_headers([other, secret_of(secret)], "0192f0c2-5b1e", int(time.time()), BODY)


def test_python_with_the_package(secret: str, headers: dict[str, str]) -> None:
    names: dict = {}
    exec(blocks("python")[0], names)
    assert names["verified"](BODY, headers, secret) == msgspec.json.decode(BODY)
    with pytest.raises(WebhookVerificationError):
        names["verified"](BODY + b" ", headers, secret)


def test_python_without_a_package(secret: str, headers: dict[str, str]) -> None:
    names: dict = {}
    exec(blocks("python")[1], names)
    is_ours = names["is_ours"]
    assert is_ours(BODY, headers, secret)
    latin = b"UNB+UNOC:3'NAD+BY+++M\xfcller'"
    assert is_ours(latin, signed_headers([secret_of(secret)], "a", int(time.time()), latin), secret)
    assert not is_ours(BODY + b" ", headers, secret)
    assert not is_ours(BODY, headers, new_secret(asymmetric=False))
    assert not is_ours(BODY, signed_headers([secret_of(secret)], "a", int(time.time()) - 301, BODY), secret)


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js")
def test_javascript(secret: str, headers: dict[str, str]) -> None:
    (function,) = blocks("javascript")
    given = msgspec.json.encode([headers, secret]).decode()
    asked = (
        f"const [headers, secret] = {given}; const body = Buffer.from({BODY.hex()!r}, 'hex');"
        "console.log(isOurs(body, headers, secret), isOurs(Buffer.concat([body, body]), headers, secret),"
        "isOurs(body, {...headers, 'webhook-timestamp': '1'}, secret))"
    )
    done = subprocess.run(["node", "-e", function + asked], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["true", "false", "false"]


@pytest.mark.skipif(sys.platform != "linux", reason="base64 and od as Linux has them")
def test_a_shell(secret: str, headers: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "body").write_bytes(BODY)
    known = {"id": headers["webhook-id"], "timestamp": headers["webhook-timestamp"], "secret": secret}
    done = subprocess.run(["bash", "-c", blocks("bash")[0]], check=True, capture_output=True, text=True,
                          cwd=tmp_path, env={"PATH": "/usr/bin:/bin", **known})  # fmt: skip
    assert done.stdout.strip() == headers["webhook-signature"].split(" ")[1]


def test_the_example_of_an_event_has_the_fields_that_are_sent() -> None:
    event = msgspec.json.decode(blocks("json")[0])
    assert list(event) == ["type", "id", "timestamp", "agreement", "data"]


def test_the_example_of_a_profile_has_every_field_there_is() -> None:
    (profile,) = blocks("yaml")
    assert re.findall(r"^  (\w+):", profile, re.MULTILINE) == list(Webhook.__struct_fields__)
