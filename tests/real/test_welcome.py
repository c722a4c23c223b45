"""The token commands of the welcome kit, typed as they are printed, against a real Keycloak."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from support.certificates import certificate, key, pem

from gateway.clock import now
from gateway.settings import Settings
from gateway.welcome.curls import examples
from gateway.welcome.gathering import gather
from partners.directory import load
from partners.onboarding.plans import secret_file
from tests.real.keycloak_server import Keycloak
from tests.real.onboarding_house import House
from tests.real.onboarding_realm import Onboarded, prepare

pytestmark = [pytest.mark.real, pytest.mark.timeout(240), pytest.mark.xdist_group("keycloak")]


@pytest.fixture(scope="module")
def onboarded(server: Keycloak) -> Onboarded:
    return prepare(server, "welcomed")


@pytest.fixture
def house(onboarded: Onboarded, tmp_path: Path) -> House:
    return House(onboarded, tmp_path / "partners")


async def types_it(house: House, name: str, folder: Path, issuer: str) -> None:
    """The first command of the kit prints the beginning of a token."""
    settings = Settings(partners=house.folder, keys=folder, partner_issuers=(issuer,))
    directory = load(house.folder)
    token, *_ = examples(await gather(settings, directory, directory.partners[name], now()))
    authority = str(house.onboarded.server.certificates / "ca.pem")
    ran = subprocess.run(["sh", "-u", "-c", token.command], cwd=folder, capture_output=True, text=True,
                         env={**os.environ, "CURL_CA_BUNDLE": authority})  # fmt: skip
    assert (ran.returncode, ran.stderr) == (0, "")
    assert re.fullmatch(r"eyJ[\w-]{9}\n", ran.stdout), ran.stdout


async def test_a_secret(house: House, tmp_path: Path) -> None:
    house.profile("simple", more="scopes: [orders]").bring("simple")
    secret_file(house.folder / "secrets", "simple-orders").rename(tmp_path / "client-secret")
    await types_it(house, "simple", tmp_path, house.onboarded.issuer)


async def test_an_assertion_signed_by_openssl(house: House, tmp_path: Path) -> None:
    house.certificate("own.pem", pem(certificate("own", of=key(2048, "own"))))
    house.profile("asserting", authentication="private_key_jwt",
                  certificates="{use: [client-assertion], file: own.pem}").bring("asserting")  # fmt: skip
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "client.key").write_bytes(key(2048, "own").private_bytes(*form))
    await types_it(house, "asserting", tmp_path, house.onboarded.issuer)


async def test_a_certificate(house: House, tmp_path: Path) -> None:
    server = house.onboarded.server
    for name in ("client.pem", "client.key"):
        (tmp_path / name).write_bytes((server.certificates / name).read_bytes())
    house.certificate("tls.pem", (tmp_path / "client.pem").read_bytes())
    house.profile("bound", authentication="mtls", binding="certificate",
                  certificates="{use: [tls-client], file: tls.pem}").bring("bound")  # fmt: skip
    await types_it(house, "bound", tmp_path, house.onboarded.issuer.replace(server.url, server.tls_url))
