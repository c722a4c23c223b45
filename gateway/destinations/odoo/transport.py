"""How a call reaches Odoo. JSON-2 (Odoo 19 and later) is here; JSON-RPC for 16 to 18 would be a second `Transport`."""

from typing import Any, Protocol

import httpx
import msgspec

from gateway.destinations.contract import Postponed, Unavailable, Unknown
from gateway.destinations.odoo.faults import judge, read_fault
from gateway.destinations.odoo.refusals import Stopped
from gateway.destinations.odoo.settings import OdooSettings

_RETRY_AFTER_MOST = 3600.0


class Transport(Protocol):
    """One call is one transaction of Odoo."""

    async def call(
        self, model: str, method: str, arguments: dict[str, Any], *, changes: bool, traceparent: str | None
    ) -> Any:
        """The method's value, plain data. Raises `Stopped`: `Unknown` only when `changes` and nothing was heard."""

    async def version(self) -> tuple[int, int]:
        """Odoo's major and minor version. Raises `Stopped`."""


class Json2:
    """`POST /json/2/<model>/<method>` with named arguments (odoo/documentation, external_api)."""

    def __init__(self, settings: OdooSettings, client: httpx.AsyncClient) -> None:
        self._settings = settings
        self._client = client
        self._headers = {
            "Authorization": f"bearer {settings.api_key}",
            "X-Odoo-Database": settings.database,
            "Content-Type": "application/json",
            "Accept-Encoding": "identity",  # the cap on the answer is then a cap on what is held in memory
        }
        self._timeout = httpx.Timeout(settings.timeout, connect=settings.connect_timeout, pool=settings.timeout)

    async def call(
        self, model: str, method: str, arguments: dict[str, Any], *, changes: bool, traceparent: str | None
    ) -> Any:
        headers = self._headers | ({"traceparent": traceparent} if traceparent else {})
        content = msgspec.json.encode(arguments)
        request = self._request("POST", f"/json/2/{model}/{method}", headers, content)
        status, body, retry_after = await self._exchange(request, changes=changes)
        if status != 200:
            raise Stopped(judge(status, read_fault(body), f"{model}.{method}", retry_after))
        try:
            return msgspec.json.decode(body)
        except msgspec.DecodeError:
            raise Stopped(_unreadable(changes=changes)) from None

    async def version(self) -> tuple[int, int]:
        request = self._request("GET", "/web/version", {}, None)
        status, body, retry_after = await self._exchange(request, changes=False)
        if status != 200:
            raise Stopped(judge(status, read_fault(body), "web.version", retry_after))
        try:
            info = msgspec.json.decode(body, type=_Version).version_info
            return int(info[0]), int(info[1])
        except (msgspec.DecodeError, IndexError, TypeError, ValueError):
            raise Stopped(Unavailable("what answers under Odoo's address is not Odoo")) from None

    def _request(self, verb: str, path: str, headers: dict[str, str], content: bytes | None) -> httpx.Request:
        url = self._settings.url.rstrip("/") + path
        return self._client.build_request(verb, url, headers=headers, content=content, timeout=self._timeout)

    async def _exchange(self, request: httpx.Request, *, changes: bool) -> tuple[int, bytes, float | None]:
        """Status, body and the seconds of Retry-After. Redirects are not followed."""
        try:
            response = await self._client.send(request, stream=True, follow_redirects=False)
            try:
                body = bytearray()
                async for piece in response.aiter_bytes():
                    body += piece
                    if len(body) > self._settings.answer_limit:
                        raise Stopped(_unreadable(changes=changes))
            finally:
                await response.aclose()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            raise Stopped(Unavailable("Odoo cannot be reached")) from None
        except httpx.TransportError as trouble:
            raise Stopped(_unheard(type(trouble).__name__, changes=changes)) from None
        return response.status_code, bytes(body), _seconds(response.headers.get("retry-after"))


class _Version(msgspec.Struct):
    version_info: list[Any]


def _unheard(how: str, *, changes: bool) -> Unknown | Unavailable:
    """A call that only reads has no effect to be unsure of."""
    if changes:
        return Unknown(f"the connection to Odoo ended before its answer ({how})")
    return Unavailable(f"the connection to Odoo ended before its answer ({how})")


def _unreadable(*, changes: bool) -> Unknown | Postponed:
    why = "Odoo's answer is too large or not JSON"
    return Unknown(why) if changes else Postponed(why)


def _seconds(header: str | None) -> float | None:
    """Retry-After in seconds; its form with a date is left to the retry schedule."""
    if header is None or not header.strip().isdigit():
        return None
    return min(float(header), _RETRY_AFTER_MOST)
