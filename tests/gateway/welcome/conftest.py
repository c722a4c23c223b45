"""Three partners with a channel each, our keys, and settings that name them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.mailboxes import a_key
from support.partner_profiles import whole_house

from gateway.channels.webhooks.signing import new_secret
from gateway.cli.demo.partner_files import PartnerFiles
from gateway.ledger.keyfiles import create_if_absent
from gateway.settings import Settings

HOOKED = """
id: hooked
name: Hooked GmbH
kind: distributor
state: testing
plan: standard
binding: certificate
clients: [hooked-edi]
oauth: {authentication: mtls, roles: [orders.send, outbox.fetch], scopes: [orders]}
webhook: {url: "https://hooked.example/in", secrets: [hooked-shared, hooked-key]}
sftp:
  server:
    host: sftp.hooked.example
    host_keys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIC"]
    user: bergmann
    key: hooked.ssh
    push: /from-bergmann
identifiers: {gln: ["4098765000010"]}
certificates: [{use: [tls-client], file: acme-2026.pem}]
agreements:
- {name: orders, document: purchase_order, direction: in, channel: http, format: json}
- {name: answers, document: order_response, direction: out, channel: outbox, format: json}
- {name: bills, document: invoice, direction: out, channel: webhook, format: json, from: 2030-01-01}
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """`acme`, `werra`, `tannhaus`, `hooked` and those that ship."""
    folder, keys = whole_house(tmp_path), tmp_path / "keys"
    PartnerFiles(folder, keys, tmp_path / "theirs").write("https://werra.example/as2")
    (folder / "profiles" / "acme.yaml").unlink()
    (folder / "profiles" / "hooked.yaml").write_text(HOOKED)
    (keys / "hooked-shared").write_text(new_secret(asymmetric=False))
    (keys / "hooked-key").write_text(new_secret(asymmetric=True))
    (keys / "hooked.ssh").touch(0o600)
    a_key("ours").write_private_key(keys / "hooked.ssh")
    (tmp_path / "host-keys").mkdir()
    (tmp_path / "host-keys" / "ssh_host_ed25519_key").touch(0o600)
    a_key("host").write_private_key(tmp_path / "host-keys" / "ssh_host_ed25519_key")
    create_if_absent(tmp_path / "ledger-keys")
    return Settings(
        partners=folder, partner_keys=keys, keys=tmp_path / "ledger-keys", state=tmp_path / "state",
        sftp_host_keys=tmp_path / "host-keys", sftp_address="sftp.bergmann.example:2222",
        public_url="https://gateway.bergmann.example", partner_issuers=("https://id.bergmann.example/realms/partners",),
    )  # fmt: skip


@pytest.fixture
def edit(settings: Settings) -> Callable[[str, str, str], Any]:
    """Change a profile."""

    def editing(partner: str, was: str, becomes: str) -> None:
        path = settings.partners / "profiles" / f"{partner}.yaml"
        assert was in path.read_text()
        path.write_text(path.read_text().replace(was, becomes))

    return editing
