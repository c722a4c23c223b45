"""What a partner is given, channel by channel, and what the operator is told that is not there."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from msgspec.structs import replace
from support.mailboxes import a_key, public

from gateway.clock import now
from gateway.settings import Settings
from gateway.welcome.folder import write_folder
from gateway.welcome.gathering import gather
from gateway.welcome.kit import Kit
from gateway.welcome.page import page
from partners.directory import load

Edit = Callable[[str, str, str], None]


async def kit_of(settings: Settings, partner: str) -> Kit:
    directory = load(settings.partners)
    return await gather(settings, directory, directory.partners[partner], now())


# ---- each channel --------------------------------------------------------------------------------------------------


async def test_who_has_a_client_is_told_addresses_and_what_it_may_send(settings: Settings) -> None:
    kit = await kit_of(settings, "aurora")
    assert kit.missing == ()
    assert kit.http is not None
    assert kit.http.token_url == "https://id.bergmann.example/realms/partners/protocol/openid-connect/token"
    assert (kit.http.clients, kit.http.reads, kit.http.fetches) == (("aurora-orders",), True, False)
    assert [(one.file, one.document) for one in kit.samples] == [("samples/purchase-order.json", "purchase_order")]
    assert "You may send over HTTPS, as JSON: purchase order.\n" in page(kit)


async def test_a_supplier_gets_the_sample_of_a_supplier_for_a_plant_of_ours(settings: Settings) -> None:
    (sample,) = (await kit_of(settings, "stahlhof")).samples
    told = msgspec.json.decode(sample.content)
    assert told["despatcher"]["identifiers"] == [{"scheme": "gln", "value": "7612345000008"}]
    assert told["ship_to"]["identifiers"] == [{"scheme": "gln", "value": "4260001230011"}]


async def test_an_as2_partner_is_told_both_names_and_gets_our_certificate_without_its_key(settings: Settings) -> None:
    kit = await kit_of(settings, "werra")
    assert kit.missing == ()
    assert kit.as2 is not None
    assert (kit.as2.url, kit.as2.ours, kit.as2.theirs) == (
        "https://gateway.bergmann.example/as2", "BERGMANN", "WERRA-EDI",
    )  # fmt: skip
    (own,) = kit.certificates
    certificate = x509.load_pem_x509_certificate(own.content)
    assert own.sha256.replace(":", "").lower() == certificate.fingerprint(SHA256()).hex()
    assert own.content == (settings.partner_keys / "bergmann.crt").read_bytes()
    told = page(kit)
    assert f"| SHA-256       | {own.sha256} |" in told
    assert "| we answer with | CONTRL within 5m |" in told
    (sample,) = kit.samples
    assert sample.content.startswith(b"UNB+UNOC:3+4098765000027:14+4260001230004:14+")
    assert b"+SAMPLE1++++1++1'" in sample.content, "an acknowledgement is asked for, and it is a test"
    assert "Those over AS2 say that they are tests. Now that you are live, " in told


async def test_who_may_send_tests_is_not_told_that_it_may_not(settings: Settings, edit: Edit) -> None:
    edit("werra", "state: active", "state: testing")
    assert "say that they are tests" not in page(await kit_of(settings, "werra"))
    edit("werra", "state: testing", "state: active")
    edit("werra", "  format: edifact:ORDERS:D.96A\n", "  format: edifact:ORDERS:D.96A\n  test: true\n")
    assert "say that they are tests" not in page(await kit_of(settings, "werra"))


async def test_a_mailbox_is_told_with_host_key_and_the_key_that_we_know(settings: Settings) -> None:
    kit = await kit_of(settings, "tannhaus")
    assert kit.mailbox is not None
    (host_key,) = kit.mailbox.host_keys
    assert (kit.mailbox.host, kit.mailbox.port, kit.mailbox.account) == ("sftp.bergmann.example", 2222, "tannhaus")
    assert host_key.known_hosts == f"[sftp.bergmann.example]:2222 {' '.join(public('host').split()[:2])}"
    assert host_key.fingerprint == a_key("host").get_fingerprint("sha256")
    assert len(kit.mailbox.keys) == 1
    assert "sftp -P 2222 -o UserKnownHostsFile=known_hosts" in page(kit)


async def test_the_public_half_of_a_host_key_is_enough(settings: Settings) -> None:
    folder = settings.sftp_host_keys
    (folder / "ssh_host_ed25519_key.pub").write_text(public("host") + "\n")
    (folder / "ssh_host_ed25519_key").unlink()
    kit = await kit_of(settings, "tannhaus")
    assert kit.missing == ()
    assert kit.mailbox is not None
    assert [one.kind for one in kit.mailbox.host_keys] == ["ssh-ed25519"]


async def test_a_webhook_and_a_server_of_theirs_are_told_with_public_keys_alone(settings: Settings) -> None:
    kit = await kit_of(settings, "hooked")
    assert kit.missing == ()
    assert kit.webhook is not None
    assert (kit.webhook.signatures, len(kit.webhook.public_keys)) == (("v1", "v1a"), 1)
    assert kit.server is not None
    assert kit.server.key == " ".join(public("ours").split()[:2])
    told = page(kit)
    assert "**Until we have approved you**" in told
    assert "| we POST to" in told
    assert "| time    | from 2030-01-01 |" in told
    assert "--cert client.pem --key client.key" in told
    assert "/v1/outbox?wait=0&limit=1" in told
    assert "/v1/documents\n" not in told, "an untested partner is shown nothing that would be refused"


async def test_nothing_secret_is_in_it(settings: Settings, tmp_path: Path) -> None:
    secrets = [
        path.read_text().strip()
        for path in (*settings.partner_keys.iterdir(), *settings.keys.iterdir(), *settings.sftp_host_keys.iterdir())
        if path.suffix not in (".crt", ".vkey")
    ]
    assert len(secrets) >= 6
    for partner in ("aurora", "werra", "tannhaus", "hooked"):
        kit = await kit_of(settings, partner)
        written = write_folder(kit, tmp_path / "sent" / partner)
        told = [
            page(kit),
            msgspec.json.encode(kit).decode(),
            *(path.read_bytes().decode("latin-1") for path in written),
        ]
        for secret in secrets:
            body = "\n".join(secret.splitlines()[1:-1]) or secret
            assert not [one for one in told if body in one or secret in one]
            assert "PRIVATE KEY" not in "".join(told)


# ---- what is not there ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("partner", "gone", "told"),
    [
        ("werra", "keys/bergmann.crt", "{path}: cannot be read: no such file or directory"),
        ("tannhaus", "host-keys/ssh_host_ed25519_key",
         "{folder}: there is no host key; a `.pub` file of one is enough here; the kit shows no fingerprint of our "
         "SFTP server"),
        ("hooked", "keys/hooked-key",
         "{path}: cannot be read: no such file or directory; the kit does not say how webhooks are signed"),
        ("hooked", "keys/hooked.ssh",
         "{path}: cannot be read: no such file or directory; the kit shows no key of ours for their server"),
    ],
)  # fmt: skip
async def test_a_file_that_is_not_there(settings: Settings, tmp_path: Path, partner: str, gone: str, told: str) -> None:
    path = tmp_path / gone
    path.unlink()
    assert (await kit_of(settings, partner)).missing == (told.format(path=path, folder=path.parent),)


async def test_without_a_verifier_key_receipts_cannot_be_verified(settings: Settings) -> None:
    for path in settings.keys.glob("*.vkey"):
        path.unlink()
    assert (await kit_of(settings, "aurora")).missing == (
        f"{settings.keys}: there is no `checkpoint-….vkey`, so the kit does not say how our receipts are verified; "
        "`partner-gateway keys show` prints it where the keys are",
    )
    assert (await kit_of(settings, "werra")).missing == ()


async def test_without_an_issuer_there_is_no_token_address(settings: Settings) -> None:
    kit = await kit_of(replace(settings, partner_issuers=()), "aurora")
    assert kit.missing == ("GATEWAY_PARTNER_ISSUERS names no issuer: the kit says no token address",)
    assert "```" not in page(kit)


async def test_a_client_without_oauth_is_told(settings: Settings, edit: Edit) -> None:
    edit("aurora", "oauth:\n  authentication: secret   # of the development issuer; ask real partners for a key or a "
                   "certificate\n  roles: [orders.send, messages.read]\n", "")  # fmt: skip
    assert (await kit_of(settings, "aurora")).missing == (
        "the profile has `clients` and no `oauth`: the kit does not say how they prove themselves",
    )


async def test_an_agreed_document_that_no_rule_grants_is_told_with_the_rule(settings: Settings, edit: Edit) -> None:
    edit("hooked", "document: purchase_order, direction: in", "document: invoice, direction: in")
    kit = await kit_of(settings, "hooked")
    assert kit.samples == ()
    (told,) = kit.missing
    assert told.startswith("the sample for agreement `orders` does not pass: access.not_granted: ")


async def test_an_outbox_that_nobody_may_fetch_is_told(settings: Settings, edit: Edit) -> None:
    edit("hooked", "roles: [orders.send, outbox.fetch]", "roles: [orders.send]")
    assert (await kit_of(settings, "hooked")).missing == (
        "an outbox is agreed, but no rule lets the partner fetch; in `oauth.roles` is no role for it",
    )


async def test_a_key_for_assertions_that_has_ended_is_told(settings: Settings, edit: Edit) -> None:
    edit("hooked", "authentication: mtls", "authentication: private_key_jwt")
    edit("hooked", "binding: certificate", "binding: none")
    edit("hooked", "{use: [tls-client], file: acme-2026.pem}",
         "{use: [client-assertion], file: acme-2026.pem, until: 2026-01-02}")  # fmt: skip
    kit = await kit_of(settings, "hooked")
    assert kit.missing == ("no certificate with the use `client-assertion` holds now: its clients get no token",)
