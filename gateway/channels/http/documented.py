"""The OpenAPI 3.1 document, put together from operations.py, shapes.py and the table of errors."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from gateway.answers import HTTP_STATUS
from gateway.channels.http.operations import OPERATIONS, Operation, Parameter
from gateway.channels.http.problems import MEDIA_TYPE, TAKEN
from gateway.channels.http.samples import TRACE, refusal_example
from gateway.channels.http.shapes import reference, schemas
from gateway.errors import ERRORS
from gateway.identity.issuers import IssuerKind

Json = dict[str, Any]

PATH: Final = "/openapi/openapi.json"
ABOUT: Final = (
    "The gateway takes the business documents of trading partners and plants, translates and judges them while you "
    "wait, and delivers what it has taken exactly once, in order, with a receipt that proves its verdict offline."
)
TAGS: Final = {
    "Documents": "Send documents. An answer 202 means it is kept, durably.",
    "Messages": "Ask what became of your own messages.",
    "Plants": "For the plants: fetch what lies ready, and acknowledge it.",
    "Partners": "For trading partners: fetch what lies ready, and acknowledge it.",
    "Operation": "For those who run the gateway.",
}
_CALLERS: Final[dict[IssuerKind, str]] = {
    "partner": "partners", "plant": "plants", "corporate": "our own people and systems",
}  # fmt: skip
_PHRASES: Final = {
    400: "The request or the syntax of the document is wrong", 401: "Nobody was proven to be calling",
    403: "The caller may not do this", 404: "It is not there", 408: "The request did not arrive in time",
    409: "It contradicts what was said before", 410: "This version of the API has ended",
    413: "It is larger than agreed", 415: "The content is of no format that is taken",
    422: "The document breaks a rule", 429: "Too much, too fast", 500: "The gateway failed; nothing was acknowledged",
    503: "The gateway cannot do this at the moment",
}  # fmt: skip
_SHARED: Final = {401: "Unauthenticated", 410: "Retired", 429: "Limited", 500: "Failed"}
"""Answers that are the same at every address."""

_FIELDS: Final[dict[str, tuple[str, str, bool]]] = {
    "Location": ("Where to ask for the message.", "/v1/messages/019ab0c4-7c1e-7d52-9a43-0b6f2c8e4d11", True),
    "traceparent": ("The trace this request was handled under.", TRACE, True),
    "RateLimit": ("What is left of each limit, and when more will be.", '"standard-requests";r=4999;t=1', False),
    "RateLimit-Policy": ("The limits that hold for you.", '"standard-requests";q=5000;w=1', False),
    "Retry-After": ("Seconds to wait before the same request is sent again.", "1", True),
    "Deprecation": ("Since when this version is deprecated (RFC 9745).", "@1772323200", False),
    "Sunset": ("When this version ends or ended (RFC 8594).", "Wed, 30 Sep 2026 23:59:59 GMT", False),
    "Link": ("The version to use, and a page about the change.", '</v1>; rel="successor-version"', False),
    "WWW-Authenticate": ("What proof of who you are is taken (RFC 6750, RFC 9449).",
                         'Bearer realm="partner-gateway", DPoP realm="partner-gateway"', True),
    "Accept": ("The media types that are taken (RFC 9110 section 15.5.16).", TAKEN, True),
    "Content-Disposition": ("A file name for the receipt.", 'attachment; filename="….tlog-proof"', True),
}  # fmt: skip
_FIELDS_OF_REFUSALS: Final = {
    401: ("WWW-Authenticate",), 415: ("Accept",), 410: ("Deprecation", "Sunset", "Link"),
    429: ("Retry-After", "RateLimit", "RateLimit-Policy"), 503: ("Retry-After",),
}  # fmt: skip


def openapi(public_url: str = "/", tokens: Mapping[IssuerKind, Sequence[str]] | None = None) -> Json:
    """The document. `tokens` are the addresses where each kind of caller fetches tokens, the first of them is shown."""
    paths: Json = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://spec.openapis.org/oas/3.1/dialect/base",
        "info": {
            "title": "Partner Gateway", "version": "1.0.0", "summary": "Documents of partners and plants, in and out",
            "description": ABOUT, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": public_url or "/"}],
        "tags": [{"name": name, "description": about} for name, about in TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": schemas(),
            "headers": {name: _field(name) for name in _FIELDS},
            "responses": {
                name: _refusal(status, [code for code in ERRORS if HTTP_STATUS[code] == status and _is_shared(code)])
                for status, name in _SHARED.items()
            },
            "securitySchemes": _schemes(tokens or {}),
        },
    }  # fmt: skip


def openapi_json(public_url: str = "/", tokens: Mapping[IssuerKind, Sequence[str]] | None = None) -> bytes:
    return msgspec.json.encode(openapi(public_url, tokens))


def _operation(operation: Operation) -> Json:
    made: Json = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": operation.about,
        "security": [more for caller in operation.callers for more in _securities(caller)],
        "parameters": [_parameter(parameter) for parameter in operation.parameters],
        "responses": {str(operation.status): _outcome(operation)} | _refusals(operation),
    }
    if operation.takes:
        made["requestBody"] = {"required": True, "content": _bodies(operation)}
    return made


def _bodies(operation: Operation) -> Json:
    assert operation.shape is not None
    content: Json = {}
    for media_type, examples in operation.takes.items():
        is_json = media_type == "application/json"
        content[media_type] = {
            "schema": reference(operation.shape) if is_json else {"type": "string"},
            "examples": {name: {"value": _readable(example)} for name, example in examples.items()},
        }
    return content


def _readable(example: Any) -> Any:
    if not isinstance(example, bytes):
        return example
    return msgspec.json.decode(example) if example.startswith(b"{") else example.decode("utf-8", "replace")


def _parameter(parameter: Parameter) -> Json:
    return {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.place == "path",
        "description": parameter.about,
        "schema": parameter.schema,
        "example": parameter.example,
    }


def _outcome(operation: Operation) -> Json:
    content = {
        media_type: {
            "schema": reference(operation.answer_shape) if operation.answer_shape else {"type": "string"},
            "examples": {operation.id: {"value": example}},
        }
        for media_type, example in operation.gives.items()
    }
    return {"description": operation.outcome, "headers": _references(operation.fields), "content": content}


def _refusals(operation: Operation) -> Json:
    by_status: dict[int, list[str]] = {}
    for code in operation.refusals:
        by_status.setdefault(HTTP_STATUS[code], []).append(code)
    answers = {
        str(status): {"$ref": f"#/components/responses/{_SHARED[status]}"}
        if status in _SHARED
        else _refusal(status, codes)
        for status, codes in sorted(by_status.items())
    }
    if operation.id == "ready":
        example = {"ready": False, "checks": {"ledger": False, "disk": True}}
        content = {"application/json": {"schema": reference("Ready"), "examples": {"away": {"value": example}}}}
        answers["503"] = {"description": "It takes none at the moment.", "content": content}
    return answers


def _refusal(status: int, codes: list[str]) -> Json:
    examples = {code: {"summary": ERRORS[code].title, "value": refusal_example(code)} for code in codes}
    return {
        "description": f"{_PHRASES[status]}: {', '.join(f'`{code}`' for code in codes)}",
        "headers": _references(_FIELDS_OF_REFUSALS.get(status, ())),
        "content": {MEDIA_TYPE: {"schema": reference("Problem"), "examples": examples}},
    }


def _is_shared(code: str) -> bool:
    return any(code in operation.refusals for operation in OPERATIONS)


def _field(name: str) -> Json:
    about, example, required = _FIELDS[name]
    return {"description": about, "required": required, "schema": {"type": "string"}, "example": example}


def _references(fields: Sequence[str]) -> Json:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in fields}


def _securities(caller: IssuerKind) -> list[Json]:
    """A token as it is, bound to a client certificate, or bound to a key with a proof; the profile says which."""
    return [{caller: []}, {caller: [], "certificate": []}, {f"{caller}-dpop": []}]


def _schemes(tokens: Mapping[IssuerKind, Sequence[str]]) -> Json:
    made: Json = {
        "certificate": {
            "type": "mutualTLS",
            "description": "The client certificate the token is bound to (RFC 8705), shown on the connection.",
        }
    }
    kinds: tuple[IssuerKind, ...] = ("partner", "plant", "corporate")
    for kind in kinds:
        about = f"An access token of the realm for {_CALLERS[kind]}, sent as `Authorization: Bearer`."
        if addresses := tokens.get(kind):
            flow = {"clientCredentials": {"tokenUrl": addresses[0], "scopes": {}}}
            made[kind] = {"type": "oauth2", "description": about, "flows": flow}
        else:
            made[kind] = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": about}
        made[f"{kind}-dpop"] = {
            "type": "http",
            "scheme": "DPoP",
            "description": f"An access token of the realm for {_CALLERS[kind]} that is bound to a key, sent as "
            "`Authorization: DPoP` with a new proof in `DPoP` for each request (RFC 9449).",
        }
    return made
