"""What a request is answered when it failed instead of being refused."""

import logging
import re

from litestar.exceptions import HTTPException
from litestar.response import Response

from gateway.channels.http.bodies import Gone
from gateway.channels.http.heads import HttpRequest
from gateway.channels.http.problems import problem
from gateway.ledger.database import LedgerUnavailable
from gateway.submissions import Rejection

_log = logging.getLogger(__name__)


def answer_failure(error: Exception) -> Response[bytes]:
    """Nothing was acknowledged; the caller may repeat."""
    if isinstance(error, LedgerUnavailable):
        act = "send it again; nothing was kept, or what was kept will be recognised"
        return problem(Rejection(code="ledger.unavailable", text=str(error), act=act, retry_after=5))
    if isinstance(error, Gone):
        return problem(Rejection(code="request.deadline", text="the caller went away"))
    _log.error("a request failed", exc_info=error)
    return problem(Rejection(code="internal", text="the gateway failed; nothing was acknowledged", act="send it again"))


_NUMBER = re.compile(r"Expected `(int|float)`(?: ([<>]=) (\d+)(?:\.0)?)?")
_VALUE = re.compile(r"Invalid enum value '(.*)'")
_BOUNDS = {">=": "from", "<=": "up to"}
_METHODS = "use a method that the header `Allow` names; see / for all addresses"


def answer_http_exception(request: HttpRequest, error: HTTPException) -> Response[bytes]:
    """Litestar's own refusals, in our form."""
    if error.status_code == 404:
        return problem(nothing_here(request))
    if error.status_code == 405:
        answer = problem(Rejection(code="request.method", text=f"{request.method} is not taken here", act=_METHODS))
        answer.headers.update(error.headers or {})
        return answer
    if error.status_code == 413:
        return problem(Rejection(code="request.too_large", text=error.detail))
    if error.status_code < 500:
        details = error.extra if isinstance(error.extra, list) else []
        text = "; ".join(f"`{one.get('key', '?')}`: {_in_words(one.get('message', '?'))}" for one in details)
        act = "correct it; / says what each parameter may be"
        return problem(Rejection(code="request.parameter", text=(text or error.detail)[:400], act=act))
    return answer_failure(error)


def _in_words(said: str) -> str:
    """What the decoder says of a parameter, without the names of Python's types."""
    number = _NUMBER.match(said)
    if number is not None:
        kind = "a whole number" if number[1] == "int" else "a number"
        return f"{kind} {_BOUNDS[number[2]]} {number[3]} is expected" if number[2] else f"{kind} is expected"
    value = _VALUE.match(said)
    return f"`{value[1]}` is none of the values it may have" if value is not None else said


def nothing_here(request: HttpRequest) -> Rejection:
    """The refusal for an address where nothing is."""
    text = f"nothing is at `{request.scope['path'][:200]}`"
    return Rejection(code="request.not_found", text=text, act="see / for all addresses")
