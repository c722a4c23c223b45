"""The development issuer: shaped like Keycloak, strict about its clients, absent outside development."""

import base64
import json
import os
import re
import secrets
import socket
import subprocess
import sys
import time

import httpx
import pytest

from gateway.identity.development import NotDevelopment, application
from gateway.identity.development_clients import BadClientsFile, read_clients
from gateway.identity.issuers import Issuer
from gateway.identity.keys import JwksKeys
from gateway.identity.replays import ProcessReplays
from gateway.identity.tokens import Presented, TokenVerifier

BASE = "http://127.0.0.1:8099"
SECRET = secrets.token_urlsafe(24)
URL = "https://gateway.harbourline.example/v1/documents"
ACME = {
    "client_id": "acme-edi",
    "secret": SECRET,
    "audiences": ["partner-gateway"],
    "realm_roles": ["supplier"],
    "client_roles": {"partner-gateway": ["orders"]},
    "scopes": ["orders:read", "orders:write"],
}
PLANT = {"client_id": "plant-p1", "secret": SECRET, "audiences": ["partner-gateway"], "plant": "P1"}
BOUND = {"client_id": "bound", "secret": SECRET, "audiences": ["partner-gateway"], "require_dpop": True}


def write(folder, realms) -> object:
    place = folder / "clients.json"
    place.write_text(json.dumps({"realms": realms}))
    return place


@pytest.fixture
def clients_file(tmp_path):
    return write(tmp_path, {"partners": [ACME, BOUND], "plants": [PLANT]})


@pytest.fixture
async def client(clients_file, tmp_path, state):
    app = application(clients_file, state, BASE, "development")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE) as opened:
        yield opened


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    """One state folder for the module: making keys is the slow part."""
    return tmp_path_factory.mktemp("state")


@pytest.fixture
def verifier(client):
    issuers = [
        Issuer(
            iss=f"{BASE}/realms/{realm}",
            kind=kind,
            jwks_uri=f"{BASE}/realms/{realm}/protocol/openid-connect/certs",
            audience="partner-gateway",
        )
        for realm, kind in (("partners", "partner"), ("plants", "plant"), ("corporate", "corporate"))
    ]
    return TokenVerifier(issuers, JwksKeys(issuers, None, development=True, client=client), replays=ProcessReplays())


async def post(client, realm="partners", *, auth=("acme-edi", SECRET), headers=None, **form):
    return await client.post(
        f"/realms/{realm}/protocol/openid-connect/token",
        data={"grant_type": "client_credentials", **form},
        auth=auth,
        headers=headers or {},
    )


async def test_its_token_verifies_like_one_of_keycloak(client, verifier):
    answer = await post(client)
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    token = body.pop("access_token")
    assert body == {
        "expires_in": 300,
        "refresh_expires_in": 0,
        "token_type": "Bearer",
        "not-before-policy": 0,
        "scope": "orders:read orders:write",
    }
    caller = await verifier.verify(Presented(token, "Bearer", "POST", URL), kinds=("partner",))
    assert (caller.kind, caller.client, caller.binding) == ("partner", "acme-edi", "none")
    assert caller.roles == {"supplier", "orders"}
    assert caller.scopes == {"orders:read", "orders:write"}
    assert caller.expires_at - caller.issued_at == 300


async def test_a_plant_token_carries_its_plant(client, verifier):
    token = (await post(client, "plants", auth=("plant-p1", SECRET))).json()["access_token"]
    caller = await verifier.verify(Presented(token, "Bearer", "POST", URL), kinds=("plant",))
    assert (caller.kind, caller.plant) == ("plant", "P1")


async def test_the_token_has_the_claims_of_a_keycloak_service_account(client):
    token = (await post(client)).json()["access_token"]
    head, body, _ = (part + "=" * (-len(part) % 4) for part in token.split("."))
    assert json.loads(base64.urlsafe_b64decode(head)).keys() == {"alg", "typ", "kid"}
    assert json.loads(base64.urlsafe_b64decode(body)).keys() == {
        *("exp", "iat", "jti", "iss", "aud", "sub", "typ", "azp", "acr", "realm_access", "resource_access", "scope"),
        *("preferred_username", "client_id"),
    }


async def test_the_secret_may_come_in_the_form(client):
    answer = await post(client, auth=None, client_id="acme-edi", client_secret=SECRET)
    assert answer.status_code == 200


async def test_fewer_scopes_may_be_asked_for_and_others_may_not(client):
    assert (await post(client, scope="orders:read")).json()["scope"] == "orders:read"
    refused = await post(client, scope="orders:read admin")
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_scope")


@pytest.mark.parametrize(
    ("realm", "auth", "status"),
    [
        ("partners", ("acme-edi", SECRET + "x"), 401),
        ("partners", ("acme-edi", ""), 401),
        ("partners", ("nobody", SECRET), 401),
        ("partners", None, 401),
        ("plants", ("acme-edi", SECRET), 401),
        ("corporate", ("acme-edi", SECRET), 401),
    ],
)
async def test_whoever_does_not_prove_to_be_a_client_of_the_realm_gets_no_token(client, realm, auth, status):
    answer = await post(client, realm, auth=auth)
    assert (answer.status_code, answer.json()["error"]) == (status, "invalid_client")


async def test_credentials_that_are_not_text_are_refused(client):
    for rubbish in ("Basic /////w==", "Basic ***", "Basic", "Digest x"):
        answer = await post(client, auth=None, headers={"authorization": rubbish})
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


async def test_only_client_credentials_are_granted(client):
    answer = await post(client, grant_type="password", username="a", password="b")
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")


@pytest.mark.parametrize(
    "body", [b"\xff", b"grant_type=a&grant_type=b", b"x=" + b"a" * 16_384, b"&".join(b"a%d=b" % n for n in range(40))]
)
async def test_a_form_that_cannot_be_read_is_refused(client, body):
    answer = await client.post("/realms/partners/protocol/openid-connect/token", content=body)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_other_addresses_and_methods_do_not_exist(client):
    assert (await client.get("/")).status_code == 404
    assert (await client.get("/realms/master/protocol/openid-connect/certs")).status_code == 404
    assert (await client.get("/realms/partners/account")).status_code == 404
    answer = await client.get("/realms/partners/protocol/openid-connect/token")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


async def test_discovery_names_the_addresses_that_answer(client):
    discovery = (await client.get("/realms/plants/.well-known/openid-configuration")).json()
    assert discovery["issuer"] == f"{BASE}/realms/plants"
    (key,) = (await client.get(discovery["jwks_uri"])).json()["keys"]
    assert (key["use"], key["alg"], key["kty"]) == ("sig", "RS256", "RSA")
    assert not key.keys() & {"d", "p", "q", "dp", "dq", "qi"}


async def test_a_proof_binds_the_token_to_its_key(client, verifier, mint, signing_keys):
    endpoint = f"{BASE}/realms/partners/protocol/openid-connect/token"
    now = int(time.time())
    proof = mint.proof(None, htu=endpoint, iat=now)
    answer = await post(client, headers={"dpop": proof})
    assert answer.json()["token_type"] == "DPoP"
    token = answer.json()["access_token"]
    shown = Presented(token, "DPoP", "POST", URL, proof=mint.proof(token, iat=now, jti="use"))
    caller = await verifier.verify(shown, kinds=("partner",))
    assert (caller.binding, caller.thumbprint) == ("dpop", signing_keys["device"].thumbprint)
    again = await post(client, headers={"dpop": proof})
    assert (again.status_code, again.json()["error"]) == (400, "invalid_dpop_proof")
    assert again.json()["error_description"] == "the DPoP proof was used before; make a new one for each request"


async def test_a_client_that_must_bind_gets_no_loose_token(client):
    answer = await post(client, auth=("bound", SECRET))
    assert answer.status_code == 400
    assert answer.json() == {"error": "invalid_request", "error_description": "DPoP proof is missing"}


async def test_the_signing_keys_survive_a_restart_and_nobody_else_may_read_them(clients_file, tmp_path):
    state = tmp_path / "state"
    published = []
    for _ in range(2):
        app = application(clients_file, state, BASE, "development")
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE) as client:
            published.append((await client.get("/realms/partners/protocol/openid-connect/certs")).json())
    assert published[0] == published[1]
    files = [place for place in state.rglob("*") if place.is_file()]
    assert {place.name for place in files} == {"partners.pem", "plants.pem", "corporate.pem"}
    assert {place.stat().st_mode & 0o777 for place in files} == {0o600}


@pytest.mark.parametrize("environment", ["production", "staging", "", "Development", "development "])
def test_it_refuses_to_exist_outside_development(clients_file, tmp_path, environment):
    with pytest.raises(NotDevelopment) as caught:
        application(clients_file, tmp_path / "state", BASE, environment)
    assert str(caught.value) == (
        f"the development issuer runs only where the environment is `development`, and this is `{environment}`; "
        "configure the issuers of your Keycloak instead"
    )
    assert not (tmp_path / "state").exists()


def test_it_refuses_an_address_others_could_reach_in_the_clear(clients_file, tmp_path):
    with pytest.raises(ValueError, match=re.escape("loopback or https, not `http://gateway.example`")):
        application(clients_file, tmp_path / "state", "http://gateway.example/", "development")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", "Input data was truncated"),
        (b"[" * 50_000, "Expected `object`, got `array`"),
        (b'{"realms": {"masters": []}}', "Invalid enum value 'masters'"),
        (b'{"realms": {"partners": [{"client_id": "a"}]}}', "missing required field `secret`"),
        (b'{"realms": {"partners": [{"client_id": "a", "secret": "b", "role": 1}]}}', "unknown field `role`"),
        (
            b'{"realms": {"partners": [{"client_id": "a", "secret": "changeme"}]}}',
            "client `a` of realm `partners` needs a random secret of at least 24 characters",
        ),
        (
            json.dumps({"realms": {"plants": [PLANT, PLANT]}}).encode(),
            "client `plant-p1` of realm `plants` needs an id of its own",
        ),
        (
            json.dumps({"realms": {"plants": [PLANT | {"lifetime_seconds": 301}]}}).encode(),
            "client `plant-p1` of realm `plants` needs a lifetime of 1 to 300 seconds",
        ),
    ],
)
def test_a_wrong_clients_file_is_refused_with_its_name_and_reason(tmp_path, content, words):
    place = tmp_path / "clients.json"
    place.write_bytes(content)
    with pytest.raises(BadClientsFile) as caught:
        read_clients(place)
    assert str(caught.value).startswith(f"{place}: ")
    assert words in str(caught.value)


def test_a_missing_clients_file_is_named(tmp_path):
    with pytest.raises(BadClientsFile, match=r"none\.json: cannot be read: No such file"):
        read_clients(tmp_path / "none.json")


SERVE = """
import asyncio, sys
from pathlib import Path
from granian.server.embed import Server
from gateway.identity.development import application
clients, state, port = sys.argv[1:]
app = application(Path(clients), Path(state), f"http://127.0.0.1:{port}", "development")
asyncio.run(Server(app, address="127.0.0.1", port=int(port), interface="asgi", log_access=False).serve())
"""


async def test_it_serves_over_a_real_socket_to_the_verifier(clients_file, state):
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    command = [sys.executable, "-c", SERVE, str(clients_file), str(state), str(port)]
    process = subprocess.Popen(command, env=os.environ | {"PYTHONUNBUFFERED": "1"}, stderr=subprocess.PIPE)
    try:
        base = f"http://127.0.0.1:{port}"
        iss = f"{base}/realms/partners"
        certs = f"{iss}/protocol/openid-connect/certs"
        issuer = Issuer(iss=iss, kind="partner", jwks_uri=certs, audience="partner-gateway")
        async with httpx.AsyncClient(base_url=base, trust_env=False) as client:
            await until_it_answers(client, process)
            token = (await post(client)).json()["access_token"]
        keys = JwksKeys([issuer], None, development=True)
        await keys.start()
        verifier = TokenVerifier([issuer], keys, replays=ProcessReplays())
        caller = await verifier.verify(Presented(token, "Bearer", "POST", URL), kinds=("partner",))
        assert caller.client == "acme-edi"
        await keys.close()
    finally:
        process.terminate()
        process.communicate(timeout=10)


async def until_it_answers(client, process) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        assert process.poll() is None, process.stderr.read().decode()
        try:
            await client.get("/realms/partners/.well-known/openid-configuration")
            return
        except httpx.TransportError:
            time.sleep(0.05)
    pytest.fail("the issuer did not answer within 20 s")
