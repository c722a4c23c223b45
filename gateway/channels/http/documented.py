"""What the OpenAPI document says about each address: the keyword arguments of its handler."""

from typing import Any

ABOUT: dict[str, Any] = {"title": "Partner Gateway", "version": "1.0.0"}
SUBMIT_ANY: dict[str, Any] = {"summary": "Send a document", "status_code": 202}
SUBMIT_PURCHASE_ORDER: dict[str, Any] = {"summary": "Send a purchase order", "status_code": 202}
SUBMIT_DESPATCH_ADVICE: dict[str, Any] = {"summary": "Send a despatch advice", "status_code": 202}
SUBMIT_PRODUCTION_CONFIRMATION: dict[str, Any] = {"summary": "Confirm production", "status_code": 202}
MESSAGE: dict[str, Any] = {"summary": "One message"}
MESSAGES: dict[str, Any] = {"summary": "Your messages"}
RECEIPT: dict[str, Any] = {"summary": "The receipt of a message"}
INBOX: dict[str, Any] = {"summary": "Fetch deliveries"}
ACKNOWLEDGE: dict[str, Any] = {"summary": "Acknowledge a delivery", "status_code": 200}
LIVE: dict[str, Any] = {"summary": "Whether the process lives"}
READY: dict[str, Any] = {"summary": "Whether messages can be taken"}
METRICS: dict[str, Any] = {"summary": "Figures for Prometheus"}
