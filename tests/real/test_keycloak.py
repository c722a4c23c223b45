"""Tokens of a real Keycloak under our verifier, and what it must refuse of them.

Skipped with a sentence where Java, Maven or the distribution is missing; with GATEWAY_REAL=require that is a failure.
"""

import base64
import hashlib
import json
import secrets
import time
from collections.abc import AsyncIterator

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from gateway.identity.callers import Unauthenticated
from gateway.identity.certificates import thumbprint_of_certificate
from gateway.identity.issuers import Issuer
from gateway.identity.keys import JwksKeys
from gateway.identity.replays import ProcessReplays
from gateway.identity.tokens import Presented, TokenVerifier
from tests.real.keycloak_realms import AUDIENCE, Account, Realms
from tests.real.keycloak_server import Keycloak

pytestmark = [pytest.mark.real, pytest.mark.timeout(240), pytest.mark.xdist_group("keycloak")]
URL = "https://gateway.harbourline.example/v1/documents"


@pytest.fixture(scope="module")
def realms(server: Keycloak) -> Realms:
    return Realms(server)


@pytest.fixture(scope="module")
def acme(realms: Realms) -> Account:
    return realms.account("partners", "acme-edi", realm_role="supplier", client_role="orders")


@pytest.fixture
async def verifier(server: Keycloak, realms: Realms) -> AsyncIterator[TokenVerifier]:
    issuers = [issuer(server.url, realm, kind) for realm, kind in (("partners", "partner"), ("plants", "plant"))]
    keys = JwksKeys(issuers, None, development=True)
    await keys.start()
    yield TokenVerifier(issuers, keys, replays=ProcessReplays())
    await keys.close()


def issuer(base: str, realm: str, kind: str) -> Issuer:
    iss = f"{base}/realms/{realm}"
    return Issuer(iss=iss, kind=kind, jwks_uri=f"{iss}/protocol/openid-connect/certs", audience=AUDIENCE)


async def ask(server: Keycloak, account: Account, *, headers=None, tls=None, **form) -> dict:
    """The token endpoint's answer."""
    base = server.url if tls is None else server.tls_url
    async with httpx.AsyncClient(trust_env=False, verify=tls if tls is not None else True) as client:
        answer = await client.post(
            f"{base}/realms/{account.realm}/protocol/openid-connect/token",
            data={"grant_type": "client_credentials", **form},
            auth=(account.client_id, account.secret),
            headers=headers or {},
        )
    assert answer.status_code == 200, answer.text
    return answer.json()


async def access_token(server: Keycloak, account: Account, **options) -> str:
    return (await ask(server, account, **options))["access_token"]


def bearer(token: str, certificate: str | None = None) -> Presented:
    return Presented(token, "Bearer", "POST", URL, certificate_thumbprint=certificate)


async def code_of(verifier: TokenVerifier, presented: Presented, *kinds: str) -> str:
    with pytest.raises(Unauthenticated) as caught:
        await verifier.verify(presented, kinds=kinds or ("partner",))
    return caught.value.code


async def test_a_service_account_is_known_by_client_roles_and_scopes(server, verifier, acme):
    caller = await verifier.verify(bearer(await access_token(server, acme)), kinds=("partner",))
    assert (caller.kind, caller.client, caller.binding) == ("partner", "acme-edi", "none")
    assert {"supplier", "orders"} <= caller.roles
    assert caller.expires_at - caller.issued_at == 300
    assert caller.issuer == f"{server.url}/realms/partners"


async def test_a_plant_is_known_by_its_claim_and_opens_no_partner_route(server, realms, verifier):
    plant = realms.account("plants", "plant-p1", plant="P1")
    presented = bearer(await access_token(server, plant))
    assert (await verifier.verify(presented, kinds=("plant",))).plant == "P1"
    assert await code_of(verifier, presented, "partner", "corporate") == "token.wrong_kind"


async def test_a_partner_opens_no_plant_route(server, verifier, acme):
    assert await code_of(verifier, bearer(await access_token(server, acme)), "plant") == "token.wrong_kind"


async def test_a_realm_nobody_configured_is_unknown(server, verifier):
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(
            f"{server.url}/realms/master/protocol/openid-connect/token",
            data={"grant_type": "password", "client_id": "admin-cli", "username": server.admin}
            | {"password": server.password},
        )
    assert await code_of(verifier, bearer(answer.json()["access_token"])) == "token.issuer_unknown"


async def test_without_the_audience_mapper_a_token_is_not_for_us(server, realms, verifier):
    careless = realms.account("partners", "no-audience", audience=False)
    assert await code_of(verifier, bearer(await access_token(server, careless))) == "token.audience_refused"


async def test_id_and_refresh_tokens_are_not_access_tokens(server, realms, verifier):
    portal = realms.account("partners", "portal", passwords=True)
    password = realms.person("partners", "pat")
    answer = await ask(server, portal, grant_type="password", username="pat", password=password, scope="openid")
    assert (await verifier.verify(bearer(answer["access_token"]), kinds=("partner",))).client == "portal"
    assert await code_of(verifier, bearer(answer["id_token"])) == "token.wrong_type"
    # Keycloak signs refresh tokens with a secret of its own (HS512)
    assert await code_of(verifier, bearer(answer["refresh_token"])) == "token.algorithm_refused"


@pytest.mark.parametrize("part", [0, 1, 2], ids=["header", "claims", "signature"])
async def test_a_changed_token_does_not_hold(server, verifier, acme, part):
    token = await access_token(server, acme)
    assert await verifier.verify(bearer(token), kinds=("partner",))
    parts = token.split(".")
    if part == 2:
        parts[2] = b64(bytes([unb64(parts[2])[0] ^ 1]) + unb64(parts[2])[1:])
    else:
        parts[part] = b64(json.dumps(json.loads(unb64(parts[part])) | {"changed": True}).encode())
    assert await code_of(verifier, bearer(".".join(parts))) == "token.signature_invalid"


async def test_a_rotated_key_is_picked_up_by_the_first_token_that_names_it(server, realms, verifier, acme):
    before = await access_token(server, acme)
    await verifier.verify(bearer(before), kinds=("partner",))
    realms.rotate_key("partners")
    after = await access_token(server, acme)
    assert kid_of(after) != kid_of(before)
    began = time.monotonic()
    assert (await verifier.verify(bearer(after), kinds=("partner",))).client == "acme-edi"
    assert time.monotonic() - began < 3
    still = await access_token(server, acme)
    assert verifier.recall(bearer(before), ("partner",)) is not None
    assert (await verifier.verify(bearer(still), kinds=("partner",))).client == "acme-edi"


@pytest.mark.parametrize("algorithm", ["PS256", "ES256", "EdDSA"])
async def test_every_default_algorithm_of_ours_is_one_keycloak_signs_with(server, realms, verifier, algorithm):
    account = realms.account(
        "partners", f"signs-{algorithm.lower()}", attributes={"access.token.signed.response.alg": algorithm}
    )
    token = await access_token(server, account)
    assert json.loads(unb64(token.split(".")[0]))["alg"] == algorithm
    assert (await verifier.verify(bearer(token), kinds=("partner",))).client == account.client_id


async def test_the_rfc_9068_header_type_is_taken_too(server, realms, verifier):
    account = realms.account("partners", "rfc9068", attributes={"access.token.header.type.rfc9068": "true"})
    token = await access_token(server, account)
    assert json.loads(unb64(token.split(".")[0]))["typ"] == "at+jwt"
    assert (await verifier.verify(bearer(token), kinds=("partner",))).client == "rfc9068"


async def test_a_proof_bound_token_needs_a_fresh_proof_of_its_key(server, realms, verifier):
    account = realms.account("partners", "dpop-client", attributes={"dpop.bound.access.tokens": "true"})
    key = ec.generate_private_key(ec.SECP256R1())
    endpoint = f"{server.url}/realms/partners/protocol/openid-connect/token"
    answer = await ask(server, account, headers={"DPoP": proof(key, endpoint, None)})
    token = answer["access_token"]
    assert answer["token_type"] == "DPoP"
    shown = Presented(token, "DPoP", "POST", URL, proof=proof(key, URL, token))
    caller = await verifier.verify(shown, kinds=("partner",))
    assert (caller.client, caller.binding) == ("dpop-client", "dpop")
    assert await code_of(verifier, shown) == "dpop.replayed"
    assert await code_of(verifier, bearer(token)) == "token.binding_missing"
    stolen = proof(ec.generate_private_key(ec.SECP256R1()), URL, token)
    assert await code_of(verifier, Presented(token, "DPoP", "POST", URL, proof=stolen)) == "dpop.key_mismatch"


async def test_a_certificate_bound_token_needs_its_certificate(server, realms):
    account = realms.account(
        "partners", "mtls-client", attributes={"tls.client.certificate.bound.access.tokens": "true"}
    )
    token = await access_token(server, account, tls=server.tls())
    certificate = x509.load_pem_x509_certificate((server.certificates / "client.pem").read_bytes())
    thumbprint = thumbprint_of_certificate(certificate)
    issuers = [issuer(server.tls_url, "partners", "partner")]
    async with httpx.AsyncClient(trust_env=False, verify=server.tls(with_certificate=False)) as client:
        keys = JwksKeys(issuers, None, client=client)
        verifier = TokenVerifier(issuers, keys, replays=ProcessReplays())
        caller = await verifier.verify(bearer(token, thumbprint), kinds=("partner",))
        assert (caller.binding, caller.thumbprint) == ("certificate", thumbprint)
        assert await code_of(verifier, bearer(token)) == "token.binding_missing"
        assert await code_of(verifier, bearer(token, b64(bytes(32)))) == "token.binding_mismatch"
        await keys.close()


async def test_kept_keys_verify_while_keycloak_cannot_be_reached(server, realms, acme, tmp_path):
    reachable = [issuer(server.url, "partners", "partner")]
    keys = JwksKeys(reachable, tmp_path / "keys", development=True)
    await keys.start()
    await keys.close()
    token = await access_token(server, acme)
    # the same issuer, its keys now behind a door that is shut
    away = [Issuer(iss=reachable[0].iss, kind="partner", jwks_uri="http://127.0.0.1:1/certs", audience=AUDIENCE)]
    keys = JwksKeys(away, tmp_path / "keys", development=True)
    await keys.start()
    verifier = TokenVerifier(away, keys, replays=ProcessReplays())
    assert (await verifier.verify(bearer(token), kinds=("partner",))).client == "acme-edi"
    await keys.close()


def proof(key: ec.EllipticCurvePrivateKey, url: str, token: str | None) -> str:
    point = key.public_key().public_numbers()
    jwk = {"kty": "EC", "crv": "P-256", "x": b64(point.x.to_bytes(32, "big")), "y": b64(point.y.to_bytes(32, "big"))}
    claims = {"jti": secrets.token_urlsafe(16), "htm": "POST", "htu": url, "iat": int(time.time())}
    if token is not None:
        claims["ath"] = b64(hashlib.sha256(token.encode()).digest())
    header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk}
    signed = ".".join(b64(json.dumps(part).encode()) for part in (header, claims))
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{signed}.{b64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def kid_of(token: str) -> str:
    return json.loads(unb64(token.split(".")[0]))["kid"]


def b64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
