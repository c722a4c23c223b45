"""Each error's answer on the wire: one table, as data. A test proves that no error lacks one.

AS2: the disposition of the receipt.
SFTP: the status of the request that ends an upload.
CONTRL: the error of an interchange or message whose syntax is right (0085).
HTTP: status of the RFC 9457 problem, whose `type` is `/errors/<code>` here, or the registered type where there is one.
"""

from typing import Literal

from msgspec import Struct

from gateway.errors import ERRORS

_BY_PREFIX = {"token.": 401, "dpop.": 401, "certificate.": 400}
_HTTP = {
    "request.malformed": 400,
    "request.not_found": 404,
    "request.method": 405,
    "request.deadline": 408,
    "request.too_large": 413,
    "request.parameter": 400,
    "request.unknown_parameter": 400,
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
    "interchange.sender": 403,
    "interchange.recipient": 422,
    "agreement.none": 422,
    "agreement.differs": 422,
    "agreement.tests_only": 403,
    "agreement.no_tests": 422,
    "pgp.required": 403,
    "pgp.not_opened": 400,
    "pgp.signature": 403,
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
    "receipt.erased": 410,
    "delivery.not_found": 404,
    "delivery.contradicted": 409,
    "gateway.overrun": 503,
    "ledger.unavailable": 503,
    "keys.unavailable": 503,
    "dpop.unavailable": 503,
    "internal": 500,
    "as2.malformed": 400,
    "as2.message_id": 400,
    "as2.relation_unknown": 404,
    "as2.same_names": 400,
    "as2.decryption": 400,
    "as2.signature": 403,
    "as2.digest": 400,
    "as2.decompression": 400,
    "as2.security": 403,
    "as2.file_name": 422,
    "as2.certificates": 422,
    "as2.part_refused": 422,
    "as2.receipt_algorithms": 422,
    "as2.receipt_protocol": 422,
    "as2.receipt_address": 403,
    "as2.keys": 503,
}
_REGISTERED_TYPES = {  # draft-ietf-httpapi-ratelimit-headers-11, section 5
    "limit.exceeded": "https://iana.org/assignments/http-problem-types#quota-exceeded",
    "limit.reduced_capacity": "https://iana.org/assignments/http-problem-types#temporary-reduced-capacity",
}

HTTP_STATUS: dict[str, int] = {
    code: _HTTP.get(code) or next((status for prefix, status in _BY_PREFIX.items() if code.startswith(prefix)), 0)
    for code in ERRORS
}

_NOT_FOR_THEM = "processed/error: authentication-failed"
_DISPOSITION_BY_PREFIX = {
    "document.": "processed", "interchange.": "processed", "agreement.": "processed", "schema.": "processed",
    "routing.": "processed", "ownership.": "processed",
    "version.document_": "processed", "sender.": _NOT_FOR_THEM, "access.": _NOT_FOR_THEM, "token.": _NOT_FOR_THEM,
    "dpop.": _NOT_FOR_THEM, "certificate.": _NOT_FOR_THEM,
}  # fmt: skip
_DISPOSITION = {
    "as2.message_id": "processed/error: invalid-message-id",
    "as2.relation_unknown": "processed/error: unknown-trading-relationship",
    "as2.same_names": "failed/failure: sender-equals-receiver",
    "as2.decryption": "processed/error: decryption-failed",
    "as2.signature": "processed/error: authentication-failed",
    "as2.digest": "processed/error: integrity-check-failed",
    "as2.decompression": "processed/error: decompression-failed",
    "as2.security": "processed/error: insufficient-message-security",
    "as2.file_name": "processed/error: illegal-filename",
    "as2.receipt_algorithms": "failed/failure: unsupported MIC-algorithms",
    "as2.receipt_protocol": "failed/failure: unsupported format",
}
_UNEXPECTED = "processed/error: unexpected-processing-error"


def _disposition(code: str) -> str | None:
    if HTTP_STATUS[code] in (408, 429, 503, 500):
        return None
    by_prefix = (text for prefix, text in _DISPOSITION_BY_PREFIX.items() if code.startswith(prefix))
    return _DISPOSITION.get(code) or next(by_prefix, _UNEXPECTED)


AS2_DISPOSITION: dict[str, str | None] = {code: _disposition(code) for code in ERRORS}
"""What the receipt of an AS2 message says (RFC 4130 section 7.5). None: it passes by itself, so there is no receipt but
the HTTP status with Retry-After, and the sender's own retry brings the message again. `processed`: the message came
whole and was understood to be the sender's; what is wrong with its content is said by a functional acknowledgement."""


def problem_type(code: str) -> str:
    """The `type` of the problem document: a registered one, or our page about it."""
    return _REGISTERED_TYPES.get(code, f"/errors/{code}")


SftpStatus = Literal["ok", "failure", "permission denied"]
_SFTP_BY_PREFIX: dict[str, SftpStatus] = {
    "document.": "ok", "pgp.": "ok", "interchange.": "ok", "agreement.": "ok", "schema.": "ok",
    "ownership.": "ok", "routing.": "ok", "idempotency.": "ok", "version.": "ok",
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


class ControlError(Struct, frozen=True):
    """Element 0085 and where it stands: at an element of UNB, which rejects the interchange, or of each UNH."""

    code: str
    segment: Literal["UNB", "UNH"]
    element: int


CONTROL_ERRORS: dict[str, ControlError] = {
    "interchange.sender": ControlError("23", "UNB", 2),
    "interchange.recipient": ControlError("7", "UNB", 3),
    "idempotency.conflict": ControlError("26", "UNB", 5),
    "agreement.no_tests": ControlError("25", "UNB", 11),
    "agreement.tests_only": ControlError("17", "UNB", 11),
    "agreement.none": ControlError("17", "UNH", 2),
    "agreement.differs": ControlError("17", "UNH", 2),
}
"""Refusals that a CONTRL can name, though the syntax is right. They concern what stands around the message: no APERAK
is made of them; every other refusal of a right syntax is a matter of the application."""

MISNAMED = ("interchange.sender", "interchange.recipient")
"""Refusals of interchanges that cannot be answered between the names they carry."""
