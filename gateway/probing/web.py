"""What is reached over HTTPS: our own address and the issuer's keys as a partner sees them, and their webhook."""

from collections.abc import Callable
from datetime import datetime

import httpx
from msgspec import Struct

from gateway.channels.webhooks.answers import failure_of
from gateway.channels.webhooks.events import test_event
from gateway.channels.webhooks.signing import BadSecret, read_secrets, signed_headers
from gateway.egress.client import Egress, NoAnswer, Times
from gateway.egress.pinned import trust_of
from gateway.identifiers import new_message_id
from gateway.probing.as2 import whose
from gateway.probing.steps import Attempt, Failed, NotTried
from gateway.settings import Settings
from partners.timelines import TimeLine
from partners.webhooks import Webhook

SECONDS = 10.0


class OursProbing(Struct, frozen=True):
    """`client` follows no redirects."""

    settings: Settings
    client: httpx.AsyncClient

    def answers_at(self, path: str) -> Attempt:
        """Any answer will do that is not a failure of ours."""

        async def attempt() -> str:
            url = f"{self.settings.public_url}{path}"
            status = (await self._get(url)).status_code
            if status >= 500 or 300 <= status < 400:
                raise Failed("us", f"{url} answers HTTP {status}")
            return f"{url} answers"

        return attempt

    async def token(self) -> str:
        issuers = [one for one in self.settings.issuers() if one.kind == "partner"]
        if not issuers:
            raise Failed("us", "GATEWAY_PARTNER_ISSUERS names no issuer: no token of a partner is believed")
        answer = await self._get(issuers[0].jwks_uri)
        try:
            keys = answer.json()["keys"] if answer.status_code == 200 else []
        except (ValueError, KeyError, TypeError):
            keys = []
        if not keys:
            raise Failed("us", f"{issuers[0].jwks_uri} shows no keys: no token can be verified")
        return f"{issuers[0].iss} shows its keys; `partner drift` tells whether the clients there are as agreed"

    async def _get(self, url: str) -> httpx.Response:
        """Raises Failed."""
        try:
            return await self.client.get(url, timeout=SECONDS)
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise Failed("us", f"{url}: {str(error).lower() or type(error).__name__}") from None


class WebhookProbing(Struct, frozen=True):
    settings: Settings
    webhook: Webhook
    timeline: TimeLine
    egress: Egress
    clock: Callable[[], datetime]
    send: bool

    def attempts(self) -> list[tuple[str, Attempt]]:
        return [("signature", self._signature), ("connection", self._connection), ("receipt", self._receipt)]

    async def _signature(self) -> str:
        try:
            found = read_secrets(self.settings.partner_keys, self.webhook.secrets)
        except BadSecret as problem:
            raise Failed("us", str(problem)) from None
        return f"{len(found)} of {len(found)} secrets can sign"

    async def _connection(self) -> str:
        try:
            await self.egress.connect(self.webhook.url, trust=trust_of(self.timeline, self.clock()))
        except NoAnswer as silent:
            raise whose(silent) from None
        return f"{self.webhook.url} takes connections"

    async def _receipt(self) -> str:
        if not self.send:
            raise NotTried("with --send a `gateway.test` event is sent, and 2xx is expected")
        event_id, at = str(new_message_id()), self.clock()
        body = test_event(event_id, at)
        headers = signed_headers(
            read_secrets(self.settings.partner_keys, self.webhook.secrets), event_id, int(at.timestamp()), body
        )
        headers |= {"content-type": "application/json", "user-agent": "partner-gateway"}
        seconds = float(self.webhook.time_out.seconds)
        times = Times(connect=min(SECONDS, seconds), stall=seconds, total=seconds)
        try:
            answer = await self.egress.post(
                self.webhook.url, body, headers, trust=trust_of(self.timeline, at), times=times
            )
        except NoAnswer as silent:
            raise whose(silent) from None
        failure = failure_of(answer, at)
        if failure is not None:
            raise Failed("partner", failure.why)
        return f"test event {event_id}: it answered {answer.status}"
