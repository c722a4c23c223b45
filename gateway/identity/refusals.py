"""Every code this package refuses with, its sentence, and how the challenge names it. Data and one function.

The sentences never quote the token. `challenge` values are the error codes of RFC 6750 section 3.1 and RFC 9449
section 7.1.
"""

from typing import Final, Literal

from gateway.identity.callers import REALM, IdentityUnavailable, Unauthenticated

Scheme = Literal["Bearer", "DPoP"]
PROOF_ALGORITHMS: Final = ("ES256", "EdDSA", "PS256", "RS256")
_PROOF_ALGORITHMS: Final = " ".join(PROOF_ALGORITHMS)

TOKEN_REFUSALS: Final[dict[str, str]] = {
    "token.too_large": "the token is larger than 16 KiB",
    "token.malformed": "the token is not a well-formed signed token",
    "token.encrypted": "encrypted tokens are not accepted; send a signed token",
    "token.header_refused": "the token's header brings a key, an address or an extension; leave `alg`, `kid` and `typ`",
    "token.algorithm_refused": "the token's signature algorithm is not allowed for its issuer",
    "token.issuer_unknown": "the token's issuer is not one this gateway trusts",
    "token.wrong_kind": "the token's issuer does not speak for callers of this address",
    "token.key_missing": "the token's header names no key; a `kid` of at most 128 characters is needed",
    "token.key_unknown": "the token's key is not one its issuer publishes",
    "token.key_unfit": "the token's key may not be used for this signature",
    "token.signature_invalid": "the token's signature does not hold",
    "token.claim_missing": "the token lacks a claim that is needed: `exp`, `iat`, `sub`, `aud` and `azp`",
    "token.claim_malformed": "a claim of the token has the wrong form",
    "token.expired": "the token has expired; fetch a new one",
    "token.not_yet_valid": "the token is not valid yet; check the clocks",
    "token.lifetime_too_long": "the token lives longer than one hour; its issuer must shorten it",
    "token.wrong_type": "the token is not an access token",
    "token.audience_refused": "the token is meant for another audience; its issuer must add this gateway's",
    "token.client_refused": "the token's client is not admitted for its issuer",
    "token.revoked": "the token was revoked here; fetch a new one",
    "token.binding_missing": "the token is bound to a key; present it with its certificate or its proof",
    "token.binding_mismatch": "the token is bound to another key than the one presented",
    "token.binding_unknown": "the token is bound in a way this gateway cannot check",
}
PROOF_REFUSALS: Final[dict[str, str]] = {
    "dpop.missing": "the DPoP scheme needs one proof in the `DPoP` header",
    "dpop.token_unbound": "the token is not bound to a proof key; present it as `Authorization: Bearer`",
    "dpop.malformed": "the DPoP proof is not a well-formed signed token",
    "dpop.header_refused": "the DPoP proof's header must hold `typ` `dpop+jwt`, `alg` and a public `jwk` alone",
    "dpop.algorithm_refused": "the DPoP proof's signature algorithm is not allowed",
    "dpop.key_unfit": "the DPoP proof's key may not be used for its signature",
    "dpop.signature_invalid": "the DPoP proof's signature does not hold",
    "dpop.claim_missing": "the DPoP proof lacks a claim that is needed: `jti`, `htm`, `htu`, `iat` and `ath`",
    "dpop.claim_malformed": "a claim of the DPoP proof has the wrong form",
    "dpop.method_mismatch": "the DPoP proof is for another method",
    "dpop.url_mismatch": "the DPoP proof is for another address",
    "dpop.token_mismatch": "the DPoP proof is for another token",
    "dpop.key_mismatch": "the DPoP proof is signed with another key than the token is bound to",
    "dpop.stale": "the DPoP proof is too old; make a new one for each request",
    "dpop.not_yet_valid": "the DPoP proof lies in the future; check the clocks",
    "dpop.replayed": "the DPoP proof was used before; make a new one for each request",
}
CERTIFICATE_REFUSALS: Final[dict[str, str]] = {
    "certificate.malformed": "the client certificate handed on by the proxy cannot be read",
}
OUTAGES: Final[dict[str, str]] = {
    "keys.unavailable": "the issuer's keys cannot be had right now; try again in a minute",
    "dpop.unavailable": "the record of used proofs cannot be had right now; try again in a minute",
}


class Refused(Exception):  # noqa: N818 - a refusal, not a defect
    """A rule of this package did not hold; `code` is a key of the tables above. Never leaves the package."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def refusal(code: str, scheme: Scheme = "Bearer") -> Unauthenticated:
    """The refusal for `code`, complete with its sentence and the challenge for the scheme the caller used."""
    if code in OUTAGES:
        return IdentityUnavailable(code, OUTAGES[code], f'{scheme} realm="{REALM}"')
    if code in PROOF_REFUSALS:
        text = PROOF_REFUSALS[code]
        return Unauthenticated(code, text, _challenge("DPoP", "invalid_dpop_proof", text))
    text = TOKEN_REFUSALS.get(code) or CERTIFICATE_REFUSALS[code]
    challenge = _challenge(scheme, "invalid_token", text)
    if code == "token.binding_missing" and scheme == "Bearer":
        challenge += f', DPoP realm="{REALM}", algs="{_PROOF_ALGORITHMS}"'
    return Unauthenticated(code, text, challenge)


def _challenge(scheme: Scheme, error: str, text: str) -> str:
    description = text.replace("`", "'")
    algorithms = f', algs="{_PROOF_ALGORITHMS}"' if scheme == "DPoP" else ""
    return f'{scheme} realm="{REALM}", error="{error}", error_description="{description}"{algorithms}'
