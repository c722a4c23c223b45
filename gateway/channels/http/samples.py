"""Examples for the OpenAPI document and the page made of it; each refusal is written by the code that refuses."""

from base64 import b64encode
from typing import Any

import msgspec

from gateway.channels.http.problems import problem
from gateway.errors import ERRORS
from gateway.identity.refusals import CERTIFICATE_REFUSALS, OUTAGES, PROOF_REFUSALS, TOKEN_REFUSALS
from gateway.submissions import Rejection
from translators.examples import example
from translators.findings import Finding, Place

Json = dict[str, Any]

MESSAGE = "019ab0c4-7c1e-7d52-9a43-0b6f2c8e4d11"
REVISION = "sha256:6a1f0c9be2d4"
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
_AT = "2026-11-23T09:30:00.512Z"
_HASH = "sha256:9f2c1b7a5d3e48f6b0a1c2d3e4f5061728394a5b6c7d8e9f00112233445566aa"

_STATEMENT = {
    "at": _AT, "channel": "http", "client": "aurora-orders", "content": _HASH, "destinations": ["odoo"],
    "documents": [{"number": "PO-4711", "type": "purchase_order"}], "event": "intake.message.accepted",
    "format": "json purchase_order 1", "key": "key:PO-4711", "message": MESSAGE, "policy": REVISION,
    "sender": "aurora", "sender_kind": "partner", "size": 3121, "verdict": "accepted",
}  # fmt: skip
ACCEPTED: Json = {
    "message": MESSAGE,
    "status": f"/v1/messages/{MESSAGE}",
    "receipt": f"/v1/messages/{MESSAGE}/receipt",
    "statement": msgspec.json.encode(_STATEMENT, order="sorted").decode(),
    "leaf": "m0bZk1c4oGk5o0vJq2vF2mQk6pV0m9n2o3Qw1d7cS8E=",
    "duplicate": False,
}
_TRIED = {
    **_STATEMENT, "acknowledgements": [], "event": "sandbox.message.tried",
}  # fmt: skip
TRIED: Json = {
    "passed": True,
    "steps": [
        {"step": step, "verdict": "passed", "text": text, "code": None, "act": None, "findings": []}
        for step, text in (
            ("connection", "your request reached us from 192.0.2.7"),
            ("token", "client `aurora-orders` is `aurora`; the token is bound to no key; roles: `orders.send`"),
            ("document", "understood as json purchase_order 1"),
            ("rules", "every rule in force lets it pass"),
            ("route", "it would go to `odoo`; nothing was delivered"),
            ("acknowledgement", "none is agreed beside this answer"),
            ("receipt", "the statement is on record; fetch its proof at `receipt` in a second and verify it"),
        )
    ],
    "receipt": f"/v1/self-test/{MESSAGE}/receipt",
    "statement": msgspec.json.encode(_TRIED, order="sorted").decode(),
    "leaf": "q0Yk1c4oGk5o0vJq2vF2mQk6pV0m9n2o3Qw1d7cS8E8=",
}
HISTORY: Json = {
    "id": MESSAGE, "state": "delivered", "received_at": _AT, "sender_kind": "partner", "sender": "aurora",
    "channel": "http", "content_hash": _HASH, "size": 3121, "verdict": "accepted", "policy_revision": REVISION,
    "document_type": "purchase_order",
    "documents": [{"number": 1, "document_type": "purchase_order", "business_number": "PO-4711",
                   "business_key": "4012345000009|PO-4711"}],
    "deliveries": [{"id": f"{MESSAGE}.1", "document": 1, "destination": "odoo",
                    "operation": "sale_order.create_confirmed", "state": "delivered", "external_id": "gw.aurora_po_1",
                    "reference": "S00042", "ended_at": "2026-11-23T09:30:01.204Z", "attempts": 1}],
    "timeline": [_STATEMENT],
}  # fmt: skip
DOCUMENTS: Json = {
    "documents": [
        {"number": 1, "document_type": "purchase_order", "business_number": "PO-4711", "sender": "aurora",
         "format": "edifact ORDERS D.96A", "body_hash": _HASH, "body": msgspec.json.decode(example("order.json"))}
    ]
}  # fmt: skip
PAGE: Json = {
    "messages": [
        {"id": MESSAGE, "received_at": _AT, "document_type": "purchase_order", "verdict": "accepted", "size": 3121}
    ],
    "next": "AZqwxHwefVKaQwtvLI5NEQ",
}
RECEIPT = """c2sp.org/tlog-proof@v1
extra eyJhdCI6IjIwMjYtMTEtMjNUMDk6MzA6MDBaIiwiY29udGVudCI6InNoYTI1Njo…
index 73894
gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=

gateway.example.com/audit
109482
sFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=

— gateway.example.com/audit Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurm…
"""
ACKNOWLEDGEMENTS: dict[str, Json] = {
    "accepted": {"verdict": "accepted", "reference": "MES-20261123-7"},
    "rejected": {"verdict": "rejected", "text": "article SH-20 is unknown here"},
}
PARCEL = "019ab0c4-9d11-7a20-8f43-2c5e6b7a8d90"
PARCEL_ACKNOWLEDGED: Json = {"parcel": PARCEL, "verdict": "accepted", "repeated": False}
INTERCHANGE = (
    "UNB+UNOC:3+4260001230004:14+4012345000009:14+261123:0931+000000042'UNH+0107+ORDRSP:D:96A:UN:EAN005'"
    "BGM+231+AB-77120+4'…UNT+24+0107'UNZ+1+000000042'"
)
ACKNOWLEDGED: Json = {"delivery": f"{MESSAGE}.1", "verdict": "accepted", "repeated": False}

_TEXTS = {**TOKEN_REFUSALS, **PROOF_REFUSALS, **CERTIFICATE_REFUSALS, **OUTAGES}
_LIMIT = {"rule": "limits `standard-requests` (limits.yaml:15)", "limits": ("standard-requests",), "retry_after": 1}
_REJECTIONS: dict[str, Json] = {
    "document.invalid": {
        "text": "unknown unit `PCS`; use UN/ECE Recommendation 20, as in C62 or KGM",
        "act": "correct the document and send it again",
        "findings": (
            Finding(
                "document.value", "unknown unit `PCS`; use UN/ECE Recommendation 20, as in C62 or KGM",
                Place(line=48, column=52, path="/lines/0/quantity/unit"),
            ),
        ),
        "message_id": MESSAGE,
        "policy_revision": REVISION,
    },
    "document.malformed": {
        "text": "the field `number` occurs twice",
        "act": "correct the document and send it again",
        "findings": (
            Finding("json.duplicate", "the field `number` occurs twice", Place(line=9, column=3, path="/number")),
        ),
        "message_id": MESSAGE,
        "policy_revision": REVISION,
    },
    "document.unsupported": {
        "text": "the media type is `text/html`, but the content is JSON",
        "act": "name the content as what it is, or as application/octet-stream, and send it again",
        "findings": (
            Finding("document.media_type", "the media type is `text/html`, but the content is JSON"),
        ),
        "message_id": MESSAGE,
        "policy_revision": REVISION,
    },
    "document.other_type": {
        "text": "this address takes a despatch_advice, but this is a purchase_order",
        "act": "post it to /v1/documents, or to its own address",
        "message_id": MESSAGE,
    },
    "idempotency.conflict": {
        "text": f"the same key came with other content before, as message {MESSAGE}",
        "act": "use a new key for new content; ask for that message to see what we have",
        "message_id": MESSAGE,
    },
    "limit.exceeded": {
        "text": "more requests than `standard-requests` allows", "act": "wait 1 s and send it again", **_LIMIT,
    },
    "limit.reduced_capacity": {
        "text": "fewer requests than usual are taken for a while", "act": "wait 1 s and send it again", **_LIMIT,
    },
    "access.not_granted": {
        "text": "no rule lets `aurora` send a despatch_advice", "act": "ask your contact here for the right",
        "rule": "access `default deny`", "policy_revision": REVISION, "message_id": MESSAGE,
    },
    "version.retired": {
        "text": "API v0 is retired", "act": "use v1; /docs/moving-from-v0-to-v1 says how",
        "rule": "versions `api-v0` (versions.yaml:13)",
    },
    "request.parameter": {
        "text": "`limit`: a whole number from 1 to 200 is expected, not `500`",
        "act": "correct it; / says what each parameter may be",
    },
    "request.unknown_parameter": {
        "text": "`dry_run` is no parameter of this address; it takes none",
        "act": "leave it out, or correct its name; / says what each address takes",
    },
    "receipt.not_ready": {
        "text": "the message is recorded and will be under a signed checkpoint in a moment",
        "act": "ask again in a second", "retry_after": 1,
    },
}  # fmt: skip


def refusal_example(code: str) -> Json:
    """The problem document of an error, as it is sent."""
    given = _REJECTIONS.get(code) or {"text": _TEXTS.get(code, ERRORS[code].title)}
    made: Json = msgspec.json.decode(problem(Rejection(code=code, **given), trace=TRACE).content)
    return made


def document_examples() -> dict[str, tuple[str, bytes]]:
    """Documents to send: name -> media type and content."""
    return {
        "purchase_order": ("application/json", example("order.json")),
        "production_confirmation": ("application/json", example("production-confirmation.json")),
        "despatch_advice": ("application/json", msgspec.json.encode(_DESPATCH_ADVICE)),
        "order_response": ("application/json", msgspec.json.encode(_ORDER_RESPONSE)),
        "order_as_edifact": ("application/edifact", _copied_as_it_is_sent(example("order.edi"))),
        "order_as_ubl": ("application/xml", example("order.ubl.xml")),
        "despatch_advice_as_ubl": ("application/xml", example("despatch-advice.ubl.xml")),
    }


def _copied_as_it_is_sent(edifact: bytes) -> bytes:
    """The example in ASCII: a page is UTF-8 and UNOC is Latin-1, so any other character would be wrong once copied."""
    return edifact.decode("latin-1").replace("ß", "ss").replace("Ø ", "").encode("ascii")


_ORDER_RESPONSE: Json = {
    "kind": "order_response/1", "number": "AB-77120", "order": {"kind": "order", "number": "PO-4711"},
    "status": "accepted", "issued_on": "2026-11-23",
    "buyer": {"identifiers": [{"scheme": "gln", "value": "4012345000009"}], "name": "Nordlicht Handel GmbH"},
    "seller": {"identifiers": [{"scheme": "gln", "value": "4260001230004"}], "name": "Bergmann Antriebe GmbH"},
}  # fmt: skip

_DESPATCH_ADVICE: Json = {
    "kind": "despatch_advice/1", "number": "LS-2026-0815", "issued_on": "2026-11-23",
    "despatcher": {"identifiers": [{"scheme": "gln", "value": "7612345000008"}],
                   "name": "Stahlhof Präzisionsteile AG"},
    "receiver": {"identifiers": [{"scheme": "gln", "value": "4260001230004"}], "name": "Bergmann Antriebe GmbH"},
    "ship_to": {"identifiers": [{"scheme": "gln", "value": "4260001230011"}], "name": "Werk Bad Salzungen"},
    "lines": [{"number": "1", "product": [{"scheme": "supplier_code", "value": "SH-20"}],
               "description": "Welle 20 mm, gehärtet", "quantity": {"value": "400", "unit": "C62"}}],
}  # fmt: skip


def parcel() -> Json:
    """A parcel in a partner's outbox."""
    return {
        "id": PARCEL, "document_types": ["order_response"], "control_number": "000000042",
        "file_name": "order-response-000000042.edi", "media_type": "application/edifact", "made_at": _AT,
        "hidden_until": "2026-11-23T09:31:00.512Z", "fetched": 1, "traceparent": TRACE, "test": False,
        "content": b64encode(INTERCHANGE.encode()).decode(),
    }  # fmt: skip


def delivery() -> Json:
    """A delivery in a plant's inbox."""
    return {
        "id": f"{MESSAGE}.1", "document_type": "despatch_advice", "number": "LS-2026-0815",
        "business_key": "7612345000008|LS-2026-0815", "sender": "stahlhof", "accepted_at": _AT,
        "hidden_until": "2026-11-23T09:31:00.512Z", "fetched": 1, "traceparent": TRACE, "test": False,
        "document": _DESPATCH_ADVICE,
    }  # fmt: skip
