"""The schemas of the OpenAPI document, made from the types that are sent and read, so that they cannot lie."""

from typing import Any

import msgspec

from gateway.channels.http.acknowledging import Acknowledgement
from gateway.channels.http.asking import Documents, Page
from gateway.channels.http.inbox import Inbox
from gateway.channels.http.outbox import Outbox
from gateway.channels.http.selftest import SelfTest
from gateway.channels.http.submitting import Accepted
from gateway.ledger.reading import MessageHistory
from translators.canonical.schema import json_schema
from translators.descriptions import with_descriptions
from translators.findings import Finding

Json = dict[str, Any]

DOCUMENT_TYPES = ("purchase_order", "order_response", "despatch_advice", "production_confirmation")
ANSWERS = (Accepted, MessageHistory, Documents, Page, Inbox, Outbox, SelfTest, Acknowledgement, Finding)
_REF = "#/components/schemas/"


def schemas() -> Json:
    """`components/schemas` by name."""
    _, made = msgspec.json.schema_components(ANSWERS, ref_template=_REF + "{name}")
    for document_type in DOCUMENT_TYPES:
        own = json_schema(document_type)
        made |= _moved(own.pop("$defs"))
        made[document_type] = _moved({name: part for name, part in own.items() if name not in ("$schema", "$id")})
    made["Document"] = {
        "description": "A canonical document; `kind` tells which.",
        "oneOf": [reference(document_type) for document_type in DOCUMENT_TYPES],
    }
    made["InboxDelivery"]["properties"]["document"] = reference("Document")
    made["KeptDocument"]["properties"]["body"] = {"anyOf": [reference("Document"), {"type": "null"}]}
    made["Problem"] = _PROBLEM
    made["AcknowledgementAnswer"] = _ACKNOWLEDGED
    made["ParcelAnswer"] = _PARCEL_ACKNOWLEDGED
    made["Live"] = {"type": "object", "required": ["live"], "properties": {"live": {"const": True}}}
    made["Ready"] = _READY
    plain: Json = with_descriptions(msgspec.json.decode(msgspec.json.encode(made)))  # defaults are tuples until then
    return plain


def reference(name: str) -> Json:
    return {"$ref": _REF + name}


def _moved(schema: Any) -> Any:
    """The same schema with what it refers to in `components`."""
    if isinstance(schema, dict):
        return {
            name: _REF + part.removeprefix("#/$defs/") if name == "$ref" else _moved(part)
            for name, part in schema.items()
        }
    return [_moved(part) for part in schema] if isinstance(schema, list) else schema


def _text(description: str, **more: Any) -> Json:
    return {"type": "string", "description": description, **more}


_PROBLEM: Json = {
    "type": "object",
    "description": "A problem document (RFC 9457). `code` is stable; /errors/<code> explains it.",
    "required": ["type", "title", "status", "detail", "code", "acts", "repeat"],
    "properties": {
        "type": _text("What kind of problem: our page about it, or a registered type.", format="uri-reference"),
        "title": _text("The same sentence for every occurrence."),
        "status": {"type": "integer", "description": "The HTTP status."},
        "detail": _text("What was wrong this time."),
        "code": _text("Stable; programs decide by it.", examples=["limit.exceeded"]),
        "acts": _text("Who must do something.", enum=["sender", "receiver", "operator"]),
        "repeat": {
            "type": "boolean",
            "description": "Whether the same request may be sent again as it is and can then succeed. "
            "A repetition never does anything twice.",
        },
        "act": _text("What the sender can do."),
        "rule": _text("The rule that decided, with its file and line."),
        "policy": _text("The revision of the rules that decided."),
        "trace": _text("The trace id (W3C Trace Context); quote it when you ask us."),
        "message": _text("The message on record, when there is one.", format="uuid"),
        "instance": _text("Where the message can be asked for.", format="uri-reference"),
        "findings": {
            "type": "array",
            "description": "Each mistake with its place; at most 100.",
            "items": reference("Finding"),
        },
        "findings_left_out": {"type": "integer", "description": "How many findings more there are."},
        "violated-policies": {
            "type": "array",
            "description": "The exceeded limits, as `RateLimit-Policy` names them.",
            "items": {"type": "string"},
        },
    },
}
_ACKNOWLEDGED: Json = {
    "type": "object",
    "required": ["delivery", "verdict", "repeated"],
    "properties": {
        "delivery": _text("The delivery."),
        "verdict": {"enum": ["accepted", "rejected"]},
        "repeated": {"type": "boolean", "description": "The same was said before."},
    },
}
_PARCEL_ACKNOWLEDGED: Json = {
    **_ACKNOWLEDGED,
    "required": ["parcel", "verdict", "repeated"],
    "properties": {
        "parcel": _text("The parcel.", format="uuid"),
        **{name: part for name, part in _ACKNOWLEDGED["properties"].items() if name != "delivery"},
    },
}
_READY: Json = {
    "type": "object",
    "required": ["ready", "checks"],
    "properties": {
        "ready": {"type": "boolean"},
        "checks": {"type": "object", "additionalProperties": {"type": "boolean"}},
        "rules": {
            "type": "object",
            "description": "The rules in force here. They turn no traffic away.",
            "required": ["revision", "number", "problems", "same_everywhere"],
            "properties": {
                "revision": _text("As in every verdict."),
                "number": {"type": ["integer", "null"], "description": "Of a signed set."},
                "problems": {"type": "integer", "description": "Mistakes that keep newer files out."},
                "same_everywhere": {
                    "type": ["boolean", "null"],
                    "description": "Whether all gateways that run have this revision; null while nobody can tell.",
                },
            },
        },
    },
}
