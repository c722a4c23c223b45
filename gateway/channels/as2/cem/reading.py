"""Reads an exchange of certificates out of a message whose signature has been verified."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from gateway.channels.as2.cem.exchanges import (
    MEDIA_TYPE,
    NAMESPACE,
    SIGNATURES,
    USES,
    Answer,
    Request,
    Response,
    TrustRequest,
)
from gateway.channels.as2.mime import Entity, decoded, read_entity, split
from gateway.channels.as2.refusing import Unacceptable
from gateway.channels.as2.windows import Spools
from partners.certificatefiles import MOST_BYTES, BadCertificate, certificates_in, own_certificate, weakness_of
from translators.findings import Unreadable
from translators.xmldoc.parsing import XmlLimits, parse

_LIMITS = XmlLimits(max_depth=12, max_attributes=20, max_elements=2_000)
_MOST_REQUESTS = 50


def is_cem(entity: Entity) -> bool:
    """By its type, or by that of its root where it comes with certificates attached."""
    of_root = (entity.header.parameter("type") or "").lower()
    is_related = entity.header.media_type == "multipart/related"
    return entity.header.media_type == MEDIA_TYPE or (is_related and of_root == MEDIA_TYPE)


def read_cem(entity: Entity, spools: Spools) -> Request | Response:
    """Of the content of a message whose signature was verified with a certificate of today. Raises Unacceptable."""
    text, attached = _parts(entity, spools)
    try:
        root = parse(text, _LIMITS)
    except Unreadable as problem:
        raise _malformed(f"the exchange of certificates cannot be read: {problem.findings[0].text}") from None
    kind = {f"{{{NAMESPACE}}}EDIINTCertificateExchange{word}": word for word in ("Request", "Response")}.get(root.tag)
    if kind is None:
        raise _malformed("the exchange of certificates is neither a request nor a response of this standard")
    request_id = (root.get("requestId") or "").strip()
    if not request_id or len(request_id) > 200:
        raise _malformed("`requestId` is missing or longer than 200 characters")
    sender = _text(root, "TradingPartnerInfo/Name")
    originated = _moment(_text(root, "TradingPartnerInfo/MessageOriginated"))
    if kind == "Response":
        answers = tuple(_answer(one) for one in _each(root, "TrustResponse"))
        return Response(request_id=request_id, sender=sender, originated=originated, answers=answers)
    certificates = tuple(_trust_request(one, attached) for one in _each(root, "TrustRequest"))
    return Request(request_id=request_id, sender=sender, originated=originated, certificates=certificates)


def _parts(entity: Entity, spools: Spools) -> tuple[bytes, dict[str, bytes]]:
    """The XML, and what is attached by its Content-ID. A response may come without a multipart around it."""
    if not entity.header.media_type.startswith("multipart/"):
        return _content(entity, spools), {}
    text: bytes | None = None
    attached: dict[str, bytes] = {}
    for window in split(entity).parts:
        part = read_entity(window)
        if part.header.media_type == MEDIA_TYPE:
            if text is not None:
                raise _malformed("there are two descriptions in one exchange of certificates")
            text = _content(part, spools)
        else:
            name = _bare(part.header.fields.get("content-id", ""))
            if name in attached:
                raise _malformed(f"two parts have the Content-ID `{name[:80]}`")
            attached[name] = _content(part, spools)
    if text is None:
        raise _malformed(f"no part is {MEDIA_TYPE}")
    return text, attached


def _content(part: Entity, spools: Spools) -> bytes:
    window = decoded(part, spools)
    if window.size > MOST_BYTES:
        raise _malformed("a part of an exchange of certificates is larger than 256 KiB")
    return window.read()


def _trust_request(node: Any, attached: dict[str, bytes]) -> TrustRequest:
    name = _bare(_text(node, "EndEntity/CertificateContentID"))
    if name not in attached:
        raise _malformed(f"the certificate `{name[:80]}` is named and not attached")
    try:
        found = certificates_in(attached[name])
        own = own_certificate(found)
    except BadCertificate as problem:
        raise _malformed(f"the certificate `{name[:80]}`: {problem}") from None
    serial = _number(_text(node, f"EndEntity/CertificateIdentifier/{{{SIGNATURES}}}X509SerialNumber"))
    if serial != own.serial_number:
        raise _malformed(f"the certificate `{name[:80]}` has another serial number than the request says")
    words = [(one.text or "").strip() for one in node.findall(f"{{{NAMESPACE}}}CertUsage")]
    unknown = next((word for word in words if word not in USES), None)
    if unknown is not None:
        raise _malformed(f"`CertUsage` `{unknown[:40]}` is none that is known")
    if not words:
        raise _malformed("`CertUsage` is missing: nobody knows what the certificate is for")
    respond_by = _text(node, "RespondByDate", optional=True)
    return TrustRequest(
        uses=tuple(dict.fromkeys(USES[word] for word in words)),
        certificate=own,
        chain=tuple(one for one in found if one != own),
        respond_by=_moment(respond_by) if respond_by else None,
        response_url=_text(node, "ResponseURL", optional=True)[:500],
        weakness=weakness_of(own),
    )


def _answer(node: Any) -> Answer:
    status = _text(node, "CertStatus")
    if status not in ("Accepted", "Rejected"):
        raise _malformed(f"`CertStatus` is `{status[:40]}`; it must be `Accepted` or `Rejected`")
    return Answer(
        issuer=_text(node, f"CertificateReference/{{{SIGNATURES}}}X509IssuerName")[:500],
        serial=_number(_text(node, f"CertificateReference/{{{SIGNATURES}}}X509SerialNumber")),
        accepted=status == "Accepted",
        reason=_text(node, "ReasonForRejection", optional=True)[:500],
    )


def _each(root: Any, name: str) -> list[Any]:
    found = list(root.findall(f"{{{NAMESPACE}}}{name}"))
    if not 1 <= len(found) <= _MOST_REQUESTS:
        raise _malformed(f"there are {len(found)} `{name}`; 1 to {_MOST_REQUESTS} can be")
    return found


def _text(node: Any, path: str, *, optional: bool = False) -> str:
    clark = "/".join(step if step.startswith("{") else f"{{{NAMESPACE}}}{step}" for step in _steps(path))
    found = node.findall(clark)
    text = (found[0].text or "").strip() if len(found) == 1 else ""
    if not text and not (optional and len(found) <= 1):
        raise _malformed(f"`{path.rpartition('}')[2] or path}` is missing, empty or there twice")
    return text


def _steps(path: str) -> Iterator[str]:
    """Of `A/{uri}B`: the slashes of a namespace separate nothing."""
    before, brace, name = path.partition("{")
    yield from (step for step in before.split("/") if step)
    if brace:
        yield brace + name


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 60:
        raise _malformed("`X509SerialNumber` is no whole number")
    return int(text)


def _moment(text: str) -> datetime:
    """Without a zone it is taken as UTC."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise _malformed(f"`{text[:40]}` is no date and time") from None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _bare(content_id: str) -> str:
    return content_id.strip().removeprefix("cid:").removeprefix("<").removesuffix(">").strip()


def _malformed(detail: str) -> Unacceptable:
    return Unacceptable("as2.malformed", detail)
