"""Two pages for people: the addresses of the API, and what an error means."""

from html import escape
from typing import Any

from litestar.response import Response

from gateway.errors import ERRORS


def docs_page(schema: Any) -> Response[str]:
    rows = "".join(f"<li>{escape(path)}</li>" for path in schema.paths or {})
    return Response(f"<h1>{escape(schema.info.title)}</h1><ul>{rows}</ul>", media_type="text/html")


def error_page(code: str) -> Response[str] | None:
    error = ERRORS.get(code)
    return Response(f"<h1>{escape(error.title)}</h1>", media_type="text/html") if error else None
