"""Proof of possession of a key with each request (RFC 9449). Stateless but for the replay record.

Nonces (section 8) are not asked for: the replay record and the short window do their work here.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from msgspec import Struct

from gateway.identity.compact import Compact, Malformed, encode_base64url, read_compact
from gateway.identity.refusals import PROOF_ALGORITHMS, Refused
from gateway.identity.replays import ReplayCache, ReplaysUnavailable
from gateway.identity.signatures import UnfitKey, VerificationKey

MAX_PROOF_CHARACTERS: Final = 8192
MAX_AGE_SECONDS: Final = 60
MAX_AHEAD_SECONDS: Final = 30
REMEMBER_SECONDS: Final = MAX_AGE_SECONDS + MAX_AHEAD_SECONDS + 1
_THUMBPRINT_MEMBERS: Final = {"RSA": ("e", "kty", "n"), "EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x")}
_HEADER_MEMBERS: Final = frozenset({"typ", "alg", "jwk"})
_DEFAULT_PORTS: Final = {"https": 443, "http": 80}


class Proof(Struct, frozen=True, kw_only=True):
    """A proof whose signature, method, address and age hold. `thumbprint` is its key's (RFC 7638)."""

    thumbprint: str
    token_id: str


def read_proof(proof: str, *, method: str, url: str, token: str | None, now: float) -> Proof:
    """The proof, checked by RFC 9449 section 4.3 in all but its uniqueness. Raises Refused.

    `token` is the access token it must name in `ath`; None at a token endpoint, where there is none yet.
    """
    if len(proof) > MAX_PROOF_CHARACTERS:
        raise Refused("dpop.malformed")
    try:
        compact = read_compact(proof)
    except Malformed as error:
        raise Refused("dpop.malformed") from error
    key = _check_signature(compact)
    _check_claims(compact.payload, method=method, url=url, now=now)
    if token is not None and _text(compact.payload, "ath") != encode_base64url(hashlib.sha256(token.encode()).digest()):
        raise Refused("dpop.token_mismatch")
    return Proof(thumbprint=thumbprint_of(key.members), token_id=_text(compact.payload, "jti"))


async def use_once(proof: Proof, replays: ReplayCache) -> None:
    """Spends the proof. Raises Refused when it was spent before or nobody can tell.

    The record's key is of fixed length whatever the sender wrote, and per proof key, so that no client can spend
    another's identifiers.
    """
    digest = hashlib.sha256(f"{proof.thumbprint} {proof.token_id}".encode()).hexdigest()
    try:
        is_new = await replays.first_use(f"dpop:{digest}", REMEMBER_SECONDS)
    except ReplaysUnavailable as error:
        raise Refused("dpop.unavailable") from error
    if not is_new:
        raise Refused("dpop.replayed")


def thumbprint_of(key: Mapping[str, Any]) -> str:
    """RFC 7638: base64url of SHA-256 over the needed members in order. The key must have been found fit."""
    needed = {name: key[name] for name in _THUMBPRINT_MEMBERS[key["kty"]]}
    text = json.dumps(needed, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    return encode_base64url(hashlib.sha256(text.encode()).digest())


def _check_signature(compact: Compact) -> VerificationKey:
    header = compact.header
    if header.keys() - {"kid"} != _HEADER_MEMBERS or header["typ"] != "dpop+jwt" or not isinstance(header["jwk"], dict):
        raise Refused("dpop.header_refused")
    if header["alg"] not in PROOF_ALGORITHMS:
        raise Refused("dpop.algorithm_refused")
    key = VerificationKey(header["jwk"])
    try:
        if not key.verifies(header["alg"], compact.signed, compact.signature):
            raise Refused("dpop.signature_invalid")
    except UnfitKey as error:
        raise Refused("dpop.key_unfit") from error
    return key


def _check_claims(payload: Mapping[str, Any], *, method: str, url: str, now: float) -> None:
    if not _text(payload, "jti"):
        raise Refused("dpop.claim_missing")
    if _text(payload, "htm") != method:
        raise Refused("dpop.method_mismatch")
    address = _normal(_text(payload, "htu"))
    if address is None or address != _normal(url):
        raise Refused("dpop.url_mismatch")
    issued_at = payload.get("iat")
    if issued_at is None:
        raise Refused("dpop.claim_missing")
    if type(issued_at) is not int:  # bool is an int to isinstance
        raise Refused("dpop.claim_malformed")
    if issued_at < now - MAX_AGE_SECONDS:
        raise Refused("dpop.stale")
    if issued_at > now + MAX_AHEAD_SECONDS:
        raise Refused("dpop.not_yet_valid")


def _text(payload: Mapping[str, Any], name: str) -> str:
    value = payload.get(name)
    if value is None:
        raise Refused("dpop.claim_missing")
    if not isinstance(value, str):
        raise Refused("dpop.claim_malformed")
    return value


def _normal(url: str) -> tuple[str, str, int | None, str] | None:
    """Scheme, host, port and path: what `htu` is compared by, without query and fragment (RFC 9449 section 4.3 no. 9).

    Percent signs are compared as written: a client signs the address it sends.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if not parts.scheme or not parts.hostname or "@" in parts.netloc:
        return None
    return parts.scheme, parts.hostname, port or _DEFAULT_PORTS.get(parts.scheme), parts.path or "/"
