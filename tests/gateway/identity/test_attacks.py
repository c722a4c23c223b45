"""The attack table: each bad token or proof, and the one code that refuses it.

Where a row lies on an algorithm or a key, its signature is genuine in every other respect, so that only the rule under
test can refuse it.
"""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.hashes import SHA256

from gateway.identity.callers import Unauthenticated
from gateway.identity.tokens import Presented

NOW = 1_795_000_000
PARTNERS = "https://id.harbourline.example/realms/partners"
PLANTS = "https://id.harbourline.example/realms/plants"
CORPORATE = "https://id.harbourline.example/realms/corporate"
URL = "https://gateway.harbourline.example/v1/documents"

Attack = Callable[[Any], str]
ATTACKS: dict[str, tuple[str, Attack]] = {}


def attack(code: str, name: str):
    def keep(make: Attack) -> Attack:
        assert name not in ATTACKS
        ATTACKS[name] = (code, make)
        return make

    return keep


def header_attack(code: str, name: str, **changes: Any) -> None:
    attack(code, name)(lambda mint: mint.token(mint.header(**changes), algorithm="RS256"))


def claim_attack(code: str, name: str, **changes: Any) -> None:
    attack(code, name)(lambda mint: mint.token(claims=mint.claims(**changes)))


def text_attack(code: str, name: str, bend: Callable[[str, str, str], str]) -> None:
    attack(code, name)(lambda mint: bend(*mint.token().split(".")))


# The algorithm is the issuer's to choose
attack("token.algorithm_refused", "HS256 keyed with the public key as PEM")(
    lambda mint: mint.hmac(mint.header(alg="HS256"), mint.keys["rsa"].public_pem)
)
attack("token.algorithm_refused", "HS256 keyed with the public key as JSON")(
    lambda mint: mint.hmac(mint.header(alg="HS256"), json.dumps(mint.keys["rsa"].jwk).encode())
)
attack("token.algorithm_refused", "HS256 keyed with nothing")(lambda mint: mint.hmac(mint.header(alg="HS256"), b""))
for spelling in ("none", "None", "NONE", "nOnE"):
    attack("token.algorithm_refused", f"alg {spelling} without a signature")(
        lambda mint, spelling=spelling: (
            mint.token(mint.header(alg=spelling), algorithm="RS256").rpartition(".")[0] + "."
        )
    )
header_attack("token.algorithm_refused", "alg left out", alg=None)
header_attack("token.algorithm_refused", "alg a list", alg=["RS256"])
header_attack("token.algorithm_refused", "alg in lower case", alg="rs256")
header_attack("token.algorithm_refused", "alg with a space", alg="RS256 ")
header_attack("token.algorithm_refused", "alg of encryption", alg="RSA-OAEP")
attack("token.algorithm_refused", "an algorithm we can do but the issuer does not allow")(
    lambda mint: mint.token(mint.header(alg="ES384", kid="ec384"), key="ec384")
)
attack("token.algorithm_refused", "RS512 under an allow-list of RS256")(
    lambda mint: mint.token(mint.header(alg="RS512"))
)
attack("token.key_unfit", "an RSA key under ES256")(
    lambda mint: mint.token(mint.header(alg="ES256", kid="rsa"), key="ec")
)
attack("token.key_unfit", "an EC key under RS256")(lambda mint: mint.token(mint.header(alg="RS256", kid="ec")))
attack("token.key_unfit", "an Ed25519 key under ES256")(
    lambda mint: mint.token(mint.header(alg="ES256", kid="ed"), key="ec")
)
attack("token.key_unfit", "a P-384 key under ES256")(
    lambda mint: mint.token(mint.header(alg="ES256", kid="ec384"), key="ec384")
)
attack("token.signature_invalid", "PS256 said, RS256 signed")(
    lambda mint: mint.token(mint.header(alg="PS256"), algorithm="RS256")
)

# The key is the issuer's to publish
attack("token.header_refused", "an embedded jwk that fits the signature")(
    lambda mint: mint.token(mint.header(jwk=mint.keys["stranger"].jwk), key="stranger")
)
attack("token.header_refused", "an embedded jwk and an unknown kid")(
    lambda mint: mint.token(mint.header(jwk=mint.keys["stranger"].jwk, kid="mine"), key="stranger")
)
header_attack("token.header_refused", "jku", jku="https://evil.example/certs")
header_attack("token.header_refused", "jku of the true issuer", jku=f"{PARTNERS}/certs")
header_attack("token.header_refused", "x5u", x5u="https://evil.example/cert.pem")
header_attack("token.header_refused", "x5c", x5c=["MIIB"])
header_attack("token.header_refused", "crit", crit=["exp"])
header_attack("token.header_refused", "an empty crit", crit=[])
header_attack("token.header_refused", "b64 false", b64=False, crit=["b64"])
header_attack("token.header_refused", "b64 true", b64=True)
header_attack("token.header_refused", "zip", zip="DEF")
header_attack("token.header_refused", "enc in a three-part token", enc="A256GCM")
header_attack("token.header_refused", "a nested token", cty="JWT")
header_attack("token.key_missing", "no kid", kid=None)
header_attack("token.key_missing", "an empty kid", kid="")
header_attack("token.key_missing", "a kid of 129 characters", kid="k" * 129)
header_attack("token.key_missing", "a kid that is a number", kid=7)
header_attack("token.key_missing", "a kid that is a list", kid=["rsa"])
header_attack("token.key_unknown", "an unknown kid", kid="rsa-2")
header_attack("token.key_unknown", "a kid that walks to a file", kid="../../../../dev/null")
header_attack("token.key_unknown", "a kid that is SQL", kid="x' UNION SELECT 'key")
header_attack("token.key_unknown", "a kid that is a command", kid="rsa|sleep 10")
header_attack("token.key_unknown", "a kid with a NUL", kid="rsa\0")
attack("token.signature_invalid", "another key under a known kid")(lambda mint: mint.token(key="stranger"))

# The text has one form
text_attack("token.malformed", "two parts", lambda head, body, _: f"{head}.{body}")
text_attack("token.malformed", "four parts", lambda head, body, sign: f"{head}.{body}.{sign}.x")
text_attack("token.encrypted", "five parts", lambda head, body, sign: f"{head}.{body}.{sign}.x.y")
text_attack("token.malformed", "a space before", lambda head, body, sign: f" {head}.{body}.{sign}")
text_attack("token.malformed", "a line break after", lambda head, body, sign: f"{head}.{body}.{sign}\n")
text_attack("token.malformed", "padding", lambda head, body, sign: f"{head}.{body}.{sign}==")
text_attack("token.malformed", "padding in the header", lambda head, body, sign: f"{head}=.{body}.{sign}")
text_attack(
    "token.malformed",
    "a character outside the alphabet",
    lambda head, body, sign: f"{head}.{body}.{sign[:-2]}*{sign[-1]}",
)
text_attack("token.malformed", "a line break inside", lambda head, body, sign: f"{head}.{body}.{sign[:9]}\n{sign[9:]}")
text_attack("token.malformed", "a letter that is not ASCII", lambda head, body, sign: f"{head}.{body}é.{sign}")
text_attack("token.malformed", "a lone surrogate", lambda head, body, sign: f"{head}.{body}\udc80.{sign}")
text_attack("token.malformed", "stray bits in the signature", lambda head, body, sign: f"{head}.{body}.{stray(sign)}")
text_attack("token.malformed", "the standard alphabet", lambda head, body, _: f"{head}.{body}.ab+/")
text_attack("token.malformed", "a part of one character", lambda head, body, _: f"{head}.{body}.a")
text_attack(
    "token.signature_invalid",
    "a truncated signature",
    lambda head, body, sign: f"{head}.{body}.{b64(unb64(sign)[:-1])}",
)
text_attack("token.signature_invalid", "a padded-out signature", lambda head, body, sign: f"{head}.{body}.{sign}AAAA")
text_attack("token.signature_invalid", "no signature", lambda head, body, _: f"{head}.{body}.")
text_attack(
    "token.signature_invalid", "a flipped bit of the signature", lambda head, body, sign: f"{head}.{body}.{flip(sign)}"
)
attack("token.malformed", "nothing")(lambda _: "")
attack("token.malformed", "two dots")(lambda _: "..")
attack("token.too_large", "more than 16 KiB")(lambda mint: mint.token(claims=mint.claims(padding="x" * 16_384)))
attack("token.signature_invalid", "another claim under the old signature")(
    lambda mint: graft(mint.token(), mint.token(claims=mint.claims(azp="nordwind-api")))
)
attack("token.signature_invalid", "an ECDSA signature of zeros (CVE-2022-21449)")(
    lambda mint: mint.token(mint.header(alg="ES256", kid="ec"), key="ec").rpartition(".")[0] + "." + b64(bytes(64))
)
attack("token.signature_invalid", "an ECDSA signature as DER")(lambda mint: der_signed(mint))
attack("token.signature_invalid", "an ECDSA signature with a zero before each number")(
    lambda mint: widened(mint.token(mint.header(alg="ES256", kid="ec"), key="ec"))
)

# The JSON has one meaning
GOOD_HEADER = '{"alg":"RS256","typ":"JWT","kid":"rsa"}'
for name, header in {
    "a header name twice": '{"alg":"none","typ":"JWT","kid":"rsa","alg":"RS256"}',
    "a header name twice by escape": '{"alg":"RS256","typ":"JWT","kid":"rsa","\\u0061lg":"RS256"}',
    "a header that is a list": '["RS256"]',
    "a header that is text": '"RS256"',
    "a header that is not JSON": "alg=RS256",
    "a header with text after it": GOOD_HEADER + "{}",
    "a header with a byte order mark": "\ufeff" + GOOD_HEADER,
    "a header nested 20 deep": '{"alg":"RS256","typ":"JWT","kid":"rsa","deep":' + "[" * 20 + "]" * 20 + "}",
}.items():
    attack("token.malformed", name)(lambda mint, header=header: mint.raw(header, json.dumps(mint.claims())))
for name, bend in {
    "a claim twice": lambda text: text[:-1] + ',"azp":"nordwind-api"}',
    "a claim twice, deeper": lambda text: text[:-1] + ',"cnf":{"jkt":"a","jkt":"b"}}',
    "a claim that is NaN": lambda text: text[:-1] + ',"nbf":NaN}',
    "a claim that is Infinity": lambda text: text[:-1] + ',"nbf":-Infinity}',
    "a number of 5,000 digits": lambda text: text[:-1] + ',"nbf":' + "9" * 5000 + "}",
    "claims nested 5,000 deep": lambda text: text[:-1] + ',"deep":' + "[" * 5000 + "]" * 5000 + "}",
    "a claim with a lone surrogate": lambda text: text[:-1] + ',"note":"\\ud800"}',
    "claims that are not UTF-8": lambda text: text[:-1].encode() + b',"note":"\xff"}',
    "claims in UTF-16": lambda text: text.encode("utf-16"),
}.items():
    attack("token.malformed", name)(lambda mint, bend=bend: mint.raw(GOOD_HEADER, bend(json.dumps(mint.claims()))))

# The issuer is who we say, for whom we say
claim_attack("token.issuer_unknown", "an unknown issuer", iss="https://evil.example/realms/partners")
claim_attack("token.issuer_unknown", "the issuer with a slash after it", iss=f"{PARTNERS}/")
claim_attack("token.issuer_unknown", "the issuer in capitals", iss=PARTNERS.upper())
claim_attack("token.issuer_unknown", "the issuer over http", iss=PARTNERS.replace("https", "http"))
claim_attack("token.issuer_unknown", "no issuer", iss=None)
claim_attack("token.issuer_unknown", "a list of issuers", iss=[PARTNERS])
claim_attack("token.wrong_kind", "a plant's token on a partner's route", iss=PLANTS, azp="plant-p1")
claim_attack("token.wrong_kind", "a corporate token on a partner's route", iss=CORPORATE)
claim_attack("token.audience_refused", "another audience", aud="other-service")
claim_attack("token.audience_refused", "our audience as part of another", aud="partner-gateway-2")
claim_attack("token.audience_refused", "no audience", aud=None)
claim_attack("token.audience_refused", "no audience in the list", aud=[])
claim_attack("token.claim_malformed", "an audience that is an object", aud={"partner-gateway": True})
claim_attack("token.claim_malformed", "an audience that is a number", aud=["partner-gateway", 1])
claim_attack("token.client_refused", "a client that is not admitted", azp="evil-client")
claim_attack("token.claim_missing", "no client", azp=None)
claim_attack("token.claim_malformed", "two clients", client_id="nordwind-api")
claim_attack("token.claim_malformed", "a client that is a list", azp=["acme-edi"])
claim_attack("token.claim_malformed", "a client with a line break", azp="acme-edi\nadmin")
claim_attack("token.claim_missing", "no subject", sub=None)
claim_attack("token.claim_missing", "an empty subject", sub="")
claim_attack("token.claim_malformed", "a subject with a NUL", sub="a\0b")
claim_attack("token.claim_malformed", "roles that are not a list", realm_access={"roles": "admin"})
claim_attack("token.claim_malformed", "realm_access that is a list", realm_access=["admin"])
claim_attack("token.claim_malformed", "a scope that is a list", scope=["orders:write"])

# Only access tokens
claim_attack("token.wrong_type", "an ID token", typ="ID", nonce="n", at_hash="x")
claim_attack("token.wrong_type", "a refresh token", typ="Refresh")
claim_attack("token.wrong_type", "an offline token", typ="Offline")
claim_attack("token.wrong_type", "a logout token", typ="Logout")
claim_attack("token.wrong_type", "a proof-bound type without the binding", typ="DPoP")
claim_attack("token.wrong_type", "no type", typ=None)
claim_attack("token.wrong_type", "a type that is a list", typ=["Bearer"])
header_attack("token.wrong_type", "a logout token by its header", typ="logout+jwt")
header_attack("token.wrong_type", "a DPoP proof as a token", typ="dpop+jwt")
header_attack("token.wrong_type", "no type in the header", typ=None)

# Only now
claim_attack("token.expired", "expired beyond the leeway", exp=NOW - 30)
claim_attack("token.claim_missing", "no exp", exp=None)
claim_attack("token.claim_missing", "no iat", iat=None)
claim_attack("token.lifetime_too_long", "a life of more than an hour", iat=NOW, exp=NOW + 3601)
claim_attack("token.not_yet_valid", "nbf in the future", nbf=NOW + 31)
claim_attack("token.not_yet_valid", "iat in the future", iat=NOW + 31)
claim_attack("token.claim_malformed", "exp as text", exp=str(NOW + 290))
claim_attack("token.claim_malformed", "exp as a fraction", exp=NOW + 290.5)
claim_attack("token.claim_malformed", "exp as true", exp=True)
claim_attack("token.claim_malformed", "exp beyond all time", exp=10**300)
claim_attack("token.claim_malformed", "iat before all time", iat=-1)
claim_attack("token.claim_malformed", "nbf as text", nbf="soon")
claim_attack("token.claim_malformed", "jti as a number", jti=5)

# Bindings
claim_attack("token.binding_missing", "a certificate-bound token without a certificate", cnf={"x5t#S256": "thumb"})
claim_attack("token.binding_missing", "a proof-bound token as Bearer", cnf={"jkt": "thumb"})
claim_attack("token.binding_unknown", "a binding by an embedded key", cnf={"jwk": {"kty": "EC"}})
claim_attack("token.binding_unknown", "a binding we cannot check beside one we can", cnf={"jkt": "a", "kid": "b"})
claim_attack("token.binding_unknown", "an empty binding", cnf={})
claim_attack("token.binding_unknown", "a binding unheard of", cnf={"new": "a"})
claim_attack("token.binding_unknown", "a Keycloak binding of another type", cnf={"jkt": "a", "kc-jkt-type": "Attest"})
claim_attack("token.claim_malformed", "a binding that is text", cnf="thumb")
claim_attack("token.claim_malformed", "a thumbprint that is a number", cnf={"jkt": 1})
claim_attack("token.claim_malformed", "an empty thumbprint", cnf={"x5t#S256": ""})


@pytest.mark.parametrize("name", ATTACKS)
async def test_each_attack_is_refused_by_its_own_code(verifier, mint, name):
    code, make = ATTACKS[name]
    token = make(mint)
    for _ in range(2):  # a refusal must not be remembered as a success
        with pytest.raises(Unauthenticated) as caught:
            await verifier.verify(Presented(token, "Bearer", "POST", URL), kinds=("partner",))
        assert caught.value.code == code
    assert verifier.recall(Presented(token, "Bearer", "POST", URL), ("partner",)) is None


def test_the_table_is_long_enough_to_mean_something():
    assert len(ATTACKS) >= 100


async def test_the_token_the_table_bends_is_a_good_one(verifier, mint, bearer):
    assert (await verifier.verify(bearer(mint.token()), kinds=("partner",))).client == "acme-edi"


async def test_a_partner_token_opens_no_plant_route_and_no_corporate_one(verifier, mint, bearer):
    for kinds in (("plant",), ("corporate",), ("plant", "corporate"), ()):
        with pytest.raises(Unauthenticated) as caught:
            await verifier.verify(bearer(mint.token()), kinds=kinds)
        assert caught.value.code == "token.wrong_kind"


async def test_nothing_is_fetched_for_an_unknown_issuer_a_wrong_kind_or_a_refused_algorithm(
    verifier, mint, bearer, keychain
):
    for token in (
        mint.token(claims=mint.claims(iss="https://evil.example")),
        mint.token(claims=mint.claims(iss=PLANTS)),
        mint.token(mint.header(alg="HS256"), algorithm="RS256"),
    ):
        with pytest.raises(Unauthenticated):
            await verifier.verify(bearer(token), kinds=("partner",))
    assert keychain.asked == 0


@pytest.mark.parametrize(
    "intent",
    [
        {"use": "enc"},
        {"use": None},
        {"key_ops": ["encrypt"]},
        {"key_ops": []},
        {"key_ops": "verify"},
        {"key_ops": ["sign"]},
        {"alg": "PS256"},
        {"alg": "RSA-OAEP"},
        {"d": "AQAB"},
        {"n": "not base64!"},
        {"n": "AQAB"},
        {"n": 5},
        {"e": "AQ"},
        {"e": "Ag"},
        {"e": ""},
        {"kty": "oct", "k": "c2VjcmV0"},
        {"kty": "rsa"},
    ],
    ids=str,
)
async def test_a_published_key_that_is_not_meant_or_not_fit_for_this_is_refused(
    verifier, mint, bearer, keychain, signing_keys, intent
):
    keychain.publish(PARTNERS, signing_keys["rsa"].jwk | intent)
    with pytest.raises(Unauthenticated) as caught:
        await verifier.verify(bearer(mint.token()), kinds=("partner",))
    assert caught.value.code == "token.key_unfit"


@pytest.mark.parametrize("intent", [{"use": "sig"}, {"key_ops": ["verify"]}, {"alg": "RS256"}], ids=str)
async def test_a_published_key_that_says_it_is_meant_for_this_is_taken(
    verifier, mint, bearer, keychain, signing_keys, intent
):
    keychain.publish(PARTNERS, signing_keys["rsa"].jwk | intent)
    assert (await verifier.verify(bearer(mint.token()), kinds=("partner",))).client == "acme-edi"


def b64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def stray(part: str) -> str:
    """Another text for the same bytes: one of the unused bits of the last character is set."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    assert len(part) % 4 in (2, 3)
    other = part[:-1] + alphabet[alphabet.index(part[-1]) | 1]
    assert other != part
    assert unb64(other) == unb64(part)
    return other


def flip(part: str) -> str:
    content = bytearray(unb64(part))
    content[40] ^= 1
    return b64(bytes(content))


def graft(token: str, other: str) -> str:
    head, _, signature = token.split(".")
    return f"{head}.{other.split('.')[1]}.{signature}"


def der_signed(mint) -> str:
    private = mint.keys["ec"].private
    head, body, _ = mint.token(mint.header(alg="ES256", kid="ec"), key="ec").split(".")
    return f"{head}.{body}.{b64(private.sign(f'{head}.{body}'.encode(), ECDSA(SHA256())))}"


def widened(token: str) -> str:
    head, body, signature = token.split(".")
    content = unb64(signature)
    wide = b"\0" + content[:32] + b"\0" + content[32:]
    return f"{head}.{body}.{b64(wide)}"
