"""Azure API Management: a policy document (`rate-limit`, `quota`, `validate-jwt`, `ip-filter` ...).

Source: Microsoft Learn, "API Management policy reference". Documents are XML; those exported as `rawxml` hold C#
between unescaped quotes and are not: export them as `xml`.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from policies.importing import Collecting, Imported, rate, words
from translators.fileproblems import FileProblem, FileProblems
from translators.findings import Unreadable
from translators.xmldoc.parsing import XmlLimits, parse

_SECTIONS = ("inbound", "backend", "outbound", "on-error")
_CALENDAR = {3_600 * 24: "day", 3_600 * 24 * 7: "week"}

_UNMAPPED = {
    "base": None,  # says only where the policies of the wider scope go
    "set-header": "headers are not rewritten by rules; what a destination needs is its own adapter's",
    "set-query-parameter": "requests are not rewritten by rules",
    "set-body": "documents are translated by maps (translators/maps), not rewritten by rules",
    "rewrite-uri": "addresses of older API versions are steps of a version in versions.yaml",
    "find-and-replace": "documents are translated by maps, not rewritten by rules",
    "xml-to-json": "formats are read by their own readers; nothing is to be converted",
    "json-to-xml": "formats are read by their own readers; nothing is to be converted",
    "validate-content": "write the schema into `schemas/` and a rule into schemas.yaml",
    "validate-client-certificate": "certificates are bound to tokens: `binding: certificate` in the partner's profile",
    "authentication-certificate": "how a destination is reached is a setting of its adapter",
    "authentication-managed-identity": "how a destination is reached is a setting of its adapter",
    "set-backend-service": "where a document goes is a rule in routing.yaml, by what the document says",
    "forward-request": "documents are delivered by workers, with the attempts of their route",
    "retry": "attempts are those of the route (routing.yaml, flows.yaml)",
    "cors": "browsers are no senders of documents",
    "cache-lookup": "nothing is cached: each answer is about one message",
    "cache-store": "nothing is cached: each answer is about one message",
    "log-to-eventhub": "every verdict is an event of the audit already",
    "trace": "traces are always on",
    "check-header": "what a sender must prove stands in its token; headers grant nothing",
    "choose": "a condition goes into `when:` of the rule it guards, in CEL",
    "return-response": "refusals follow from rules",
    "mock-response": "try changes with `policy test` and `policy shadow`",
}
"""What does not map, and where its purpose is served here."""


def import_apim(path: Path, plan: str) -> Imported:
    """`plan`: the plan of the partners this document is about. Raises FileProblems."""
    try:
        root = parse(path.read_bytes(), XmlLimits())
    except Unreadable as error:
        finding = error.findings[0]
        place = finding.place
        text = f"{finding.text}; export the policy as `xml`, not as `rawxml`"
        raise FileProblems([FileProblem(path, place.line or 0, place.column or 0, text)]) from None
    if root.tag != "policies":
        raise FileProblems([FileProblem(path, 1, 1, f"a policy document begins with <policies>, not <{root.tag}>")])
    found = Collecting(path, "apim")
    for section in root:
        for element in section if section.tag in _SECTIONS else ():
            _element(found, element, plan)
    return found.done()


def _element(found: Collecting, element: Any, plan: str) -> None:
    if not isinstance(element.tag, str):
        return  # a comment
    place = f"line {element.sourceline}"
    mapped = _MAPPED.get(element.tag)
    if mapped is not None:
        mapped(found, element, place, plan)
    elif element.tag in _UNMAPPED:
        reason = _UNMAPPED[element.tag]
        if reason is not None:
            found.leave(place, f"<{element.tag}>", reason)
    else:
        found.leave(place, f"<{element.tag}>", "there is nothing like it here; decide whether it is still needed")


def _whole(element: Any, name: str) -> int | None:
    text = element.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 10 and int(text) else None


def _rate_limit(found: Collecting, element: Any, place: str, plan: str) -> None:
    calls, seconds = _whole(element, "calls"), _whole(element, "renewal-period")
    if calls is None or seconds is None:
        found.leave(
            place, f"<{element.tag}>", "`calls` and `renewal-period` must be numbers; an expression is not taken"
        )
        return
    per = _per(found, element, place)
    if per is not None:
        name = f"{plan}-requests"
        found.rule(
            "limits.yaml", name, place, senders="[partner]", plans=words([plan]), per=per, rate=rate(calls, seconds)
        )
    for inner in element:
        if isinstance(inner.tag, str):
            found.leave(
                f"line {inner.sourceline}", f"<{inner.tag}>", "limits are per partner, client, document or plant"
            )


def _per(found: Collecting, element: Any, place: str) -> str | None:
    """What shares one count; None when nobody can tell."""
    key = element.get("counter-key")
    if key is None or "Subscription" in key:
        return "sender"
    if "IpAddress" in key:
        return "address"
    if "ClientId" in key or "azp" in key or "appid" in key:
        return "client"
    found.leave(
        place, f"<{element.tag}> by {key}", "no limit here counts by this key; choose `per:` sender, client or address"
    )
    return None


def _quota(found: Collecting, element: Any, place: str, plan: str) -> None:
    calls, seconds = _whole(element, "calls"), _whole(element, "renewal-period")
    bandwidth = _whole(element, "bandwidth")
    period = _CALENDAR.get(seconds or 0)
    if period is None:
        text = "a quota here is per day, week or month of a time zone; choose one and write `quota: ... per ...`"
        found.leave(place, f"<{element.tag}>", text)
        return
    for amount, counts, name in ((calls, "requests", "calls"), (bandwidth and bandwidth * 1024, "bytes", "bandwidth")):
        if amount:
            per = _per(found, element, place) or "sender"
            found.rule("limits.yaml", f"{plan}-{name}-a-{period}", place, senders="[partner]", plans=words([plan]),
                       counts=counts, per=per, quota=f"{amount} per {period}", zone="UTC")  # fmt: skip


def _validate_jwt(found: Collecting, element: Any, place: str, plan: str) -> None:
    issuers = [issuer.text.strip() for issuer in element.iter("issuer") if issuer.text]
    addresses = [one.get("url", "") for one in element.iter("openid-config")]
    issuers += [url.partition("/.well-known/")[0] for url in addresses if "/.well-known/" in url]
    if issuers:
        found.setting(place, "<issuers>", f"GATEWAY_PARTNER_ISSUERS={','.join(dict.fromkeys(issuers))}")
    audiences = [one.text.strip() for one in element.iter("audience") if one.text]
    if audiences:
        found.setting(place, "<audiences>", f"GATEWAY_AUDIENCE={audiences[0]}")
        for other in audiences[1:]:
            found.leave(place, f"<audience> {other}", "a gateway here has one audience")
    for claim in element.iter("claim"):
        _claim(found, claim, plan)
    if element.find("issuer-signing-keys") is not None:
        found.leave(place, "<issuer-signing-keys>", "keys are fetched from the issuer, so that they can be rotated")
    if element.get("require-signed-tokens") == "false" or element.get("require-expiration-time") == "false":
        found.leave(place, "<validate-jwt> without signature or expiry", "such tokens are never taken here")


def _claim(found: Collecting, claim: Any, plan: str) -> None:
    place, name = f"line {claim.sourceline}", claim.get("name", "")
    values = [value.text.strip() for value in claim.iter("value") if value.text]
    if name in ("roles", "role", "groups") and values:
        if claim.get("match", "all") == "all" and len(values) > 1:
            found.leave(
                place,
                f"<claim> {name} with all of several",
                "a grant asks for one of its roles; write a deny for the rest",
            )
            return
        _grant(found, place, plan, "roles", values)
    elif name in ("scp", "scope") and values:
        _grant(found, place, plan, "scopes", values)
    elif name in ("azp", "appid", "client_id") and values:
        found.setting(place, f"<claim> {name}", f"`clients: {words(values)}` in the profiles of partners/profiles/")
    else:
        found.leave(place, f"<claim> {name}", "rules look at roles, scopes and clients of a token, not at other claims")


def _grant(found: Collecting, place: str, plan: str, field: str, values: list[str]) -> None:
    condition = {field: words(values)}
    found.rule("access.yaml", f"{plan}-call", place, may="call", senders="[partner]", plans=words([plan]), **condition)


def _ip_filter(found: Collecting, element: Any, place: str, plan: str) -> None:
    addresses = [one.text for one in element.iter("address") if one.text]
    networks = found.networks(addresses, place, "<ip-filter>")
    for one in element.iter("address-range"):
        found.leave(
            f"line {one.sourceline}",
            "<address-range>",
            "a list of addresses holds networks; write the range as networks",
        )
    if not networks:
        return
    name = found.name(f"{plan}-addresses")
    what = f"an entry of `addresses` in access.yaml: name {name}, networks {words(networks)}"
    found.setting(place, "<ip-filter>", what)
    if element.get("action") == "allow":
        found.rule("access.yaml", f"{plan}-elsewhere", place, effect="deny", may="call", senders="[partner]",
                   plans=words([plan]), outside=words([name]))  # fmt: skip
    else:
        found.rule("access.yaml", f"{plan}-forbidden-addresses", place, effect="deny", may="call", senders="[partner]",
                   plans=words([plan]), addresses=words([name]))  # fmt: skip


def _concurrency(found: Collecting, element: Any, place: str, plan: str) -> None:
    most = _whole(element, "max-count")
    if most is None:
        found.leave(place, "<limit-concurrency>", "`max-count` must be a number")
        return
    found.rule("limits.yaml", f"{plan}-at-once", place, senders="[partner]", plans=words([plan]), concurrency=str(most))


_Mapped = Callable[[Collecting, Any, str, str], None]
_MAPPED: dict[str, _Mapped] = {
    "rate-limit": _rate_limit,
    "rate-limit-by-key": _rate_limit,
    "quota": _quota,
    "quota-by-key": _quota,
    "validate-jwt": _validate_jwt,
    "validate-azure-ad-token": _validate_jwt,
    "ip-filter": _ip_filter,
    "limit-concurrency": _concurrency,
}
