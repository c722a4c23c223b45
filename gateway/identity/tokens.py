"""The one question of this package: whose token is this, and may they use it here, now, with this key in hand."""

import hashlib
import time
from collections.abc import Callable, Collection, Sequence
from typing import Any, Final

from msgspec import Struct

from gateway.identity.callers import Caller
from gateway.identity.claims import LEEWAY_SECONDS, Verified, read_claims
from gateway.identity.compact import Malformed, read_compact
from gateway.identity.dpop import read_proof, use_once
from gateway.identity.issuers import Issuer, IssuerKind
from gateway.identity.keys import KeySource, KeysUnavailable, UnknownKey
from gateway.identity.refusals import Refused, Scheme, refusal
from gateway.identity.replays import ReplayCache
from gateway.identity.revocations import Revocation, Revocations
from gateway.identity.signatures import UnfitKey

MAX_TOKEN_CHARACTERS: Final = 16_384
MAX_KID_CHARACTERS: Final = 128
# A token may name its key by `kid` alone. Everything here brings a key, points to one, or changes how the rest is read.
_REFUSED_HEADERS: Final = frozenset(
    {"jku", "jwk", "x5u", "x5c", "crit", "b64", "zip", "enc", "cty", "epk", "apu", "apv"}
)


class Presented(Struct, frozen=True):
    """What a request shows: the token, how, and the proof of possession if any.

    `url` is the address as the client wrote it (scheme, host and path count). `proof` is the `DPoP` header; a
    request that carries two must be given joined by a comma, which is refused. `certificate_thumbprint` is the
    `x5t#S256` of the client certificate (`certificates.thumbprint_from`).
    """

    token: str
    scheme: Scheme
    method: str
    url: str
    proof: str | None = None
    certificate_thumbprint: str | None = None


class _Remembered(Struct, frozen=True):
    verified: Verified
    until: float


class TokenVerifier:
    """Verifies access tokens and remembers the verified ones for a while by their hash.

    What is remembered is that the signature and the claims held. Expiry, kind and binding are judged again each time;
    the audience belongs to the issuer, which never changes in a verifier's life. `clock` gives seconds since 1970.
    """

    def __init__(
        self,
        issuers: Sequence[Issuer],
        keys: KeySource,
        *,
        replays: ReplayCache,
        clock: Callable[[], float] = time.time,
        cache_size: int = 10_000,
        cache_seconds: float = 60,
    ) -> None:
        self._issuers = {issuer.iss: issuer for issuer in issuers}
        self._keys = keys
        self._replays = replays
        self._clock = clock
        self._cache_size = cache_size
        self._cache_seconds = cache_seconds
        self._cache: dict[bytes, _Remembered] = {}
        self._revocations = Revocations(clock)

    def recall(self, presented: Presented, kinds: Collection[IssuerKind]) -> Caller | None:
        """The caller, when this token was verified lately and nothing needs waiting for; else None, and ask `verify`.

        Tokens bound to a DPoP key always give None: their proof must be spent in the replay record.
        """
        remembered = self._remembered(presented.token)
        if remembered is None or remembered.proof_key is not None or presented.scheme != "Bearer":
            return None
        if remembered.certificate is not None and remembered.certificate != presented.certificate_thumbprint:
            return None
        return remembered.caller if remembered.caller.kind in kinds else None

    async def verify(self, presented: Presented, *, kinds: Collection[IssuerKind]) -> Caller:
        """The caller behind the token, who must be of one of `kinds`.

        Raises Unauthenticated, or its kind IdentityUnavailable when keys or replay record are out of reach.
        """
        caller = self.recall(presented, kinds)
        if caller is not None:
            return caller
        try:
            verified = self._remembered(presented.token) or await self._examine(presented.token, kinds)
            _check_kind(verified.caller.kind, kinds)
            await self._check_binding(verified, presented)
        except Refused as refused:
            raise refusal(refused.code, presented.scheme) from refused
        return verified.caller

    def revoke_before(
        self, epoch: int, *, issuer: str | None = None, client: str | None = None, token_id: str | None = None
    ) -> None:
        """Refuses from now on every token issued at or before `epoch` that fits all that is given; nothing given: all.

        Works in this process, without Keycloak. The caller tells the other processes.
        """
        self._revocations.add(Revocation(epoch=epoch, issuer=issuer, client=client, token_id=token_id))
        self._cache.clear()

    def _remembered(self, token: str) -> Verified | None:
        if len(token) > MAX_TOKEN_CHARACTERS:
            return None
        remembered = self._cache.get(_digest(token))
        return remembered.verified if remembered is not None and self._clock() < remembered.until else None

    async def _examine(self, token: str, kinds: Collection[IssuerKind]) -> Verified:
        """Everything about the token itself, cheapest first; nothing is fetched for an issuer we do not know."""
        if len(token) > MAX_TOKEN_CHARACTERS:
            raise Refused("token.too_large")
        try:
            compact = read_compact(token)
        except Malformed as error:
            raise Refused("token.encrypted" if error.encrypted else "token.malformed") from error
        issuer = self._issuer_of(compact.header, compact.payload, kinds)
        algorithm, kid = _named_key(compact.header, issuer)
        try:
            key = await self._keys.find(issuer, kid)
            if not key.verifies(algorithm, compact.signed, compact.signature):
                raise Refused("token.signature_invalid")
        except UnknownKey as error:
            raise Refused("token.key_unknown") from error
        except KeysUnavailable as error:
            raise Refused("keys.unavailable") from error
        except UnfitKey as error:
            raise Refused("token.key_unfit") from error
        verified = read_claims(compact.header, compact.payload, issuer, self._clock())
        self._refuse_revoked(verified)
        self._remember(token, verified)
        return verified

    def _issuer_of(self, header: dict[str, Any], payload: dict[str, Any], kinds: Collection[IssuerKind]) -> Issuer:
        if not _REFUSED_HEADERS.isdisjoint(header):
            raise Refused("token.header_refused")
        name = payload.get("iss")
        issuer = self._issuers.get(name) if isinstance(name, str) else None
        if issuer is None:
            raise Refused("token.issuer_unknown")
        _check_kind(issuer.kind, kinds)
        return issuer

    def _refuse_revoked(self, verified: Verified) -> None:
        caller = verified.caller
        if self._revocations.cover(
            issuer=caller.issuer, client=caller.client, token_id=verified.token_id, issued_at=caller.issued_at
        ):
            raise Refused("token.revoked")

    def _remember(self, token: str, verified: Verified) -> None:
        """Must follow `_refuse_revoked` without an await between, or a revocation could be outrun."""
        now = self._clock()
        until = min(now + self._cache_seconds, verified.caller.expires_at + LEEWAY_SECONDS)
        while len(self._cache) >= self._cache_size:
            del self._cache[next(iter(self._cache))]  # the oldest; all of them are worth a minute at most
        self._cache[_digest(token)] = _Remembered(verified, until)

    async def _check_binding(self, verified: Verified, presented: Presented) -> None:
        if verified.certificate is not None:
            _check_certificate(verified.certificate, presented.certificate_thumbprint)
        if verified.proof_key is None:
            if presented.scheme == "DPoP":
                raise Refused("dpop.token_unbound")
            return
        if presented.scheme != "DPoP":
            raise Refused("token.binding_missing")
        if presented.proof is None:
            raise Refused("dpop.missing")
        proof = read_proof(
            presented.proof, method=presented.method, url=presented.url, token=presented.token, now=self._clock()
        )
        if proof.thumbprint != verified.proof_key:
            raise Refused("dpop.key_mismatch")
        await use_once(proof, self._replays)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _named_key(header: dict[str, Any], issuer: Issuer) -> tuple[str, str]:
    algorithm, kid = header.get("alg"), header.get("kid")
    if algorithm not in issuer.algorithms:
        raise Refused("token.algorithm_refused")
    if not isinstance(kid, str) or not 0 < len(kid) <= MAX_KID_CHARACTERS:
        raise Refused("token.key_missing")
    return algorithm, kid


def _check_kind(kind: IssuerKind, kinds: Collection[IssuerKind]) -> None:
    if kind not in kinds:
        raise Refused("token.wrong_kind")


def _check_certificate(expected: str, presented: str | None) -> None:
    if presented is None:
        raise Refused("token.binding_missing")
    if presented != expected:
        raise Refused("token.binding_mismatch")
