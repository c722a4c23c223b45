"""The proofs of RFC 9449 section 4.3, one refusal for each of its numbered checks."""

import pytest

from gateway.identity.callers import IdentityUnavailable, Unauthenticated
from gateway.identity.dpop import read_proof, thumbprint_of
from gateway.identity.refusals import Refused
from gateway.identity.replays import ReplaysUnavailable
from gateway.identity.tokens import TokenVerifier

NOW = 1_795_000_000
URL = "https://gateway.harbourline.example/v1/documents"


@pytest.fixture
def token(mint, signing_keys):
    return mint.token(claims=mint.claims(typ="DPoP", cnf={"jkt": signing_keys["device"].thumbprint}))


async def code_of(verifier, presented):
    with pytest.raises(Unauthenticated) as caught:
        await verifier.verify(presented, kinds=("partner",))
    return caught.value.code


CLAIMS = {
    "another method": ("dpop.method_mismatch", {"htm": "GET"}),
    "the method in lower case": ("dpop.method_mismatch", {"htm": "post"}),
    "no method": ("dpop.claim_missing", {"htm": None}),
    "another path": ("dpop.url_mismatch", {"htu": f"{URL}/1"}),
    "another host": ("dpop.url_mismatch", {"htu": "https://evil.example/v1/documents"}),
    "another scheme": ("dpop.url_mismatch", {"htu": URL.replace("https", "http")}),
    "another port": ("dpop.url_mismatch", {"htu": "https://gateway.harbourline.example:8443/v1/documents"}),
    "a user in the address": ("dpop.url_mismatch", {"htu": URL.replace("https://", "https://a@")}),
    "a relative address": ("dpop.url_mismatch", {"htu": "/v1/documents"}),
    "an address with a port that is no number": ("dpop.url_mismatch", {"htu": "https://gateway:x/v1"}),
    "no address": ("dpop.claim_missing", {"htu": None}),
    "an address that is a list": ("dpop.claim_malformed", {"htu": [URL]}),
    "the hash of another token": ("dpop.token_mismatch", {"ath": "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"}),
    "no hash of the token": ("dpop.claim_missing", {"ath": None}),
    "made 61 seconds ago": ("dpop.stale", {"iat": NOW - 61}),
    "made 31 seconds ahead": ("dpop.not_yet_valid", {"iat": NOW + 31}),
    "no time": ("dpop.claim_missing", {"iat": None}),
    "a time as text": ("dpop.claim_malformed", {"iat": "now"}),
    "a time as true": ("dpop.claim_malformed", {"iat": True}),
    "no jti": ("dpop.claim_missing", {"jti": None}),
    "an empty jti": ("dpop.claim_missing", {"jti": ""}),
    "a jti that is a number": ("dpop.claim_malformed", {"jti": 7}),
}
HEADERS = {
    "another type": ("dpop.header_refused", {"typ": "JWT"}),
    "no type": ("dpop.header_refused", {"typ": None}),
    "no key": ("dpop.header_refused", {"jwk": None}),
    "a key that is text": ("dpop.header_refused", {"jwk": "key"}),
    "a crit": ("dpop.header_refused", {"crit": ["exp"]}),
    "an address of keys": ("dpop.header_refused", {"jku": "https://evil.example/certs"}),
    "no algorithm": ("dpop.header_refused", {"alg": None}),
    "alg none": ("dpop.algorithm_refused", {"alg": "none"}),
    "alg HS256": ("dpop.algorithm_refused", {"alg": "HS256"}),
    "an algorithm that does not fit the key": ("dpop.key_unfit", {"alg": "RS256"}),
}


@pytest.mark.parametrize("name", CLAIMS)
async def test_a_proof_with_a_wrong_claim_is_refused(verifier, mint, dpop, token, name):
    code, changes = CLAIMS[name]
    assert await code_of(verifier, dpop(token, mint.proof(token, **changes))) == code


@pytest.mark.parametrize("name", HEADERS)
async def test_a_proof_with_a_wrong_header_is_refused(verifier, mint, dpop, token, name):
    code, changes = HEADERS[name]
    assert await code_of(verifier, dpop(token, mint.proof(token, header=changes))) == code


async def test_a_proof_that_gives_its_private_key_away_is_refused(verifier, mint, dpop, token, signing_keys):
    proof = mint.proof(token, header={"jwk": signing_keys["device"].bare | {"d": "AAAA"}})
    assert await code_of(verifier, dpop(token, proof)) == "dpop.key_unfit"


async def test_a_proof_key_that_is_no_point_of_its_curve_is_refused(verifier, mint, dpop, token, signing_keys):
    proof = mint.proof(token, header={"jwk": signing_keys["device"].bare | {"x": "A" * 43}})
    assert await code_of(verifier, dpop(token, proof)) == "dpop.key_unfit"


async def test_a_proof_signed_by_another_key_than_it_shows_is_refused(verifier, mint, dpop, token, signing_keys):
    proof = mint.proof(token, key="other-device", header={"jwk": signing_keys["device"].bare})
    assert await code_of(verifier, dpop(token, proof)) == "dpop.signature_invalid"


async def test_a_proof_of_another_key_than_the_token_is_bound_to_is_refused(verifier, mint, dpop, token):
    assert await code_of(verifier, dpop(token, mint.proof(token, key="other-device"))) == "dpop.key_mismatch"


@pytest.mark.parametrize("bent", ["", "a.b", "{0}, {0}", "{0}=", "{0}\n"])
async def test_a_proof_that_is_not_one_compact_token_is_refused(verifier, mint, dpop, token, bent):
    assert await code_of(verifier, dpop(token, bent.format(mint.proof(token)))) == "dpop.malformed"


async def test_a_huge_proof_is_refused_unread(verifier, mint, dpop, token):
    assert await code_of(verifier, dpop(token, mint.proof(token, note="x" * 8192))) == "dpop.malformed"


async def test_an_unbound_token_may_not_use_the_dpop_scheme(verifier, mint, dpop):
    token = mint.token()
    assert await code_of(verifier, dpop(token, mint.proof(token))) == "dpop.token_unbound"


@pytest.mark.parametrize(
    ("signed", "called"),
    [
        (URL, f"{URL}?cursor=1#top"),
        (f"{URL}?cursor=2", URL),
        ("https://GATEWAY.harbourline.example:443/v1/documents", URL),
        ("HTTPS://gateway.harbourline.example/v1/documents", URL),
        ("https://gateway.harbourline.example", "https://gateway.harbourline.example/"),
    ],
)
async def test_addresses_are_compared_without_query_and_with_their_default_port(
    verifier, mint, dpop, token, signed, called
):
    presented = dpop(token, mint.proof(token, htu=signed), url=called)
    assert (await verifier.verify(presented, kinds=("partner",))).binding == "dpop"


async def test_a_refused_proof_is_not_spent(verifier, mint, dpop, token):
    proof = mint.proof(token)
    assert await code_of(verifier, dpop(token, proof, method="GET")) == "dpop.method_mismatch"
    assert (await verifier.verify(dpop(token, proof), kinds=("partner",))).binding == "dpop"


async def test_no_client_can_spend_the_identifiers_of_another(verifier, mint, dpop, token, signing_keys):
    theirs = mint.token(claims=mint.claims(cnf={"jkt": signing_keys["other-device"].thumbprint}))
    await verifier.verify(dpop(theirs, mint.proof(theirs, key="other-device", jti="same")), kinds=("partner",))
    assert await verifier.verify(dpop(token, mint.proof(token, jti="same")), kinds=("partner",))


async def test_a_proof_is_remembered_as_long_as_it_could_pass_again(verifier, mint, dpop, token, clock):
    proof = mint.proof(token, iat=NOW + 30)
    await verifier.verify(dpop(token, proof), kinds=("partner",))
    clock.now = NOW + 90
    assert await code_of(verifier, dpop(token, proof)) == "dpop.replayed"
    clock.now = NOW + 91
    assert await code_of(verifier, dpop(token, proof)) == "dpop.stale"


async def test_a_lost_replay_record_refuses_as_an_outage(issuers, keychain, clock, mint, dpop, token):
    class Lost:
        async def first_use(self, key, seconds):
            raise ReplaysUnavailable

    verifier = TokenVerifier(issuers, keychain, replays=Lost(), clock=clock)
    with pytest.raises(IdentityUnavailable) as caught:
        await verifier.verify(dpop(token, mint.proof(token)), kinds=("partner",))
    assert caught.value.code == "dpop.unavailable"
    assert caught.value.challenge == 'DPoP realm="partner-gateway"'


async def test_a_refused_proof_names_the_algorithms_in_its_challenge(verifier, mint, dpop, token):
    with pytest.raises(Unauthenticated) as caught:
        await verifier.verify(dpop(token, mint.proof(token, iat=NOW - 100)), kinds=("partner",))
    assert caught.value.challenge == (
        'DPoP realm="partner-gateway", error="invalid_dpop_proof", '
        'error_description="the DPoP proof is too old; make a new one for each request", algs="ES256 EdDSA PS256 RS256"'
    )


def test_the_thumbprint_is_that_of_rfc_7638():
    """The key and thumbprint of RFC 7638 section 3.1; `alg` and `kid` do not count."""
    n = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknj"
        "hMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvR"
        "L5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
    )
    key = {"kty": "RSA", "n": n, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"}
    assert thumbprint_of(key) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


def test_the_proof_of_rfc_9449_section_7_holds():
    """Figure 13 and its token, verbatim."""
    proof = (
        "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRj"
        "QyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGk"
        "iOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZS"
        "IsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L"
        "-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA"
    )
    token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"
    url = "https://resource.example.org/protectedresource"
    checked = read_proof(proof, method="GET", url=url, token=token, now=1562262618)
    assert checked.thumbprint == "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
    with pytest.raises(Refused, match=r"dpop\.token_mismatch"):
        read_proof(proof, method="GET", url=url, token=token + "x", now=1562262618)
