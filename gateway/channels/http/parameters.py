"""What may stand behind the `?` of an address. What nobody knows is refused: a misspelt filter that is passed over
answers another question than the one that was asked, and a `dry_run` that is passed over books the order."""

from typing import Any
from urllib.parse import parse_qsl

from litestar.response import Response

from gateway.channels.http.heads import HttpRequest, trace_of
from gateway.channels.http.operations import OPERATIONS
from gateway.channels.http.problems import problem
from gateway.submissions import Rejection

_QUERIES: dict[tuple[str, str], dict[str, Any]] = {
    (one.method.upper(), one.path): {each.name: each.schema for each in one.parameters if each.place == "query"}
    for one in OPERATIONS
    if one.path.startswith("/v1/")  # what asks for figures or health may add what it likes
}
_MOST = 60
"""Characters of the caller's own words that are told back."""
_KINDS = {"integer": "a whole number", "number": "a number"}
_READ = "correct it; / says what each parameter may be"


def refuse_parameters(scope: Any, path: str) -> Response[bytes] | None:
    """The answer to a query that nobody reads as it was meant; `path` is the address as operations.py writes it."""
    query = scope.get("query_string")
    known = _QUERIES.get((scope["method"], path)) if query else None
    if known is None:
        return None
    given = [name for name, _ in parse_qsl(query.decode("latin-1"), keep_blank_values=True)]
    rejection = _unknown([name for name in given if name not in known], known) or _repeated(given)
    return problem(rejection, trace=trace_of(scope)) if rejection is not None else None


async def before_request(request: HttpRequest) -> Response[bytes] | None:
    """For Litestar: before it reads what it knows."""
    return refuse_parameters(request.scope, request.scope["path_template"])


def wrong_parameter(request: HttpRequest, name: str) -> str | None:
    """What a parameter may be, in words, and what it was; None for one that operations.py does not know."""
    known = _QUERIES.get((request.method, request.scope["path_template"]), {})
    if name not in known:
        return None
    return f"`{name}`: {_wanted(known[name])} is expected, not `{request.query_params.get(name, '')[:_MOST]}`"


def _unknown(names: list[str], known: dict[str, Any]) -> Rejection | None:
    if not names:
        return None
    told = list(dict.fromkeys(name[:_MOST] for name in names))[:3]
    takes = f"it takes {_listed(list(known))}" if known else "it takes none"
    are = f"{_listed(told)} {'is no parameter' if len(told) == 1 else 'are no parameters'}"
    return Rejection(
        code="request.unknown_parameter",
        text=f"{are} of this address; {takes}",
        act="leave it out, or correct its name; / says what each address takes",
    )


def _repeated(names: list[str]) -> Rejection | None:
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is None:
        return None
    return Rejection(code="request.parameter", text=f"`{twice}` is given more than once", act="give it once")


def _wanted(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return _listed(schema["enum"], "or")
    if schema["type"] in _KINDS:
        return f"{_KINDS[schema['type']]} from {schema['minimum']} to {schema['maximum']}"
    return f"text of at most {schema['maxLength']} characters, none of them a control character,"


def _listed(names: list[str], last: str = "and") -> str:
    quoted = [f"`{name}`" for name in names]
    return f" {last} ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)
