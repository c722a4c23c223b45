"""libas2, an AS2 implementation in JavaScript: fetched once, asked one thing at a time."""

import json
import os
import subprocess
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

from tests.real.keycloak_server import CannotStart

REPOSITORY = Path(__file__).resolve().parents[2]


class LibAs2:
    """Plays the partner with `key` and `cert`; `partner_cert` is ours. Raises CannotStart when it cannot be had."""

    def __init__(self, key: bytes, cert: bytes, partner_cert: bytes) -> None:
        self._identity = {"key": key.decode(), "cert": cert.decode(), "partnerCert": partner_cert.decode()}
        cache = os.environ.get("GATEWAY_REAL_CACHE") or str(Path.home() / ".cache" / "partner-gateway")
        fetched = subprocess.run(
            [REPOSITORY / ".ci" / "fetch-libas2", f"{cache}/libas2"], capture_output=True, text=True, check=False
        )
        if fetched.returncode:
            raise CannotStart(f"libas2 cannot be had: {fetched.stderr.strip().splitlines()[-1]}")
        self._modules = fetched.stdout.strip()

    def send(self, content: bytes, *, encrypt: str | bool, sign: str) -> tuple[list[tuple[bytes, bytes]], bytes]:
        """A message of theirs, as it would stand on the wire."""
        asked = {"content": b64encode(content).decode(), "encrypt": encrypt, "sign": sign, "mdn": sign}
        said = self._ask("send", **asked)
        return [(name.encode(), value.encode()) for name, value in said["headers"]], b64decode(said["body"])

    def receive(self, headers: Any, body: bytes, *, decrypt: bool) -> tuple[bytes | None, list[tuple[str, str]], bytes]:
        """The content as they read it, None when they did not take it, and their receipt."""
        said = self._ask("receive", headers=headers, body=b64encode(body).decode(), decrypt=decrypt)
        content = None if said["content"] is None else b64decode(said["content"])
        return content, [(name, value) for name, value in said["headers"]], b64decode(said["body"])

    def read_receipt(self, headers: Any, body: bytes) -> dict[str, Any]:
        """What they read in a receipt of ours, whose signature they verify."""
        return self._ask("receipt", headers=headers, body=b64encode(body).decode())

    def _ask(self, verb: str, **asked: Any) -> dict[str, Any]:
        ran = subprocess.run(
            ["node", Path(__file__).with_suffix(".js")],
            input=json.dumps({"verb": verb, **self._identity, **asked}).encode(),
            capture_output=True,
            env={**os.environ, "NODE_PATH": self._modules},
            timeout=60,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr.decode()[-2000:]
        answered: dict[str, Any] = json.loads(ran.stdout)
        return answered
