"""Each error's answer on the wire: one table, as data. A test proves that no error lacks one.

SFTP: the status of the request that ends an upload.
HTTP: status of the RFC 9457 problem, whose `type` is `/errors/<code>` here, or the registered type where there is one.
"""

from typing import Literal

from gateway.errors import ERRORS

_BY_PREFIX = {"token.": 401, "dpop.": 401, "certificate.": 400}
_HTTP = {
    "request.malformed": 400,
    "request.not_found": 404,
    "request.method": 405,
    "request.deadline": 408,
    "request.too_large": 413,
    "request.parameter": 400,
    "request.wrong_kind": 403,
    "sender.unknown": 403,
    "sender.suspended": 403,
    "sender.not_live": 403,
    "sender.binding_required": 403,
    "document.unsupported": 415,
    "document.malformed": 400,
    "document.invalid": 422,
    "document.too_large": 413,
    "document.other_type": 422,
    "ownership.not_owned": 403,
    "schema.not_matched": 422,
    "routing.no_route": 422,
    "routing.no_agreement": 422,
    "routing.several_plants": 422,
    "idempotency.conflict": 422,
    "version.unknown": 404,
    "version.not_open": 403,
    "version.retired": 410,
    "version.brownout": 503,
    "version.document_unknown": 422,
    "version.document_not_open": 403,
    "version.document_retired": 422,
    "version.document_brownout": 503,
    "rule.not_judged": 503,
    "access.not_granted": 403,
    "access.outside_zone": 403,
    "access.no_conduit": 403,
    "access.denied": 403,
    "limit.exceeded": 429,
    "limit.reduced_capacity": 503,
    "limit.unavailable": 503,
    "limit.too_large": 413,
    "limit.none_applies": 403,
    "policy.expired": 503,
    "message.not_found": 404,
    "receipt.not_ready": 404,
    "delivery.not_found": 404,
    "delivery.contradicted": 409,
    "gateway.overrun": 503,
    "ledger.unavailable": 503,
    "keys.unavailable": 503,
    "dpop.unavailable": 503,
    "internal": 500,
}
_REGISTERED_TYPES = {  # draft-ietf-httpapi-ratelimit-headers-11, section 5
    "limit.exceeded": "https://iana.org/assignments/http-problem-types#quota-exceeded",
    "limit.reduced_capacity": "https://iana.org/assignments/http-problem-types#temporary-reduced-capacity",
}

HTTP_STATUS: dict[str, int] = {
    code: _HTTP.get(code) or next((status for prefix, status in _BY_PREFIX.items() if code.startswith(prefix)), 0)
    for code in ERRORS
}


def problem_type(code: str) -> str:
    """The `type` of the problem document: a registered one, or our page about it."""
    return _REGISTERED_TYPES.get(code, f"/errors/{code}")


SftpStatus = Literal["ok", "failure", "permission denied"]
_SFTP_BY_PREFIX: dict[str, SftpStatus] = {
    "document.": "ok", "schema.": "ok", "ownership.": "ok", "routing.": "ok", "idempotency.": "ok", "version.": "ok",
    "access.": "ok", "limit.too_large": "ok", "sender.": "permission denied",
}  # fmt: skip


def _sftp_status(code: str) -> SftpStatus:
    if ERRORS[code].repeat:
        return "failure"
    by_prefix = (status for prefix, status in _SFTP_BY_PREFIX.items() if code.startswith(prefix))
    return next(by_prefix, "failure")


SFTP_STATUS: dict[str, SftpStatus] = {code: _sftp_status(code) for code in ERRORS}
"""`ok`: the file is ours now, and a file in /error says why it was refused; sending it again would change nothing.
`failure`: nothing was taken, the upload lies where it is, and the same request may succeed later.
`permission denied`: the partner is stopped as such; so is one whose `ok` would be about a refusal before its file was
looked at, of which nothing is on record."""
