"""The secrets of the demo: random, made on the first run, in files only their owner can read, kept for the next."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

PARTNERS = {
    "nordlicht-edi": ("orders.send", "messages.read"),
    "aurora-orders": ("orders.send", "messages.read"),
    "monteverde-api": ("orders.send", "messages.read"),
    "kiesel-test": ("orders.send", "messages.read"),
    "stahlhof-versand": ("despatch.send", "messages.read"),
}
PLANTS = {"salzungen-mes": ("production.confirm", "deliveries.fetch")}
"""Clients of the shipped profiles, with the roles the shipped rules ask for."""

ODOO = "odoo-api-key"


class Secrets:
    """One file for each in `folder`, named after what it opens."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        self.folder = folder
        for name in (*PARTNERS, *PLANTS, ODOO):
            if not self.file(name).exists():
                write_secret(self.file(name), secrets.token_urlsafe(32).encode())

    def file(self, name: str) -> Path:
        return self.folder / name

    def read(self, name: str) -> str:
        return self.file(name).read_text()

    def clients_file(self) -> Path:
        """What the development issuer reads."""
        realms = {"partners": self._clients(PARTNERS), "plants": self._clients(PLANTS), "corporate": []}
        file = self.file("clients.json")
        write_secret(file, msgspec.json.encode({"realms": realms}))
        return file

    def _clients(self, roles: Mapping[str, tuple[str, ...]]) -> list[dict[str, Any]]:
        return [
            {"client_id": name, "secret": self.read(name), "audiences": ["partner-gateway"], "realm_roles": granted}
            for name, granted in roles.items()
        ]


def write_secret(file: Path, content: bytes) -> None:
    """Whole or not at all, and never readable by anybody else."""
    part = file.with_name(f".{file.name}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
        opened.write(content)
    part.replace(file)
