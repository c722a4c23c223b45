"""What a request is answered when it failed instead of being refused."""

import logging
from typing import Any

from litestar.exceptions import HTTPException
from litestar.response import Response

from gateway.channels.http.bodies import Gone
from gateway.channels.http.heads import HttpRequest, trace_of
from gateway.channels.http.parameters import wrong_parameter
from gateway.channels.http.problems import problem, refuse
from gateway.ledger.database import LedgerUnavailable
from gateway.submissions import Rejection

_log = logging.getLogger(__name__)


def answer_failure(error: Exception, trace: str) -> Response[bytes]:
    """Nothing was acknowledged; the caller may repeat. `trace` finds the log line that says more."""
    if isinstance(error, LedgerUnavailable):
        act = "send it again; nothing was kept, or what was kept will be recognised"
        return problem(Rejection(code="ledger.unavailable", text=str(error), act=act, retry_after=5), trace=trace)
    if isinstance(error, Gone):
        return problem(Rejection(code="request.deadline", text="the caller went away"), trace=trace)
    _log.error("a request failed", exc_info=error, extra={"facts": {"traceparent": trace}})
    text = "the gateway failed; nothing was acknowledged"
    return problem(Rejection(code="internal", text=text, act="send it again"), trace=trace)


_METHODS = "use a method that the header `Allow` names; see / for all addresses"


def answer_http_exception(request: HttpRequest, error: HTTPException) -> Response[bytes]:
    """Litestar's own refusals, in our form."""
    if error.status_code == 404:
        return refuse(request, nothing_here(request))
    if error.status_code == 405:
        answer = refuse(
            request, Rejection(code="request.method", text=f"{request.method} is not taken here", act=_METHODS)
        )
        answer.headers.update(error.headers or {})
        return answer
    if error.status_code == 413:
        return refuse(request, Rejection(code="request.too_large", text=error.detail))
    if error.status_code < 500:
        details = error.extra if isinstance(error.extra, list) else []
        text = "; ".join(dict.fromkeys(_in_words(request, one) for one in details))
        act = "correct it; / says what each parameter may be"
        return refuse(request, Rejection(code="request.parameter", text=(text or error.detail)[:400], act=act))
    return answer_failure(error, trace_of(request.scope))


def _in_words(request: HttpRequest, detail: dict[str, Any]) -> str:
    """What the decoder says of a parameter, without the names of Python's types."""
    name = str(detail.get("key", "?"))
    return wrong_parameter(request, name) or f"`{name}`: {detail.get('message', '?')}"


def nothing_here(request: HttpRequest) -> Rejection:
    """The refusal for an address where nothing is."""
    text = f"nothing is at `{request.scope['path'][:200]}`"
    return Rejection(code="request.not_found", text=text, act="see / for all addresses")
