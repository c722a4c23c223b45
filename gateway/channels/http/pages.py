"""Pages for people: the API, its errors, the way out of a retired version. Made once, at the start; no scripts."""

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from litestar.response import Response
from markupsafe import Markup, escape

from gateway.answers import HTTP_STATUS
from gateway.channels.http.documented import ABOUT, PATH, TAGS
from gateway.channels.http.operations import OPERATIONS, Operation, Parameter
from gateway.channels.http.samples import refusal_example
from gateway.errorpages import ACTORS, EXPLANATIONS
from gateway.errors import ERRORS

Json = dict[str, Any]

CSP = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_FIELDS = {"Content-Security-Policy": CSP, "Referrer-Policy": "no-referrer", "Cache-Control": "public, max-age=300"}
_GROUPS = {
    "request": "The request", "sender": "Who is calling", "document": "The document", "schema": "The document",
    "interchange": "The document", "agreement": "The document",
    "routing": "The document", "idempotency": "The document", "version": "Rules: versions", "access": "Rules: access",
    "limit": "Rules: limits", "policy": "The gateway itself", "message": "Asking and acknowledging",
    "receipt": "Asking and acknowledging",
    "delivery": "Asking and acknowledging", "gateway": "The gateway itself", "ledger": "The gateway itself",
    "keys": "The gateway itself", "internal": "The gateway itself", "token": "Access tokens",
    "certificate": "Client certificates", "dpop": "DPoP proofs", "rule": "Rules: conditions",
    "ownership": "Rules: ownership", "as2": "AS2", "pgp": "OpenPGP over SFTP",
}  # fmt: skip


class Pages:
    """Every page as it is sent, made of the OpenAPI document and the table of errors."""

    def __init__(self, document: Json) -> None:
        self.document = msgspec.json.encode(document)
        self._url = document["servers"][0]["url"].rstrip("/")
        self._templates = Environment(
            loader=PackageLoader("gateway.channels.http"),
            autoescape=select_autoescape(),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["words"] = _words
        flows = document["components"]["securitySchemes"]["partner"].get("flows", {})
        self._token_url = flows.get("clientCredentials", {}).get("tokenUrl", "https://<your issuer>/token")
        self._reference = self._page("reference.html", here="/", **self._facts())
        self._errors = self._page("errors.html", here="/errors", groups=list(_groups()))
        self._moving = self._page(
            "moving.html", first_command=self._command(OPERATIONS[0]),
            operations=[operation for operation in OPERATIONS if operation.callers],
        )  # fmt: skip
        self._stylesheet = _asset(self._templates, "pages.css")

    def reference(self) -> Response[bytes]:
        return _html(self._reference)

    def errors(self) -> Response[bytes]:
        return _html(self._errors)

    def moving(self) -> Response[bytes]:
        return _html(self._moving)

    def stylesheet(self) -> Response[bytes]:
        return Response(self._stylesheet, media_type="text/css", headers=_FIELDS)

    def error(self, code: str) -> Response[bytes] | None:
        """The page of one error; None when there is no such error."""
        if code not in ERRORS:
            return None
        error, explained = ERRORS[code], EXPLANATIONS[code]
        facts = msgspec.structs.asdict(explained)
        return _html(self._page(
            "error.html", code=code, title=error.title, status=HTTP_STATUS[code], actor=ACTORS[error.acts],
            repeat=error.repeat, example=_pretty(refusal_example(code)), **facts,
        ))  # fmt: skip

    def _page(self, name: str, here: str = "", **facts: Any) -> bytes:
        return self._templates.get_template(name).render(here=here, openapi_path=PATH, **facts).encode()

    def _facts(self) -> Json:
        token = f'curl -sS -u "$CLIENT_ID:$CLIENT_SECRET" -d grant_type=client_credentials \\\n  {self._token_url}'
        tags = [
            {"name": name, "about": about,
             "operations": [self._shown(operation) for operation in OPERATIONS if operation.tag == name]}
            for name, about in TAGS.items()
        ]  # fmt: skip
        return {"about": ABOUT, "tags": tags, "token_command": token, "first_command": self._command(OPERATIONS[0])}

    def _shown(self, operation: Operation) -> Json:
        by_status: dict[int, list[str]] = {}
        for code in operation.refusals:
            by_status.setdefault(HTTP_STATUS[code], []).append(code)
        return {
            **msgspec.structs.asdict(operation),
            "callers": [f"{caller}s" for caller in operation.callers],
            "command": self._command(operation),
            "parameters": [{**msgspec.structs.asdict(one), "bounds": _bounds(one)} for one in operation.parameters],
            "examples": [
                {"name": name.replace("_", " "), "media_type": media_type, "text": _pretty(content)}
                for media_type, examples in operation.takes.items()
                for name, content in examples.items()
            ],
            "gives": [
                {"media_type": media_type, "text": _pretty(content)} for media_type, content in operation.gives.items()
            ],
            "refusals": [{"status": status, "codes": codes} for status, codes in sorted(by_status.items())],
            "count": len(operation.refusals),
        }

    def _command(self, operation: Operation) -> str:
        """The request as a line for curl."""
        path = operation.path
        for parameter in operation.parameters:
            path = path.replace(f"{{{parameter.name}}}", str(parameter.example))
        lines = [f"curl -sS '{self._url}{path}'"]
        if operation.callers:
            lines.append('-H "Authorization: Bearer $TOKEN"')
        lines += [f"-H '{one.name}: {one.example}'" for one in operation.parameters if one.name == "Idempotency-Key"]
        if operation.takes:
            media_type, examples = next(iter(operation.takes.items()))
            content = next(iter(examples.values()))
            body = f"--data-binary @{operation.id.removeprefix('send_')}.json"
            if not isinstance(content, bytes):
                body = f"-d '{json.dumps(content)}'"
            lines += [f"-H 'Content-Type: {media_type}'", body]
        return " \\\n  ".join(lines)


def _html(content: bytes) -> Response[bytes]:
    return Response(content, media_type="text/html", headers=_FIELDS)


def _asset(templates: Environment, name: str) -> bytes:
    assert templates.loader is not None
    return PackageLoader("gateway.channels.http", "assets").get_source(templates, name)[0].encode()


def _words(text: str) -> Markup:
    """Words in backticks as code, the rest escaped."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped before


def _pretty(content: Any) -> str:
    if isinstance(content, bytes):
        text = content.decode("utf-8", "replace")
        if "\n" in text:
            return text.rstrip()  # as its author laid it out
        content = msgspec.json.decode(content)
    return content if isinstance(content, str) else json.dumps(content, indent=2, ensure_ascii=False)


def _bounds(parameter: Parameter) -> str:
    schema = parameter.schema
    if "enum" in schema:
        return "One of " + ", ".join(schema["enum"]) + "."
    if "maximum" in schema:
        return f"{schema['minimum']} to {schema['maximum']}, {schema['default']} when left out."
    return ""


def _groups() -> Iterator[Json]:
    """The errors under the headings a reader looks for."""
    headings: dict[str, list[Json]] = {}
    for code, error in ERRORS.items():
        shown = {"code": code, "title": error.title, "status": HTTP_STATUS[code], "repeat": error.repeat}
        headings.setdefault(_GROUPS[code.partition(".")[0]], []).append(shown)
    for name, errors in headings.items():
        yield {"name": name, "errors": errors}
