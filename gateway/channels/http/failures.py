"""What a request is answered when it failed instead of being refused."""

import logging

from litestar.response import Response

from gateway.channels.http.bodies import Gone
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
