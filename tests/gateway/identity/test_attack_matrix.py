"""The attack table's families, generated whole: whatever is not exactly right is refused, and never remembered.

test_attacks.py says which code refuses what. Here every combination of a family is tried, and each family is held
against an oracle that knows when a token is good, so that a matrix of refusals alone proves nothing by itself.
"""

import base64
import json
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway.identity.callers import Unauthenticated
from gateway.identity.tokens import Presented

NOW = 1_795_000_000
PARTNERS = "https://id.harbourline.example/realms/partners"
URL = "https://gateway.harbourline.example/v1/documents"

ALGORITHMS = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "ES256K", "EdDSA", "Ed448",
    "HS256", "HS384", "HS512", "none", "None", "NONE", "", "RS256 ", " RS256", "rs256", "Rs256", "RS256\0",
    "RS256,none", "A128KW", "RSA-OAEP", "dir", None, 256, True, ["RS256"], {"alg": "RS256"},
)  # fmt: skip
"""Every registered algorithm, and what a careless comparison would take for one."""
ALLOWED = {"RS256": "RSA", "PS256": "RSA", "ES256": "P-256", "EdDSA": "Ed25519"}
KEYS = {"rsa": "RSA", "ec": "P-256", "ec384": "P-384", "ed": "Ed25519"}
SIGNERS = (
    "rsa RS256",
    "rsa RS512",
    "rsa PS256",
    "stranger RS256",
    "ec ES256",
    "ec384 ES384",
    "device ES256",
    "ed EdDSA",
)
SECRETS = ("pem", "der", "jwk", "empty", "kid", "modulus")


@pytest.fixture
def refused(verifier) -> Callable[..., Any]:
    async def refuse(token: str, name: object) -> None:
        """Refused, twice, by something we mean; and not remembered."""
        presented = Presented(token, "Bearer", "POST", URL)
        for _ in range(2):
            with pytest.raises(Unauthenticated):
                await verifier.verify(presented, kinds=("partner",))
        assert verifier.recall(presented, ("partner",)) is None, name

    return refuse


def b64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def parts(token: str) -> tuple[str, str, bytes]:
    head, body, sign = token.split(".")
    return head, body, base64.urlsafe_b64decode(sign + "=" * (-len(sign) % 4))


# ---- algorithm confusion -------------------------------------------------------------------------------------------


async def test_only_the_key_of_the_kid_under_an_allowed_algorithm_that_fits_it_signs(verifier, mint, refused):
    taken = tried = 0
    for algorithm, kid, signer in product(ALGORITHMS, KEYS, SIGNERS):
        key, _, used = signer.partition(" ")
        header = mint.header() | {"alg": algorithm, "kid": kid}
        token = mint.raw(json.dumps(header), json.dumps(mint.claims()), key=key, algorithm=used)
        tried += 1
        good = algorithm == used and key == kid and isinstance(algorithm, str) and ALLOWED.get(algorithm) == KEYS[kid]
        if good:
            await verifier.verify(Presented(token, "Bearer", "POST", URL), kinds=("partner",))
            taken += 1
        else:
            await refused(token, (algorithm, kid, signer))
    assert (taken, tried) == (4, len(ALGORITHMS) * len(KEYS) * len(SIGNERS))


async def test_no_public_value_is_a_secret(mint, refused):
    for kid, secret, algorithm in product(KEYS, SECRETS, ("HS256", "HS384", "HS512", "RS256", "none")):
        await refused(mint.hmac(mint.header(alg=algorithm, kid=kid), _secret(mint.keys[kid], secret)), (kid, secret))


def _secret(key: Any, what: str) -> bytes:
    public = key.private.public_key()
    match what:
        case "pem":
            return key.public_pem
        case "der":
            return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        case "jwk":
            return json.dumps(key.jwk).encode()
        case "kid":
            return key.kid.encode()
        case "modulus":
            return str(key.bare.get("n") or key.bare["x"]).encode()
    return b""


async def test_no_signature_stands_for_one(mint, refused):
    for alg, signature in product(
        ("none", "None", "nOnE", "RS256", "ES256", "EdDSA", ""), (b"", b"\0", b"\0" * 64, b"\0" * 256)
    ):
        head, body, _ = mint.token(mint.header(alg=alg), algorithm="RS256").split(".")
        await refused(f"{head}.{body}.{b64(signature)}", (alg, len(signature)))


# ---- embedded keys -------------------------------------------------------------------------------------------------


async def test_no_key_comes_with_the_token(mint, refused):
    mine = mint.keys["stranger"].jwk
    values = (mine, mint.keys["rsa"].jwk, [mine], {"keys": [mine]}, "https://evil.example/jwks",
              f"{PARTNERS}/certs", "", None, {}, [], 1, True)  # fmt: skip
    names = ("jwk", "jku", "x5u", "x5c", "crit", "b64", "zip", "enc", "cty", "epk")
    for name, value, kid, key in product(names, values, ("rsa", "mine", None), ("stranger", "rsa")):
        header = mint.header() | {name: value} | ({"kid": kid} if kid else {})
        if kid is None:
            del header["kid"]
        token = mint.raw(json.dumps(header), json.dumps(mint.claims()), key=key)
        await refused(token, (name, value, kid, key))


# ---- a key meant for something else --------------------------------------------------------------------------------

INTENTS: tuple[dict[str, Any], ...] = (
    *({"use": use} for use in ("enc", "SIG", "sig ", "", None, 1, ["sig"], {"sig": True}, True)),
    *(
        {"key_ops": ops}
        for ops in ([], ["sign"], ["encrypt", "decrypt"], ["wrapKey"], ["Verify"], "verify", None, 1, {})
    ),
    {"use": "enc", "key_ops": ["verify"]},
    {"use": "sig", "key_ops": ["sign"]},
    *({"alg": alg} for alg in ("none", "HS256", "RSA-OAEP", "ES512", "", None, 5)),
    *({"kty": kty} for kty in ("oct", "rsa", "ec", "okp", "", None, 1)),
    *({secret: "AQAB"} for secret in ("d", "p", "q", "dp", "dq", "qi", "k")),
)


@pytest.mark.parametrize("kid", KEYS)
async def test_a_published_key_meant_for_something_else_verifies_nothing(verifier, mint, keychain, refused, kid):
    algorithm = {"rsa": "RS256", "ec": "ES256", "ec384": "ES384", "ed": "EdDSA"}[kid]
    token = mint.token(mint.header(alg=algorithm, kid=kid), key=kid)
    for intent in INTENTS:
        keychain.publish(PARTNERS, mint.keys[kid].jwk | intent)
        await refused(token, intent)
    if algorithm in ALLOWED:
        keychain.publish(PARTNERS, mint.keys[kid].jwk | {"use": "sig", "key_ops": ["verify"], "alg": algorithm})
        await verifier.verify(Presented(token, "Bearer", "POST", URL), kinds=("partner",))


# ---- signatures, cut and written otherwise -------------------------------------------------------------------------

GOOD = (("rsa", "RS256"), ("rsa", "PS256"), ("ec", "ES256"), ("ed", "EdDSA"))


@pytest.mark.parametrize(("key", "algorithm"), GOOD)
async def test_a_signature_fits_whole_or_not_at_all(mint, refused, key, algorithm):
    head, body, sign = parts(mint.token(mint.header(alg=algorithm, kid=key), key=key, algorithm=algorithm))
    bent: list[bytes] = [sign[:length] for length in range(len(sign))]
    bent += [sign + more for more in (b"\0", b"\1", b"\0\0", sign)]
    bent += [b"\0" + sign, sign[1:] + sign[:1], sign[::-1]]
    bent += [sign[:at] + bytes([sign[at] ^ 1 << at % 8]) + sign[at + 1 :] for at in range(len(sign))]
    for one in bent:
        await refused(f"{head}.{body}.{b64(one)}", one.hex())


async def test_an_ecdsa_signature_has_one_form_of_one_length(mint, refused):
    head, body, sign = parts(mint.token(mint.header(alg="ES256", kid="ec"), key="ec"))
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    r, s = sign[:32], sign[32:]
    number = int.from_bytes(r, "big")
    pairs = [(s, r), (r, r), (s, s), (bytes(32), bytes(32)), (r, bytes(32)), (bytes(32), s)]
    pairs += [(value.to_bytes(32, "big"), s) for value in (1, order, order - 1, order - number, (number + 1) % order)]
    forms = [left + right for left, right in pairs]
    forms += [b"\0" + r + b"\0" + s, r + b"\0" + s, r.lstrip(b"\0")[1:] + s, _der(mint)]
    for form in forms:
        await refused(f"{head}.{body}.{b64(form)}", form.hex())


def _der(mint: Any) -> bytes:
    head, body, _ = mint.token(mint.header(alg="ES256", kid="ec"), key="ec").split(".")
    signature = mint.keys["ec"].private.sign(f"{head}.{body}".encode(), ECDSA(SHA256()))
    assert decode_dss_signature(signature)
    return signature


ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def _rewritten(part: str) -> Iterator[str]:
    """Other texts that careless readers take for the same bytes, and some for almost the same."""
    spare = {2: 15, 3: 3}.get(len(part) % 4, 0)
    last = ALPHABET.index(part[-1])
    yield from (part[:-1] + ALPHABET[last ^ bit] for bit in range(1, spare + 1))
    yield from (part + more for more in ("=", "==", "===", " ", "\n", "\r\n", "\t", "%3D", "\0", ".", "~", "é"))
    yield from (before + part for before in (" ", "\n", "=", "\ufeff"))
    yield from (
        part[:at] + inner + part[at:] for at in (1, len(part) // 2) for inner in ("\n", " ", "=", "\0", "*", "ä")
    )
    yield part.replace("-", "+").replace("_", "/") if "-" in part or "_" in part else part + "+"
    yield part.swapcase()


async def test_each_part_has_one_spelling(mint, refused):
    for key, algorithm in GOOD:
        token = mint.token(mint.header(alg=algorithm, kid=key), key=key, algorithm=algorithm)
        whole = token.split(".")
        for at in range(3):
            for other in _rewritten(whole[at]):
                await refused(".".join([*whole[:at], other, *whole[at + 1 :]]), (algorithm, at, other))


async def test_a_token_has_three_parts_and_no_other_form(mint, refused):
    head, body, sign = mint.token().split(".")
    flattened = {"protected": head, "payload": body, "signature": sign}
    general = {"payload": body, "signatures": [{"protected": head, "signature": sign}]}
    forms = ["", ".", "..", "...", head, f"{head}.{body}", f"{head}..{sign}", f".{body}.{sign}",
             f"{head}.{body}.{sign}.", f"{head}.{body}.{sign}.{sign}", f"{head}.{body}.{sign}.{head}.{body}",
             json.dumps(flattened),
             json.dumps(general), f"Bearer {head}.{body}.{sign}",
             f"{head}.{body}.{sign},{head}.{body}.{sign}"]  # fmt: skip
    for form in forms:
        await refused(form, form)


# ---- names twice, and other doubtful JSON --------------------------------------------------------------------------


def _twice(members: dict[str, Any], name: str, other: Any) -> Iterator[str]:
    """The object with `name` twice: the good value first or last, the name plain or escaped."""
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in name)
    rest = json.dumps({key: value for key, value in members.items() if key != name})[1:-1]
    good, bad = json.dumps(members[name]), json.dumps(other)
    for first, second in ((good, bad), (bad, good), (good, good)):
        for names in ((name, name), (name, escaped), (escaped, name)):
            yield f'{{"{names[0]}": {first}, {rest}, "{names[1]}": {second}}}'


async def test_no_name_is_twice_in_the_claims(mint, refused):
    others = {"aud": ["another"], "exp": NOW + 10**6, "realm_access": {"roles": ["admin"]}, "azp": "nordwind-api"}
    for name in mint.claims():
        for text in _twice(mint.claims(), name, others.get(name, "another")):
            await refused(mint.raw(json.dumps(mint.header()), text), text)


async def test_no_name_is_twice_in_the_header_or_inside_a_claim(mint, refused):
    for name, other in (("alg", "none"), ("kid", "ec"), ("typ", "at+jwt")):
        for text in _twice(mint.header(), name, other):
            await refused(mint.raw(text, json.dumps(mint.claims())), text)
    inner = json.dumps(mint.claims()).replace('{"roles": ["supplier"]}', '{"roles": ["supplier"], "roles": ["admin"]}')
    assert inner != json.dumps(mint.claims())
    await refused(mint.raw(json.dumps(mint.header()), inner), inner)


async def test_what_two_parsers_would_read_differently_is_refused(mint, refused):
    good = json.dumps(mint.claims())
    head = json.dumps(mint.header())
    doubtful: Iterable[bytes] = (
        good.encode("utf-16"), good.encode("utf-16-le"), b"\xef\xbb\xbf" + good.encode(), good.encode() + b"\0",
        good.encode() + b"{}", good.encode() + b" x", b"[" + good.encode() + b"]", good.encode()[:-1], b"", b"null",
        b"1", b'"' + good.encode().replace(b'"', b"'") + b'"', good.replace('"exp"', '"exp" //\n').encode(),
        good.replace("}", ",}", 1).encode(), good.replace(str(NOW + 290), "NaN").encode(),
        good.replace(str(NOW + 290), "Infinity").encode(), good.replace(str(NOW + 290), "1e400").encode(),
        good.replace("supplier", "\\ud800").encode(), good.encode().replace(b"supplier", b"suppl\xff"),
        b'{"a":' * 5_000 + good.encode() + b"}" * 5_000,
    )  # fmt: skip
    for content in doubtful:
        assert content != good.encode()
        await refused(mint.raw(head, content), content[:80])
        await refused(mint.raw(content, good), content[:80])


# ---- proofs of possession ------------------------------------------------------------------------------------------


@pytest.fixture
def bound(mint):
    return mint.token(claims=mint.claims(cnf={"jkt": mint.keys["device"].thumbprint}))


async def refuse_proof(verifier: Any, token: str, proof: str, name: object) -> None:
    with pytest.raises(Unauthenticated):
        await verifier.verify(Presented(token, "DPoP", "POST", URL, proof=proof), kinds=("partner",))
    assert name is not None


async def test_a_proof_is_signed_by_the_key_it_shows_and_that_key_is_the_tokens(verifier, mint, bound):
    tried = taken = 0
    for signer, shown, alg in product(("device", "other-device", "ec384", "ed", "rsa"),
                                      ("device", "other-device", "ec384", "ed", "rsa"),
                                      ("ES256", "ES384", "EdDSA", "RS256", "PS256", "HS256", "none")):  # fmt: skip
        used = {"device": "ES256", "other-device": "ES256", "ec384": "ES384", "ed": "EdDSA", "rsa": "RS256"}[signer]
        claims = json.loads(_unb64(mint.proof(bound, jti=f"jti-{tried}").split(".")[1]))
        head = {"typ": "dpop+jwt", "alg": alg, "jwk": mint.keys[shown].bare}
        proof = mint.raw(json.dumps(head), json.dumps(claims), key=signer, algorithm=used)
        tried += 1
        if (signer, shown, alg) == ("device", "device", "ES256"):
            await verifier.verify(Presented(bound, "DPoP", "POST", URL, proof=proof), kinds=("partner",))
            taken += 1
        else:
            await refuse_proof(verifier, bound, proof, (signer, shown, alg))
    assert (taken, tried) == (1, 175)


def _unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


async def test_every_word_of_a_proof_counts(verifier, mint, bound):
    other = mint.token()
    bent: list[tuple[dict[str, Any], dict[str, Any]]] = [
        *(({}, {"htm": method}) for method in ("GET", "post", "POST ", "", 1, None, ["POST"])),
        *(({}, {"htu": url}) for url in (
            URL + "/", URL.replace("https", "http"), URL.replace("gateway.", ""), URL.replace("documents", "Documents"),
            URL.replace("https://", "https://x@"), URL.replace(".example", ".example:444"), "/v1/documents", "", 1,
            None,
        )),
        *(({}, {"iat": moment}) for moment in (NOW - 61, NOW + 31, str(NOW), NOW + 0.5, True, None, -1, 10**30)),
        *(({}, {"ath": ath}) for ath in (b64(b"x" * 32), other, "", 1, None)),
        *(({}, {"jti": jti}) for jti in ("", 1, None, ["a"])),
        *(({"typ": typ}, {}) for typ in ("JWT", "dpop+JWT", "DPOP+JWT", "", None, 1)),
        *(({"jwk": jwk}, {}) for jwk in (None, {}, [], "x", mint.keys["device"].bare | {"d": "AQAB"},
                                         mint.keys["device"].bare | {"use": "enc"})),
        *(({name: "x"}, {}) for name in ("crit", "jku", "x5c", "x5u", "b64", "zip", "cty")),
    ]  # fmt: skip
    for number, (header, claims) in enumerate(bent):
        made = mint.proof(bound, header=header, **({"jti": f"j-{number}"} | claims))
        await refuse_proof(verifier, bound, made, (header, claims))


async def test_no_name_is_twice_in_a_proof(verifier, mint, bound):
    head, body = (json.loads(_unb64(part)) for part in mint.proof(bound).split(".")[:2])
    for name, other in (("htm", "GET"), ("htu", "https://evil.example/"), ("iat", 0), ("jti", "x"), ("ath", "x")):
        for text in _twice(body, name, other):
            await refuse_proof(verifier, bound, mint.raw(json.dumps(head), text, key="device", algorithm="ES256"), text)
    for name, other in (("alg", "none"), ("jwk", mint.keys["other-device"].bare), ("typ", "JWT")):
        for text in _twice(head, name, other):
            await refuse_proof(verifier, bound, mint.raw(text, json.dumps(body), key="device", algorithm="ES256"), text)
