"""Who calls: from a request's head to a credential, or to the answer that refuses it."""

from collections.abc import Collection

from litestar.response import Response
from msgspec import Struct, field

from gateway.channels.http.heads import Head, address_of
from gateway.channels.http.problems import problem
from gateway.identity.callers import Unauthenticated, no_token
from gateway.identity.certificates import thumbprint_from
from gateway.identity.issuers import IssuerKind
from gateway.identity.tokens import Presented, TokenVerifier
from gateway.logceiling import LogCeiling
from gateway.networks import Networks
from gateway.observing import AUTH_FAILURES, log_change
from gateway.submissions import Credential, Rejection


class Callers(Struct, frozen=True):
    """`public_url` is how callers address us: a DPoP proof names it."""

    verifier: TokenVerifier
    trusted_proxies: Networks
    public_url: str
    refused: LogCeiling = field(default_factory=LogCeiling)

    async def prove(self, head: Head, kinds: Collection[IssuerKind]) -> Credential | Response[bytes]:
        """The credential behind the request's token, or the 401 (403 for another kind of caller, 503 while blind)."""
        try:
            presented = self._presented(head)
            caller = self.verifier.recall(presented, kinds) or await self.verifier.verify(presented, kinds=kinds)
        except Unauthenticated as refused:
            AUTH_FAILURES.labels(refused.code).inc()
            self._tell(refused, head)
            rejection = Rejection(code=refused.code, text=refused.text)
            return problem(rejection, challenge=refused.challenge, trace=head.trace)
        return Credential(
            kind=caller.kind,
            client=caller.client,
            roles=caller.roles,
            scopes=caller.scopes,
            binding=caller.binding,
            address=address_of(head, self.trusted_proxies),
            plant=caller.plant,
        )

    def _tell(self, refused: Unauthenticated, head: Head) -> None:
        """In the log, up to its ceiling; the counter has all of them."""
        untold = self.refused.admit()
        if untold is not None:
            address = address_of(head, self.trusted_proxies)
            log_change(
                "caller.refused", code=refused.code, address=address, traceparent=head.trace, untold=untold or None
            )

    def _presented(self, head: Head) -> Presented:
        scheme, _, token = (head.get("authorization") or "").partition(" ")
        lowered = scheme.lower()
        if lowered not in ("bearer", "dpop") or not token:
            raise no_token()
        return Presented(
            token.strip(),
            "DPoP" if lowered == "dpop" else "Bearer",
            head.method,
            self.public_url + head.path,
            head.get("dpop"),
            thumbprint_from(head.raw, head.peer, self.trusted_proxies),
        )
