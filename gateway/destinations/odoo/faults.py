"""What an answer of Odoo means: by exception name and message, for its status does not tell (500 may be permanent)."""

import re
from typing import Any

import msgspec
from msgspec import Struct

from gateway.destinations.contract import Outcome, Postponed, Refused, Unavailable

_CLASH = re.compile("could not serialize access|could not obtain lock|deadlock detected|concurrent update", re.I)
_CLASH_NAMES = ("SerializationFailure", "LockNotAvailable", "DeadlockDetected", "TransactionRollback")


class Fault(Struct, frozen=True):
    """An error answer of JSON-2. The `debug` beside these holds a traceback with record values: it is never decoded."""

    name: str = ""
    message: str = ""


def read_fault(body: bytes) -> Fault:
    """The fault in an error answer; an empty one when the body is a proxy's page."""
    try:
        return msgspec.json.decode(body, type=Fault)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return Fault()


def is_clash(text: str) -> bool:
    return _CLASH.search(text) is not None


def judge(status: int, fault: Fault, called: str, retry_after: float | None = None) -> Outcome:
    """The outcome of an answer that is not 200. `called` is `model.method`, for the sentence."""
    if status in (401, 429, 502, 503, 504):
        return Unavailable(_OUT[status], retry_after)
    if fault.name.endswith(_CLASH_NAMES) or (status >= 500 and is_clash(fault.message)):
        return Postponed("another transaction of Odoo was in the way")
    if not fault.name and status in (404, 421):
        return Unavailable("no database of Odoo answers under this name")
    if not fault.name and 300 <= status < 400:
        return Unavailable("Odoo's address answers with a redirect, which is not followed")
    for ending, code, why in _PERMANENT:
        if fault.name.endswith(ending):
            return Refused(code, f"{why} in `{called}`")
    if status >= 500:
        return Postponed(f"Odoo failed in `{called}` with {status}")
    return Refused("odoo.internal", f"Odoo answered `{called}` with {status}")


_OUT = {
    401: "Odoo does not know the API key, or it has expired",
    429: "Odoo asks for patience",
    502: "Odoo's proxy reaches no server (502)",
    503: "Odoo is out (503)",
    504: "Odoo's proxy waited in vain (504)",
}
# In this order. The words of a UserError may name partners and products, so they are not repeated.
_PERMANENT = (
    (".AccessError", "odoo.access_denied", "Odoo refuses the right"),
    (".AccessDenied", "odoo.access_denied", "Odoo refuses the right"),
    (".MissingError", "odoo.data_rejected", "a record has gone"),
    (".NotFound", "odoo.version", "Odoo has no such model or method"),
    (".UserError", "odoo.data_rejected", "a rule of Odoo said no"),
    (".ValidationError", "odoo.data_rejected", "a check of Odoo said no"),
    (".RedirectWarning", "odoo.data_rejected", "Odoo asks for settings first"),
    ("builtins.ValueError", "odoo.version", "Odoo did not take a field or a value"),
    ("builtins.TypeError", "odoo.version", "Odoo did not take an argument"),
    ("builtins.KeyError", "odoo.version", "Odoo did not take an argument"),
    (".BadRequest", "odoo.internal", "Odoo could not read the call"),
)


def unanswered_question(answer: Any) -> str | None:
    """The model of the window a method returned instead of its result, or None. It may also be a mere hint."""
    if isinstance(answer, dict) and str(answer.get("type", "")).startswith("ir.actions."):
        return str(answer.get("res_model") or answer["type"])
    return None
