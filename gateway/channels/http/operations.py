"""Every address of the API as data: what it is for, who may call, what it takes, what it can be refused with."""

from typing import Any, Literal

from msgspec import Struct

from gateway.channels.http import samples
from gateway.errors import ERRORS

Json = dict[str, Any]
Caller = Literal["partner", "plant", "corporate"]


class Parameter(Struct, frozen=True, kw_only=True):
    name: str
    place: Literal["path", "query", "header"]
    about: str
    schema: Json
    example: Any = None


class Operation(Struct, frozen=True, kw_only=True):
    """`takes` are the request's examples by media type, `gives` the good answer's content by media type."""

    id: str
    method: Literal["get", "post"]
    path: str
    tag: str
    summary: str
    about: str
    callers: tuple[Caller, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    takes: dict[str, dict[str, Any]] = {}
    shape: str | None = None
    status: int = 200
    outcome: str
    gives: dict[str, Any] = {}
    answer_shape: str | None = None
    fields: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()


_ANY = {"type": "string"}
_TRACEPARENT = Parameter(
    name="traceparent", place="header", schema=_ANY, example=samples.TRACE,
    about="W3C Trace Context; your trace goes on through the gateway to the destination.",
)  # fmt: skip
_KEY = Parameter(
    name="Idempotency-Key", place="header", example='"PO-4711/1"',
    schema={"type": "string", "minLength": 1, "maxLength": 202},
    about="Your word for `this again`: 1 to 200 printable characters, in quotes or without. The same key with the "
    "same content gets the stored receipt, with other content it is a conflict. Without a key the interchange "
    "reference or the content itself tells a repetition.",
)  # fmt: skip
_MESSAGE_ID = Parameter(
    name="message_id", place="path", about="The id that the receipt gave.", schema=_ANY, example=samples.MESSAGE
)
_PLANT = Parameter(
    name="plant", place="path", about="The plant's id; it must be the caller's own.", schema=_ANY, example="salzungen"
)
_PARCEL = Parameter(name="parcel", place="path", about="`id` of the parcel.", schema=_ANY, example=samples.PARCEL)

_TRIAL = Parameter(
    name="trial", place="path", about="The id that the self-test gave.", schema=_ANY, example=samples.MESSAGE
)

TOKENS = tuple(code for code in ERRORS if code.startswith(("token.", "dpop.")) and code != "dpop.unavailable")
ADMISSION = (
    "request.unknown_parameter", *TOKENS, "certificate.malformed", "keys.unavailable", "dpop.unavailable",
    "sender.unknown", "sender.suspended", "sender.binding_required",
    "version.unknown", "version.not_open", "version.retired", "version.brownout",
    "access.outside_zone", "access.not_granted", "access.denied", "rule.not_judged", "limit.none_applies",
    "policy.expired", "limit.exceeded", "limit.reduced_capacity", "limit.unavailable", "ledger.unavailable",
    "internal",
)  # fmt: skip
_JUDGING = (
    "request.malformed", "request.deadline", "request.too_large", "document.unsupported", "document.malformed",
    "document.invalid", "document.too_large", "sender.not_live", "interchange.sender",
    "interchange.recipient", "agreement.none", "agreement.differs", "agreement.tests_only", "agreement.no_tests",
    "schema.not_matched", "routing.no_route",
    "routing.no_agreement",
    "routing.several_plants",
    "access.no_conduit", "ownership.not_owned", "idempotency.conflict", "version.document_unknown",
    "version.document_not_open", "version.document_retired", "version.document_brownout", "limit.too_large",
    "gateway.overrun",
)  # fmt: skip
_TOLD = ("traceparent", "RateLimit", "RateLimit-Policy", "Deprecation", "Sunset", "Link")


def _examples(*names: str) -> dict[str, dict[str, Any]]:
    """By media type, then by name."""
    known = samples.document_examples()
    takes: dict[str, dict[str, Any]] = {}
    for name in names:
        media_type, content = known[name]
        takes.setdefault(media_type, {})[name] = content
    return takes


def _submitting(document_type: str | None, path: str, summary: str, about: str, *examples: str,
                callers: tuple[Caller, ...] = ("partner",)) -> Operation:  # fmt: skip
    """All that take documents differ in what they take alone."""
    typed = ("document.other_type",) if document_type else ()
    return Operation(
        id=f"send_{document_type or 'document'}", method="post", path=path, tag="Documents", summary=summary,
        about=about, callers=callers, parameters=(_KEY, _TRACEPARENT),
        takes=_examples(*examples),
        shape=document_type or "Document", status=202,
        outcome="Taken and kept, durably. A repetition gets the stored receipt with `duplicate` true.",
        gives={"application/json": samples.ACCEPTED}, answer_shape="Accepted",
        fields=("Location", *_TOLD), refusals=(*ADMISSION, *_JUDGING, *typed),
    )  # fmt: skip


OPERATIONS: tuple[Operation, ...] = (
    _submitting(
        None, "/v1/documents", "Send a document",
        "Takes any document you are granted: EDIFACT, X12, VDA, XML or JSON, told by its first bytes; a `Content-Type` "
        "that contradicts them is refused. The answer comes when the document is translated, judged and committed.",
        "purchase_order", "despatch_advice", "order_as_edifact", "order_as_ubl", "despatch_advice_as_ubl",
        "order_response", callers=("partner", "corporate"),
    ),
    _submitting(
        "purchase_order", "/v1/purchase-orders", "Send a purchase order",
        "As `/v1/documents`, for purchase orders alone.", "purchase_order", "order_as_edifact", "order_as_ubl",
    ),
    _submitting(
        "despatch_advice", "/v1/despatch-advices", "Send a despatch advice",
        "As `/v1/documents`, for despatch advices alone. It reaches the plant at the place of delivery.",
        "despatch_advice", "despatch_advice_as_ubl",
    ),
    _submitting(
        "production_confirmation", "/v1/production-confirmations", "Confirm production",
        "A plant reports what one of its orders has produced: running totals and what is new since the last report.",
        "production_confirmation", callers=("plant",),
    ),
    Operation(
        id="list_messages", method="get", path="/v1/messages", tag="Messages", summary="List your messages",
        about="Your own messages, newest first. Take `next` of one page as `cursor` for the page behind it; messages "
        "that arrive meanwhile move nothing.",
        callers=("partner", "plant", "corporate"),
        parameters=(
            Parameter(name="cursor", place="query", about="`next` of the page before.", schema=_ANY,
                      example="AZqwxHwefVKaQwtvLI5NEQ"),
            Parameter(name="document_type", place="query", about="Only this type of document.",
                      schema={"type": "string", "maxLength": 100}, example="purchase_order"),
            Parameter(name="verdict", place="query", about="Only this verdict.",
                      schema={"type": "string", "enum": ["accepted", "refused"]}, example="refused"),
            Parameter(name="number", place="query", about="Only this document number, of what was refused, too.",
                      schema={"type": "string", "maxLength": 200}, example="PO-4711"),
            Parameter(name="limit", place="query", about="Messages on a page.", example=50,
                      schema={"type": "integer", "minimum": 1, "maximum": 200, "default": 50}),
        ),
        outcome="A page of messages.", gives={"application/json": samples.PAGE}, answer_shape="Page",
        fields=_TOLD, refusals=(*ADMISSION, "request.parameter"),
    ),
    Operation(
        id="read_message", method="get", path="/v1/messages/{message_id}", tag="Messages", summary="Ask for a message",
        about="Its state, its documents, where each was delivered, and every event since it arrived. Only your own.",
        callers=("partner", "plant", "corporate"), parameters=(_MESSAGE_ID,), outcome="The message.",
        gives={"application/json": samples.HISTORY}, answer_shape="MessageHistory", fields=_TOLD,
        refusals=(*ADMISSION, "message.not_found"),
    ),
    Operation(
        id="read_documents", method="get", path="/v1/messages/{message_id}/documents", tag="Messages",
        summary="See what was understood of a message",
        about="The canonical documents it became, whatever format it came in; what is masked for you is left out. "
        "`body` is null once a rule of retention has let go of it.",
        callers=("partner", "plant", "corporate"), parameters=(_MESSAGE_ID,),
        outcome="The documents; none when it was refused.",
        gives={"application/json": samples.DOCUMENTS}, answer_shape="Documents", fields=_TOLD,
        refusals=(*ADMISSION, "message.not_found"),
    ),
    Operation(
        id="read_receipt", method="get", path="/v1/messages/{message_id}/receipt", tag="Messages",
        summary="Fetch the receipt of a message",
        about="A small text file that proves our verdict offline: the statement, its place in our audit tree, and a "
        "checkpoint signed by us. `partner-gateway audit verify-receipt` checks it, and so does any tool for "
        "transparency log proofs (C2SP).",
        callers=("partner", "plant", "corporate"), parameters=(_MESSAGE_ID,), outcome="The receipt.",
        gives={"text/plain": samples.RECEIPT}, fields=("Content-Disposition", *_TOLD),
        refusals=(*ADMISSION, "message.not_found", "receipt.not_ready", "receipt.erased"),
    ),
    Operation(
        id="try_connection", method="post", path="/v1/self-test", tag="Partners", summary="Test your connection",
        about="Send any document you are granted, as often as you like. It meets what a real one meets: your token, "
        "the limits, the translators and every rule in force. Nothing is delivered, nothing kept but an entry of the "
        "audit that it was tried, and nothing counts as a repetition. The answer tells each step.",
        callers=("partner",), parameters=(_TRACEPARENT,), takes=_examples("purchase_order", "order_as_edifact",
        "order_as_ubl", "despatch_advice"), shape="Document", outcome="Every step with its verdict.",
        gives={"application/json": samples.TRIED}, answer_shape="SelfTest", fields=_TOLD,
        refusals=(*ADMISSION, "request.malformed", "request.deadline", "request.too_large"),
    ),
    Operation(
        id="read_trial_receipt", method="get", path="/v1/self-test/{trial}/receipt", tag="Partners",
        summary="Fetch the receipt of a self-test",
        about="As the receipt of a message: with it you try how you verify ours.",
        callers=("partner",), parameters=(_TRIAL,), outcome="The receipt.", gives={"text/plain": samples.RECEIPT},
        fields=("Content-Disposition", *_TOLD), refusals=(*ADMISSION, "message.not_found", "receipt.not_ready"),
    ),
    Operation(
        id="fetch_deliveries", method="get", path="/v1/plants/{plant}/deliveries", tag="Plants",
        summary="Fetch deliveries",
        about="What lies ready for the plant, in order. Each is hidden from other fetches for `lease` seconds and "
        "offered again if it was not acknowledged by then, so treat a second one of the same `id` as the same.",
        callers=("plant",),
        parameters=(
            _PLANT,
            Parameter(name="wait", place="query", about="Seconds to wait for the first delivery.", example=30,
                      schema={"type": "number", "minimum": 0, "maximum": 60, "default": 0}),
            Parameter(name="limit", place="query", about="Deliveries at the most.", example=20,
                      schema={"type": "integer", "minimum": 1, "maximum": 200, "default": 20}),
            Parameter(name="lease", place="query", about="Seconds they are hidden from others.", example=60,
                      schema={"type": "number", "minimum": 1, "maximum": 3600, "default": 60}),
        ),
        outcome="The deliveries; none when nothing lies ready.",
        gives={"application/json": {"deliveries": [samples.delivery()]}}, answer_shape="Inbox", fields=_TOLD,
        refusals=(*ADMISSION, "request.parameter", "request.wrong_kind"),
    ),
    Operation(
        id="acknowledge_delivery", method="post", path="/v1/plants/{plant}/deliveries/{delivery}/acknowledgement",
        tag="Plants", summary="Acknowledge a delivery",
        about="`accepted`: the plant has it, durably. `rejected`: it never will, and `text` says why to our operators. "
        "Saying the same twice is harmless; the first word stands.",
        callers=("plant",),
        parameters=(
            _PLANT,
            Parameter(name="delivery", place="path", about="`id` of the delivery.", schema=_ANY,
                      example=f"{samples.MESSAGE}.1"),
        ),
        takes={"application/json": samples.ACKNOWLEDGEMENTS}, shape="Acknowledgement", outcome="It is on record.",
        gives={"application/json": samples.ACKNOWLEDGED}, answer_shape="AcknowledgementAnswer", fields=_TOLD,
        refusals=(*ADMISSION, "request.malformed", "request.deadline", "request.too_large", "request.wrong_kind",
                  "delivery.not_found", "delivery.contradicted"),
    ),
    Operation(
        id="fetch_parcels", method="get", path="/v1/outbox", tag="Partners", summary="Fetch what lies ready for you",
        about="Documents for you in the format we have agreed, in order; `content` is base64. Each parcel is hidden "
        "from other fetches for `lease` seconds and offered again if it was not acknowledged by then, so treat a "
        "second one of the same `id` as the same: its bytes and its control number are the same, too.",
        callers=("partner",),
        parameters=(
            Parameter(name="wait", place="query", about="Seconds to wait for the first parcel.", example=30,
                      schema={"type": "number", "minimum": 0, "maximum": 60, "default": 0}),
            Parameter(name="limit", place="query", about="Parcels at the most.", example=20,
                      schema={"type": "integer", "minimum": 1, "maximum": 200, "default": 20}),
            Parameter(name="lease", place="query", about="Seconds they are hidden from others.", example=60,
                      schema={"type": "number", "minimum": 1, "maximum": 3600, "default": 60}),
        ),
        outcome="The parcels; none when nothing lies ready.",
        gives={"application/json": {"parcels": [samples.parcel()]}}, answer_shape="Outbox", fields=_TOLD,
        refusals=(*ADMISSION, "request.parameter"),
    ),
    Operation(
        id="read_parcel", method="get", path="/v1/outbox/{parcel}", tag="Partners", summary="Read a parcel as a file",
        about="Its bytes in their own media type, with the file name. It hides nothing and may be asked again.",
        callers=("partner",), parameters=(_PARCEL,), outcome="The bytes.",
        gives={"application/edifact": samples.INTERCHANGE}, fields=("Content-Disposition", *_TOLD),
        refusals=(*ADMISSION, "delivery.not_found"),
    ),
    Operation(
        id="acknowledge_parcel", method="post", path="/v1/outbox/{parcel}/acknowledgement", tag="Partners",
        summary="Acknowledge a parcel",
        about="`accepted`: you have it, durably. `rejected`: you will not take it, and `text` says why to our "
        "operators. It holds for all documents in it. Saying the same twice is harmless; the first word stands.",
        callers=("partner",), parameters=(_PARCEL,),
        takes={"application/json": samples.ACKNOWLEDGEMENTS}, shape="Acknowledgement", outcome="It is on record.",
        gives={"application/json": samples.PARCEL_ACKNOWLEDGED}, answer_shape="ParcelAnswer", fields=_TOLD,
        refusals=(*ADMISSION, "request.malformed", "request.deadline", "request.too_large", "delivery.not_found",
                  "delivery.contradicted"),
    ),
    Operation(
        id="live", method="get", path="/health/live", tag="Operation", summary="Whether the process lives",
        about="For the supervisor of the process.", outcome="It lives.", gives={"application/json": {"live": True}},
        answer_shape="Live", refusals=("internal",),
    ),
    Operation(
        id="ready", method="get", path="/health/ready", tag="Operation", summary="Whether messages can be taken",
        about="For the load balancer: the ledger answers and there is room on the disk. Answers 503 with the same "
        "content when not.",
        outcome="It takes messages.", gives={"application/json": {"ready": True, "checks": {"ledger": True,
                                                                                           "disk": True}}},
        answer_shape="Ready", refusals=("internal",),
    ),
    Operation(
        id="metrics", method="get", path="/metrics", tag="Operation", summary="Figures for Prometheus",
        about="For the networks the operators name; for everybody else there is nothing at this address.",
        outcome="The figures.", gives={"text/plain": 'gateway_duplicates_total{kind="submission"} 1.0\n'},
        refusals=("request.not_found", "internal"),
    ),
)  # fmt: skip
