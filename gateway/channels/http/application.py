"""The HTTP API: every address, in one place. Handlers live beside their nouns; this file only wires them."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal

import msgspec
from litestar import Litestar, get, post, route
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.params import FromPath, PathParameter, QueryParameter
from litestar.response import Response
from msgspec import Struct

from gateway.channels.http import documented
from gateway.channels.http.asking import PAGE, Questions
from gateway.channels.http.failures import answer_failure
from gateway.channels.http.fastlane import FastLane, Take
from gateway.channels.http.heads import HttpRequest, Incoming
from gateway.channels.http.health import Health
from gateway.channels.http.inbox import PlantInbox
from gateway.channels.http.pages import docs_page, error_page
from gateway.channels.http.problems import problem
from gateway.channels.http.submitting import Submissions
from gateway.identity.issuers import IssuerKind
from gateway.submissions import Rejection

_PARTNER: tuple[IssuerKind, ...] = ("partner",)
_PLANT: tuple[IssuerKind, ...] = ("plant",)

PRINTED = r"^[^\x00-\x1f\x7f]*\Z"
MessageId = Annotated[str, PathParameter(description="The id that the receipt gave, a UUID.")]


class Api(Struct, frozen=True):
    """What the addresses need."""

    submissions: Submissions
    questions: Questions
    inbox: PlantInbox
    health: Health


def http_application(api: Callable[[], Api], *, lifespan: Sequence[Callable[[Litestar], Any]] = ()) -> Litestar:
    """`api` is asked at each request: it exists once the application's life has begun."""
    return Litestar(
        route_handlers=[*_submitting(api), *_asking(api), *_plants(api), *_around(api)],
        openapi_config=OpenAPIConfig(**documented.ABOUT, render_plugins=[], path="/openapi"),
        exception_handlers={
            HTTPException: _answer_http_exception,
            Exception: _answer_failure,
        },
        lifespan=list(lifespan),
        request_max_body_size=None,  # our own reading has the cap and the deadline
        logging_config=None,
        debug=False,
    )


SUBMISSIONS: dict[str, tuple[tuple[IssuerKind, ...], str | None]] = {
    "/v1/documents": (_PARTNER, None),
    "/v1/purchase-orders": (_PARTNER, "purchase_order"),
    "/v1/despatch-advices": (_PARTNER, "despatch_advice"),
    "/v1/production-confirmations": (_PLANT, "production_confirmation"),
}
"""Where documents are taken: from whom, and of which type."""


def fast(application: Litestar, api: Callable[[], Api]) -> FastLane:
    """The application with the addresses of SUBMISSIONS served past Litestar."""

    def take(kinds: tuple[IssuerKind, ...], document_type: str | None) -> Take:
        return lambda incoming: api().submissions.take(incoming, kinds, document_type)

    return FastLane(application, {path: take(*whom) for path, whom in SUBMISSIONS.items()})


def _submitting(api: Callable[[], Api]) -> list[HTTPRouteHandler]:
    async def take(request: HttpRequest) -> Response[bytes]:
        return await api().submissions.take(
            Incoming(request.scope, request.receive), *SUBMISSIONS[request.scope["path"]]
        )

    @post("/v1/documents", **documented.SUBMIT_ANY)
    async def submit_document(request: HttpRequest) -> Response[bytes]:
        return await take(request)

    @post("/v1/purchase-orders", **documented.SUBMIT_PURCHASE_ORDER)
    async def submit_purchase_order(request: HttpRequest) -> Response[bytes]:
        return await take(request)

    @post("/v1/despatch-advices", **documented.SUBMIT_DESPATCH_ADVICE)
    async def submit_despatch_advice(request: HttpRequest) -> Response[bytes]:
        return await take(request)

    @post("/v1/production-confirmations", **documented.SUBMIT_PRODUCTION_CONFIRMATION)
    async def submit_production_confirmation(request: HttpRequest) -> Response[bytes]:
        return await take(request)

    @route("/{version:str}/{rest:path}", http_method=["GET", "POST"], include_in_schema=False)
    async def other_versions(request: HttpRequest, version: FromPath[str]) -> Response[bytes]:
        """An API version that is not served: the rules know whether it never was or is retired, and where to go."""
        if version == "v1" or not (version.startswith("v") and version[1:].isdigit()):
            return problem(_nothing_here(request))
        incoming = Incoming(request.scope, request.receive)
        return await api().submissions.take(incoming, (*_PARTNER, *_PLANT), None, version)

    return [submit_document, submit_purchase_order, submit_despatch_advice, submit_production_confirmation,
            other_versions]  # fmt: skip


def _asking(api: Callable[[], Api]) -> list[HTTPRouteHandler]:
    @get("/v1/messages/{message_id:str}", **documented.MESSAGE)
    async def read_message(request: HttpRequest, message_id: MessageId) -> Response[bytes]:
        return await api().questions.message(request, message_id)

    @get("/v1/messages/{message_id:str}/receipt", **documented.RECEIPT)
    async def read_receipt(request: HttpRequest, message_id: MessageId) -> Response[bytes]:
        return await api().questions.receipt(request, message_id)

    @get("/v1/messages", **documented.MESSAGES)
    async def list_messages(
        request: HttpRequest,
        cursor: Annotated[str | None, QueryParameter(description="`next` of the page before.")] = None,
        document_type: Annotated[
            str | None, QueryParameter(description="Only this type of document.", pattern=PRINTED, max_length=100)
        ] = None,
        verdict: Annotated[Literal["accepted", "refused"] | None, QueryParameter(description="Only this verdict.")] = None,
        number: Annotated[
            str | None,
            QueryParameter(description="Only this document number, e.g. of an order.", pattern=PRINTED, max_length=200),
        ] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=200, description="Messages on a page.")] = PAGE,
    ) -> Response[bytes]:
        return await api().questions.messages(request, cursor, document_type, verdict, number, limit)

    return [read_message, read_receipt, list_messages]


def _plants(api: Callable[[], Api]) -> list[HTTPRouteHandler]:
    @get("/v1/plants/{plant:str}/deliveries", **documented.INBOX)
    async def fetch_deliveries(
        request: HttpRequest,
        plant: Annotated[str, PathParameter(description="The plant's id; it must be the caller's own.")],
        wait: Annotated[float, QueryParameter(ge=0, le=60, description="Seconds to wait for the first delivery.")] = 0,
        limit: Annotated[int, QueryParameter(ge=1, le=200, description="Deliveries at the most.")] = 20,
        lease: Annotated[float, QueryParameter(ge=1, le=3600, description="Seconds they are hidden from others.")] = 60,
    ) -> Response[bytes]:
        return await api().inbox.fetch(request, plant, wait, limit, lease)

    @post("/v1/plants/{plant:str}/deliveries/{delivery:str}/acknowledgement", **documented.ACKNOWLEDGE)
    async def acknowledge_delivery(
        request: HttpRequest,
        plant: Annotated[str, PathParameter(description="The plant's id; it must be the caller's own.")],
        delivery: Annotated[str, PathParameter(description="`id` of the delivery.")],
    ) -> Response[bytes]:
        return await api().inbox.acknowledge(request, plant, delivery, api().submissions.body_seconds)

    return [fetch_deliveries, acknowledge_delivery]


def _around(api: Callable[[], Api]) -> list[HTTPRouteHandler]:
    @get("/health/live", **documented.LIVE)
    async def live() -> Response[bytes]:
        return api().health.live()

    @get("/health/ready", **documented.READY)
    async def ready() -> Response[bytes]:
        return await api().health.ready()

    @get("/metrics", **documented.METRICS)
    async def metrics(request: HttpRequest) -> Response[bytes]:
        return api().health.metrics(request) or problem(_nothing_here(request))

    @get("/", include_in_schema=False)
    async def docs(request: HttpRequest) -> Response[str]:
        return docs_page(request.app.openapi_schema)

    @get("/errors/{code:str}", include_in_schema=False)
    async def error(code: FromPath[str]) -> Response[str] | Response[bytes]:
        return error_page(code) or problem(Rejection(code="request.not_found", text="there is no error of this code"))

    return [live, ready, metrics, docs, error]


def _nothing_here(request: HttpRequest) -> Rejection:
    return Rejection(
        code="request.not_found", text=f"nothing is at `{request.scope['path'][:200]}`", act="see / for all addresses"
    )


def _answer_http_exception(request: HttpRequest, error: HTTPException) -> Response[bytes]:
    """Litestar's own refusals, in our form."""
    if error.status_code == 404:
        return problem(_nothing_here(request))
    if error.status_code == 405:
        answer = problem(Rejection(code="request.method", text=f"{request.method} is not taken here"))
        answer.headers.update(error.headers or {})
        return answer
    if error.status_code == 413:
        return problem(Rejection(code="request.too_large", text=error.detail))
    if error.status_code < 500:
        details = error.extra if isinstance(error.extra, list) else []
        text = "; ".join(f"`{one.get('key', '?')}`: {one.get('message', '?')}" for one in details) or error.detail
        return problem(Rejection(code="request.parameter", text=text))
    return answer_failure(error)


def _answer_failure(_: HttpRequest, error: Exception) -> Response[bytes]:
    return answer_failure(error)


def openapi_json(app: Litestar) -> bytes:
    """The OpenAPI 3.1 document, for files and tests."""
    return msgspec.json.encode(app.openapi_schema.to_schema())
