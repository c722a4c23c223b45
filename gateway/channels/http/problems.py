"""Refusals as RFC 9457 problem documents: a stable code, who must act, where it is wrong, whether to repeat."""

from typing import Any

import msgspec
from litestar.response import Response

from gateway.answers import HTTP_STATUS, problem_type
from gateway.channels.http.heads import HttpRequest, trace_of
from gateway.errors import ERRORS
from gateway.submissions import Rejection

MEDIA_TYPE = "application/problem+json"
MOST_FINDINGS = 100
TAKEN = (
    "application/json, application/xml, application/edifact, application/edi-x12, text/plain, application/octet-stream"
)
"""The media types of what is taken, told with a 415 in `Accept` (RFC 9110 section 15.5.16). The last two say nothing:
the first bytes decide."""


def problem(rejection: Rejection, *, challenge: str | None = None, trace: str | None = None) -> Response[bytes]:
    """The answer to a rejection; `challenge` is the WWW-Authenticate of a 401."""
    error, status = ERRORS[rejection.code], HTTP_STATUS[rejection.code]
    document: dict[str, Any] = {
        "type": problem_type(rejection.code),
        "title": error.title,
        "status": status,
        "detail": rejection.text,
        "code": rejection.code,
        "acts": error.acts,
        "repeat": error.repeat,
        "act": rejection.act,
        "rule": rejection.rule,
        "policy": rejection.policy_revision or None,
        "trace": trace.split("-")[1] if trace else None,
        "message": rejection.message_id,
        "instance": f"/v1/messages/{rejection.message_id}" if rejection.message_id else None,
        "findings": [_plain(finding) for finding in rejection.findings[:MOST_FINDINGS]] or None,
        "findings_left_out": len(rejection.findings) - MOST_FINDINGS
        if len(rejection.findings) > MOST_FINDINGS
        else None,
        "violated-policies": rejection.limits or None,
    }
    headers = dict(rejection.fields)
    if trace is not None:
        headers["traceparent"] = trace
    if rejection.retry_after is not None:
        headers["Retry-After"] = str(rejection.retry_after)
    elif status == 503:
        headers["Retry-After"] = "5"
    if status == 415:
        headers["Accept"] = TAKEN
    if challenge is not None:
        headers["WWW-Authenticate"] = challenge
    body = msgspec.json.encode({name: value for name, value in document.items() if value is not None})
    return Response(body, status_code=status, headers=headers, media_type=MEDIA_TYPE)


def refuse(request: HttpRequest, rejection: Rejection) -> Response[bytes]:
    """The same, under the trace of the request."""
    return problem(rejection, trace=trace_of(request.scope))


def _plain(finding: Any) -> Any:
    return {name: value for name, value in msgspec.to_builtins(finding).items() if value not in (None, {})}
