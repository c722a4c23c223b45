"""The line to the gateway: the plant dials out, fetches what lies ready for it, and says what it has taken."""

from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx2
import msgspec
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from msgspec import Struct

ANSWER_SECONDS = 15.0
"""How much longer than agreed an answer may take before the line is taken for dead."""


class LineDown(Exception):  # noqa: N818 - a state of the world, not a defect
    """Nothing can be said or heard now; `after` is how many seconds the gateway asked us to wait, if it did."""

    def __init__(self, why: str, after: float | None = None) -> None:
        super().__init__(why)
        self.after = after


class NotWanted(Exception):  # noqa: N818 - a refusal, not a defect
    """The gateway will never take this word: it knows no such delivery, or has heard the opposite before."""


class Delivery(Struct, frozen=True, kw_only=True):
    """What the bridge needs of a delivery; the gateway says more, and may say yet more one day."""

    id: str
    document_type: str
    number: str
    document: msgspec.Raw


class _Answer(Struct, frozen=True):
    deliveries: list[Delivery]


class Uplink:
    """Used inside `async with`. `token_url` is the token endpoint of the plant's issuer (client credentials)."""

    def __init__(
        self,
        gateway: str,
        plant: str,
        *,
        token_url: str,
        client: str,
        secret: str,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._inbox = f"{gateway.rstrip('/')}/v1/plants/{quote(plant, safe='')}/deliveries"
        self._token_url = token_url
        self._client = AsyncOAuth2Client(
            client,
            secret,
            token_endpoint=token_url,
            grant_type="client_credentials",
            timeout=ANSWER_SECONDS,
            leeway=30,
            transport=transport,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        await self._client.aclose()

    async def fetch(self, *, wait: float, limit: int = 20) -> list[Delivery]:
        """What lies ready, in order; waits up to `wait` seconds for the first. Raises LineDown."""
        wanted = {"wait": str(wait), "limit": str(limit)}
        answer = await self._ask("GET", self._inbox, params=wanted, timeout=wait + ANSWER_SECONDS)
        try:
            return msgspec.json.decode(answer.content, type=_Answer).deliveries
        except msgspec.DecodeError as error:
            raise LineDown(f"what answers under the gateway's address is not the gateway: {error}") from error

    async def acknowledge(self, delivery_id: str, reference: str) -> None:
        """Say that the plant has it; `reference` is its name for it. May be repeated. Raises LineDown, NotWanted."""
        word = {"verdict": "accepted", "reference": reference}
        await self._ask("POST", f"{self._inbox}/{delivery_id}/acknowledgement", json=word)

    async def _ask(self, verb: str, url: str, **what: Any) -> httpx2.Response:
        try:
            if self._client.token is None:
                await self._client.fetch_token(self._token_url, grant_type="client_credentials")
            answer: httpx2.Response = await self._client.request(verb, url, **what)
        except (OAuthError, httpx2.HTTPStatusError) as error:
            raise LineDown(f"no token was issued: {error}") from error
        except httpx2.TransportError as error:
            raise LineDown(f"the gateway or the issuer cannot be reached: {type(error).__name__}") from error
        if answer.status_code == 401:
            self._client.token = None  # the next attempt begins with a fresh one
        if verb == "POST" and answer.status_code in (404, 409):
            raise NotWanted(_what_it_said(answer))
        if answer.status_code != 200:
            raise LineDown(_what_it_said(answer), _seconds(answer.headers.get("retry-after")))
        return answer


def _what_it_said(answer: httpx2.Response) -> str:
    """The problem document's own sentence where there is one (RFC 9457)."""
    try:
        said = msgspec.json.decode(answer.content, type=dict[str, Any]).get("detail")
    except msgspec.DecodeError:
        said = None
    return f"the gateway answered {answer.status_code}" + (f": {said}" if said else "")


def _seconds(header: str | None) -> float | None:
    return float(header) if header is not None and header.isascii() and header.isdigit() else None
