"""The HTTP API: every address, in one place. Handlers live beside their nouns; this file only wires them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal

from litestar import Litestar, get, post, route
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, PathParameter, QueryParameter
from litestar.response import Response
from msgspec import Struct

from gateway.channels.as2.receiving import As2Inbox
from gateway.channels.http import documented
from gateway.channels.http.asking import PAGE, Questions
from gateway.channels.http.failures import answer_failure, answer_http_exception, nothing_here
from gateway.channels.http.fastlane import FastLane, Take
from gateway.channels.http.heads import NEWEST, HttpRequest, Incoming, trace_of
from gateway.channels.http.health import Health
from gateway.channels.http.inbox import PlantInbox
from gateway.channels.http.olderapis import OlderApis
from gateway.channels.http.outbox import PartnerOutbox
from gateway.channels.http.pages import Pages
from gateway.channels.http.parameters import before_request
from gateway.channels.http.problems import refuse
from gateway.channels.http.selftest import SelfTests
from gateway.channels.http.sending import add_fields
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
    outbox: PartnerOutbox
    as2: As2Inbox
    self_tests: SelfTests
    health: Health


def http_application(
    api: Callable[[], Api],
    *,
    lifespan: Sequence[Callable[[Litestar], Any]] = (),
    public_url: str = "",
    tokens: Mapping[IssuerKind, Sequence[str]] | None = None,
) -> Litestar:
    """`api` is asked at each request: it exists once the application's life has begun.

    `tokens` are the addresses where each kind of caller fetches tokens, for the pages that describe the API.
    """
    document = documented.openapi(public_url, tokens)
    return Litestar(
        route_handlers=[
            *_submitting(api),
            *_asking(api),
            *_plants(api),
            *_partners(api),
            *_as2(api),
            *_health(api),
            *_pages(document),
        ],
        openapi_config=None,  # documented.py says more than handlers can
        before_request=before_request,
        before_send=[add_fields],
        exception_handlers={
            HTTPException: answer_http_exception,
            Exception: _answer_failure,
        },
        lifespan=list(lifespan),
        request_max_body_size=None,  # our own reading has the cap and the deadline
        logging_config=None,
        debug=False,
    )


SUBMISSIONS: dict[str, tuple[tuple[IssuerKind, ...], str | None]] = {
    "/v1/documents": (("partner", "corporate"), None),
    "/v1/purchase-orders": (_PARTNER, "purchase_order"),
    "/v1/despatch-advices": (_PARTNER, "despatch_advice"),
    "/v1/production-confirmations": (_PLANT, "production_confirmation"),
}
"""Where documents are taken: from whom, and of which type."""


def fast(application: Litestar, api: Callable[[], Api]) -> OlderApis:
    """The application with the addresses of SUBMISSIONS served past Litestar, and older versions led to them."""

    def take(kinds: tuple[IssuerKind, ...], document_type: str | None) -> Take:
        return lambda incoming: api().submissions.take(incoming, kinds, document_type)

    lane = FastLane(application, {path: take(*whom) for path, whom in SUBMISSIONS.items()})
    paths = [one.path.split("/") for one in application.routes]
    nouns = frozenset(steps[2] for steps in paths if steps[1] == NEWEST and len(steps) > 2)
    return OlderApis(lane, lambda: api().submissions.intake.older, nouns)


def _submitting(api: Callable[[], Api]) -> list[HTTPRouteHandler]:
    async def take(request: HttpRequest) -> Response[bytes]:
        return await api().submissions.take(
            Incoming(request.scope, request.receive), *SUBMISSIONS[request.scope["path"]]
        )

    @post("/v1/documents", status_code=202)
    async def submit_document(request: HttpRequest) -> Response[bytes]:
        return await take(request)

    @post("/v1/purchase-orders", status_code=202)
    async def submit_purchase_order(request: HttpRequest) -> Response[bytes]:
        return await take(request)

    @post("/v1/despatch-advices", status_code=202)
    async def submit_despatch_advice(request: HttpRequest) -> Response[bytes]:
        return await take(request)

    @post("/v1/production-confirmations", status_code=202)
    async def submit_production_confirmation(request: HttpRequest) -> Response[bytes]:
        return await take(request)

    @route("/{version:str}/{rest:path}", http_method=["GET", "POST"])
    async def other_versions(request: HttpRequest, version: FromPath[str]) -> Response[bytes]:
        """An API version that is not served: the rules know whether it never was or is retired, and where to go."""
        if version == NEWEST or not (version.startswith("v") and version[1:].isdigit()):
            return refuse(request, nothing_here(request))
        incoming = Incoming(request.scope, request.receive)
        return await api().submissions.elsewhere(incoming, (*_PARTNER, *_PLANT, "corporate"), version)

    return [submit_document, submit_purchase_order, submit_despatch_advice, submit_production_confirmation,
            other_versions]  # fmt: skip


def _as2(api: Callable[[], Api]) -> list[HTTPRouteHandler]:
    @post("/as2", status_code=200)
    async def take_as2(request: HttpRequest) -> Response[bytes]:
        return await api().as2.take(Incoming(request.scope, request.receive))

    return [take_as2]


def _asking(api: Callable[[], Api]) -> list[HTTPRouteHandler]:
    @get("/v1/messages/{message_id:str}")
    async def read_message(request: HttpRequest, message_id: MessageId) -> Response[bytes]:
        return await api().questions.message(request, message_id)

    @get("/v1/messages/{message_id:str}/documents")
    async def read_documents(request: HttpRequest, message_id: MessageId) -> Response[bytes]:
        return await api().questions.documents(request, message_id)

    @get("/v1/messages/{message_id:str}/receipt")
    async def read_receipt(request: HttpRequest, message_id: MessageId) -> Response[bytes]:
        return await api().questions.receipt(request, message_id)

    @get("/v1/messages")
    async def list_messages(
        request: HttpRequest,
        cursor: Annotated[str | None, QueryParameter(description="`next` of the page before.")] = None,
        document_type: Annotated[
            str | None, QueryParameter(description="Only this type of document.", pattern=PRINTED, max_length=100)
        ] = None,
        verdict: Annotated[
            Literal["accepted", "refused"] | None, QueryParameter(description="Only this verdict.")
        ] = None,
        number: Annotated[
            str | None,
            QueryParameter(
                description="Only this document number, of what was refused, too.",
                pattern=PRINTED,
                max_length=200,
            ),
        ] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=200, description="Messages on a page.")] = PAGE,
    ) -> Response[bytes]:
        return await api().questions.messages(request, cursor, document_type, verdict, number, limit)

    return [read_message, read_documents, read_receipt, list_messages]


def _plants(api: Callable[[], Api]) -> list[HTTPRouteHandler]:
    @get("/v1/plants/{plant:str}/deliveries")
    async def fetch_deliveries(
        request: HttpRequest,
        plant: Annotated[str, PathParameter(description="The plant's id; it must be the caller's own.")],
        wait: Annotated[float, QueryParameter(ge=0, le=60, description="Seconds to wait for the first delivery.")] = 0,
        limit: Annotated[int, QueryParameter(ge=1, le=200, description="Deliveries at the most.")] = 20,
        lease: Annotated[float, QueryParameter(ge=1, le=3600, description="Seconds they are hidden from others.")] = 60,
    ) -> Response[bytes]:
        return await api().inbox.fetch(request, plant, wait, limit, lease)

    @post("/v1/plants/{plant:str}/deliveries/{delivery:str}/acknowledgement", status_code=200)
    async def acknowledge_delivery(
        request: HttpRequest,
        plant: Annotated[str, PathParameter(description="The plant's id; it must be the caller's own.")],
        delivery: Annotated[str, PathParameter(description="`id` of the delivery.")],
    ) -> Response[bytes]:
        return await api().inbox.acknowledge(request, plant, delivery, api().submissions.body_seconds)

    return [fetch_deliveries, acknowledge_delivery]


def _partners(api: Callable[[], Api]) -> list[HTTPRouteHandler]:
    @get("/v1/outbox")
    async def fetch_parcels(
        request: HttpRequest,
        wait: Annotated[float, QueryParameter(ge=0, le=60, description="Seconds to wait for the first parcel.")] = 0,
        limit: Annotated[int, QueryParameter(ge=1, le=200, description="Parcels at the most.")] = 20,
        lease: Annotated[float, QueryParameter(ge=1, le=3600, description="Seconds they are hidden from others.")] = 60,
    ) -> Response[bytes]:
        return await api().outbox.fetch(request, wait, limit, lease)

    @get("/v1/outbox/{parcel:str}")
    async def read_parcel(
        request: HttpRequest, parcel: Annotated[str, PathParameter(description="`id` of the parcel.")]
    ) -> Response[bytes]:
        return await api().outbox.content(request, parcel)

    @post("/v1/outbox/{parcel:str}/acknowledgement", status_code=200)
    async def acknowledge_parcel(
        request: HttpRequest, parcel: Annotated[str, PathParameter(description="`id` of the parcel.")]
    ) -> Response[bytes]:
        return await api().outbox.acknowledge(request, parcel, api().submissions.body_seconds)

    @post("/v1/self-test", status_code=200)
    async def try_connection(request: HttpRequest) -> Response[bytes]:
        return await api().self_tests.run(Incoming(request.scope, request.receive))

    @get("/v1/self-test/{trial:str}/receipt")
    async def read_trial_receipt(
        request: HttpRequest, trial: Annotated[str, PathParameter(description="The id that the self-test gave.")]
    ) -> Response[bytes]:
        return await api().self_tests.receipt(request, trial)

    return [fetch_parcels, read_parcel, acknowledge_parcel, try_connection, read_trial_receipt]


def _health(api: Callable[[], Api]) -> list[HTTPRouteHandler]:
    @get("/health/live")
    async def live() -> Response[bytes]:
        return api().health.live()

    @get("/health/ready")
    async def ready() -> Response[bytes]:
        return await api().health.ready()

    @get("/metrics")
    async def metrics(request: HttpRequest) -> Response[bytes]:
        return api().health.metrics(request) or refuse(request, nothing_here(request))

    return [live, ready, metrics]


def _pages(document: dict[str, Any]) -> list[HTTPRouteHandler]:
    pages = Pages(document)

    @get(documented.PATH)
    async def openapi() -> Response[bytes]:
        return Response(pages.document, media_type="application/vnd.oai.openapi+json;version=3.1")

    @get("/")
    async def reference() -> Response[bytes]:
        return pages.reference()

    @get("/errors")
    async def errors() -> Response[bytes]:
        return pages.errors()

    @get("/errors/{code:str}")
    async def error(request: HttpRequest, code: FromPath[str]) -> Response[bytes]:
        text = "there is no error of this code; /errors lists all"
        return pages.error(code) or refuse(request, Rejection(code="request.not_found", text=text))

    @get("/docs/moving-from-v0-to-v1")
    async def moving() -> Response[bytes]:
        return pages.moving()

    @get("/assets/pages.css")
    async def stylesheet() -> Response[bytes]:
        return pages.stylesheet()

    return [openapi, reference, errors, error, moving, stylesheet]


def _answer_failure(request: HttpRequest, error: Exception) -> Response[bytes]:
    return answer_failure(error, trace_of(request.scope))
