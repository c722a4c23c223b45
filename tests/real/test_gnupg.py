"""GnuPG as a partner's: what `gpg` signs and encrypts, as partners' scripts do it, is opened by us.

Our key is one of GnuPG's, too, made as docs/sftp.md says: it asks senders not to compress.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from support.mailboxes import SftpWorld, order_bytes, sftp_world
from support.pgp_keys import agree, write_pgp_keys

from gateway.ledger.ledger import Ledger

pytestmark = pytest.mark.real


class GnuPg:
    """A keyring of a partner's, with our public key in it."""

    def __init__(self, folder: Path, program: str) -> None:
        self._folder = folder
        self._program = program
        self("--quick-gen-key", "edi@nordlicht.example", "default", "default", "never")
        self("--default-preference-list", "SHA512 SHA256 AES256 AES192 AES Uncompressed",
             "--quick-gen-key", "house@example.com", "default", "default", "never")  # fmt: skip

    def __call__(self, *words: str, given: bytes = b"") -> bytes:
        command = [self._program, "--homedir", str(self._folder), "--batch", "--quiet", "--yes", "--pinentry-mode",
                   "loopback", "--passphrase", "", "--trust-model", "always", *words]  # fmt: skip
        ran = subprocess.run(command, input=given, capture_output=True, timeout=60, check=False)
        assert ran.returncode == 0, ran.stderr.decode()
        return ran.stdout


@pytest.fixture
def gpg() -> Iterator[GnuPg]:
    program = shutil.which("gpg")
    if program is None:
        if os.environ.get("GATEWAY_REAL") == "require":
            pytest.fail("no gpg here: apt-get install gnupg")
        pytest.skip("no gpg here: apt-get install gnupg")
    with tempfile.TemporaryDirectory(prefix="gpg-", ignore_cleanup_errors=True) as folder:  # short: it has a socket
        Path(folder).chmod(0o700)
        yield GnuPg(Path(folder), program)
        subprocess.run(["gpgconf", "--homedir", folder, "--kill", "all"], check=False)


@pytest.fixture
async def world(ledger: Ledger, tmp_path: Path, gpg: GnuPg) -> AsyncIterator[SftpWorld]:
    async with sftp_world(ledger, tmp_path) as opened:
        certificates = opened.folder / "partners" / "certificates"
        write_pgp_keys(opened.folder / "keys", certificates)
        (opened.folder / "keys" / "house.pgp").write_bytes(gpg("--export-secret-keys", "house@example.com"))
        (certificates / "nordlicht.asc").write_bytes(gpg("--armor", "--export", "edi@nordlicht.example"))
        agree(opened)
        yield opened


@pytest.mark.parametrize(
    "words",
    [(), ("--armor",), ("--compress-algo", "none"), ("--cipher-algo", "AES256"),
     ("--digest-algo", "SHA512")],
    ids=" ".join,
)  # fmt: skip
async def test_what_gpg_signs_and_encrypts_is_opened(world: SftpWorld, gpg: GnuPg, words: tuple[str, ...]) -> None:
    file = gpg("--sign", "--encrypt", "-r", "house@example.com", *words, given=order_bytes())
    await world.drop("order.json.gpg", file)
    assert [one["status"] for one in await world.acknowledgements()] == ["accepted"]


@pytest.mark.parametrize("words", [("--sign",), ("--clear-sign",), ("--armor", "--sign")], ids=" ".join)
async def test_what_gpg_signs_alone_is_verified(world: SftpWorld, gpg: GnuPg, words: tuple[str, ...]) -> None:
    agree(world, receive={"encrypted": False})
    await world.drop("order.json.asc", gpg(*words, given=order_bytes()))
    assert [one["status"] for one in await world.acknowledgements()] == ["accepted"]


@pytest.mark.parametrize(
    ("words", "code"),
    [(("--encrypt", "-r", "house@example.com"), "pgp.signature"),
     (("--sign", "--encrypt", "-r", "edi@nordlicht.example"), "pgp.not_opened"),
     (("--sign",), "pgp.required"),
     (("--sign", "--encrypt", "-r", "house@example.com", "--digest-algo", "SHA1"), "pgp.signature"),
     (("--sign", "--encrypt", "-r", "house@example.com", "--compress-algo", "zlib"), "pgp.signature"),
     (("--symmetric", "--passphrase", "a passphrase"), "pgp.not_opened")],
    ids=["not signed", "to another key", "not encrypted", "signed with SHA-1", "compressed", "by a passphrase"],
)  # fmt: skip
async def test_what_gpg_does_otherwise_than_agreed_is_refused(
    world: SftpWorld, gpg: GnuPg, words: tuple[str, ...], code: str
) -> None:
    await world.drop("order.json.gpg", gpg(*words, given=order_bytes()))
    (told,) = await world.acknowledgements()
    assert (told["status"], told["code"]) == ("refused", code)


async def test_a_signature_that_nobody_demands_may_be_compressed(world: SftpWorld, gpg: GnuPg) -> None:
    agree(world, receive={"signed": False})
    file = gpg("--sign", "--encrypt", "-r", "house@example.com", "--compress-algo", "zlib", given=order_bytes())
    await world.drop("order.json.gpg", file)
    assert [one["status"] for one in await world.acknowledgements()] == ["accepted"]
