"""What a verified token says about its caller, and what is checked again on every hit of the cache."""

import pytest

from gateway.identity.callers import Caller, IdentityUnavailable, Unauthenticated
from gateway.identity.keys import KeysUnavailable
from gateway.identity.tokens import TokenVerifier

NOW = 1_795_000_000
PARTNERS = "https://id.harbourline.example/realms/partners"
PLANTS = "https://id.harbourline.example/realms/plants"
CORPORATE = "https://id.harbourline.example/realms/corporate"


async def refused(verifier, presented, *kinds):
    with pytest.raises(Unauthenticated) as caught:
        await verifier.verify(presented, kinds=kinds or ("partner",))
    return caught.value


async def test_a_good_token_names_its_caller_with_the_roles_of_the_realm_and_of_our_audience_only(
    verifier, mint, bearer
):
    caller = await verifier.verify(bearer(mint.token()), kinds=("partner",))
    assert caller == Caller(
        kind="partner",
        issuer=PARTNERS,
        subject="9b1c4c1e-6f0e-4a57-8f5b-3a6a6a1f1b11",
        client="acme-edi",
        roles=frozenset({"supplier", "orders"}),
        scopes=frozenset({"orders:write", "orders:read"}),
        issued_at=NOW - 10,
        expires_at=NOW + 290,
        binding="none",
        thumbprint=None,
        plant=None,
    )


@pytest.mark.parametrize(("algorithm", "key"), [("RS256", "rsa"), ("PS256", "rsa"), ("ES256", "ec"), ("EdDSA", "ed")])
async def test_every_default_algorithm_verifies(verifier, mint, bearer, algorithm, key):
    token = mint.token(mint.header(alg=algorithm, kid=key), key=key)
    assert (await verifier.verify(bearer(token), kinds=("partner",))).client == "acme-edi"


async def test_a_plant_token_carries_its_plant_and_a_partner_token_cannot_claim_one(verifier, mint, bearer):
    plant = mint.token(claims=mint.claims(iss=PLANTS, azp="plant-p1", plant="P1"))
    partner = mint.token(claims=mint.claims(plant="P1"))
    assert (await verifier.verify(bearer(plant), kinds=("plant",))).plant == "P1"
    assert (await verifier.verify(bearer(partner), kinds=("partner",))).plant is None


async def test_an_rfc_9068_issuer_is_told_by_the_header_and_names_its_client_by_client_id(verifier, mint, bearer):
    claims = mint.claims(iss=CORPORATE, typ=None, azp=None, client_id="console", aud="partner-gateway")
    for typ in ("at+jwt", "application/at+jwt", "AT+JWT"):
        token = mint.token(mint.header(typ=typ), claims)
        assert (await verifier.verify(bearer(token), kinds=("corporate",))).client == "console"


async def test_a_verified_token_is_recalled_without_waiting_and_without_its_key(verifier, mint, bearer, keychain):
    presented = bearer(mint.token())
    assert verifier.recall(presented, ("partner",)) is None
    caller = await verifier.verify(presented, kinds=("partner",))
    assert verifier.recall(presented, ("partner",)) is caller
    assert await verifier.verify(presented, kinds=("partner",)) is caller
    assert keychain.asked == 1


async def test_a_remembered_token_is_still_of_one_kind_only(verifier, mint, bearer):
    presented = bearer(mint.token())
    await verifier.verify(presented, kinds=("partner",))
    assert verifier.recall(presented, ("plant", "corporate")) is None
    assert (await refused(verifier, presented, "plant", "corporate")).code == "token.wrong_kind"


async def test_a_remembered_token_expires_on_time(verifier, mint, bearer, clock):
    presented = bearer(mint.token(claims=mint.claims(exp=NOW + 5)))
    await verifier.verify(presented, kinds=("partner",))
    clock.now = NOW + 34
    assert verifier.recall(presented, ("partner",)) is not None
    clock.now = NOW + 35
    assert verifier.recall(presented, ("partner",)) is None
    assert (await refused(verifier, presented)).code == "token.expired"


async def test_a_remembered_token_is_examined_again_after_a_minute(verifier, mint, bearer, clock, keychain):
    presented = bearer(mint.token())
    await verifier.verify(presented, kinds=("partner",))
    clock.now = NOW + 60
    keychain.published.clear()
    assert (await refused(verifier, presented)).code == "token.key_unknown"


async def test_the_memory_of_tokens_is_bounded_and_drops_the_oldest(issuers, keychain, clock, mint, bearer):
    verifier = TokenVerifier(issuers, keychain, replays=None, clock=clock, cache_size=2)
    shown = [bearer(mint.token(claims=mint.claims(jti=f"{number}"))) for number in range(3)]
    for presented in shown:
        await verifier.verify(presented, kinds=("partner",))
    assert [verifier.recall(presented, ("partner",)) is not None for presented in shown] == [False, True, True]


async def test_a_certificate_bound_token_needs_its_certificate_with_every_request(verifier, mint, bearer):
    token = mint.token(claims=mint.claims(cnf={"x5t#S256": "thumb-a"}))
    for _ in range(2):  # fresh, then remembered
        caller = await verifier.verify(bearer(token, "thumb-a"), kinds=("partner",))
        assert (caller.binding, caller.thumbprint) == ("certificate", "thumb-a")
        assert (await refused(verifier, bearer(token))).code == "token.binding_missing"
        assert (await refused(verifier, bearer(token, "thumb-b"))).code == "token.binding_mismatch"
        assert verifier.recall(bearer(token), ("partner",)) is None
        assert verifier.recall(bearer(token, "thumb-b"), ("partner",)) is None


async def test_a_proof_bound_token_needs_a_new_proof_with_every_request(verifier, mint, dpop, bearer, signing_keys):
    jkt = signing_keys["device"].thumbprint
    token = mint.token(claims=mint.claims(typ="DPoP", cnf={"jkt": jkt}))
    first = dpop(token, mint.proof(token))
    caller = await verifier.verify(first, kinds=("partner",))
    assert (caller.binding, caller.thumbprint) == ("dpop", jkt)
    assert verifier.recall(first, ("partner",)) is None
    assert (await refused(verifier, first)).code == "dpop.replayed"
    assert await verifier.verify(dpop(token, mint.proof(token, jti="another")), kinds=("partner",)) == caller
    assert (await refused(verifier, bearer(token))).code == "token.binding_missing"
    assert (await refused(verifier, dpop(token, None))).code == "dpop.missing"


async def test_what_keycloak_adds_to_a_binding_and_names_nobody_knows_are_no_hindrance(
    verifier, mint, dpop, signing_keys
):
    cnf = {"jkt": signing_keys["device"].thumbprint, "kc-jkt-type": "DPoP", "note": "new"}
    token = mint.token(claims=mint.claims(typ="DPoP", cnf=cnf))
    assert (await verifier.verify(dpop(token, mint.proof(token)), kinds=("partner",))).binding == "dpop"


async def test_a_token_bound_twice_needs_both(verifier, mint, dpop, signing_keys):
    cnf = {"jkt": signing_keys["device"].thumbprint, "x5t#S256": "thumb-a"}
    token = mint.token(claims=mint.claims(cnf=cnf))
    assert (await refused(verifier, dpop(token, mint.proof(token)))).code == "token.binding_missing"


async def test_keys_out_of_reach_refuse_as_an_outage(issuers, clock, mint, bearer):
    class NoKeys:
        async def find(self, issuer, kid):
            raise KeysUnavailable

    verifier = TokenVerifier(issuers, NoKeys(), replays=None, clock=clock)
    error = await refused(verifier, bearer(mint.token()))
    assert isinstance(error, IdentityUnavailable)
    assert error.code == "keys.unavailable"


@pytest.mark.parametrize(
    "order",
    [{}, {"client": "acme-edi"}, {"issuer": PARTNERS}, {"token_id": "trrtcc:5d0d7b8e"}],
    ids=["everything", "a client", "an issuer", "a token"],
)
async def test_the_kill_switch_stops_fresh_and_remembered_tokens_issued_up_to_its_moment(verifier, mint, bearer, order):
    presented = bearer(mint.token())
    await verifier.verify(presented, kinds=("partner",))
    verifier.revoke_before(NOW - 10, **order)
    assert verifier.recall(presented, ("partner",)) is None
    assert (await refused(verifier, presented)).code == "token.revoked"


@pytest.mark.parametrize(
    "order",
    [
        {"epoch": NOW - 11},
        {"epoch": NOW, "client": "nordwind-api"},
        {"epoch": NOW, "issuer": PLANTS},
        {"epoch": NOW, "token_id": "other"},
        {"epoch": NOW, "client": "acme-edi", "issuer": PLANTS},
    ],
    ids=["issued later", "another client", "another issuer", "another token", "only half fits"],
)
async def test_the_kill_switch_spares_what_it_does_not_name(verifier, mint, bearer, order):
    verifier.revoke_before(**order)
    assert (await verifier.verify(bearer(mint.token()), kinds=("partner",))).client == "acme-edi"


async def test_a_refusal_tells_the_caller_what_to_do_and_nothing_of_the_token(verifier, mint, bearer):
    error = await refused(verifier, bearer(mint.token(claims=mint.claims(exp=NOW - 31))))
    assert (error.code, error.text) == ("token.expired", "the token has expired; fetch a new one")
    assert error.challenge == (
        'Bearer realm="partner-gateway", error="invalid_token", '
        'error_description="the token has expired; fetch a new one"'
    )
    assert str(error) == "token.expired: the token has expired; fetch a new one"
