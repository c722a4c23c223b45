"""What an answer means: the table of classes, by exception name and message."""

import pytest

from gateway.destinations.contract import Outcome, Postponed, Refused, Unavailable
from gateway.destinations.odoo.faults import Fault, is_clash, judge, read_fault, unanswered_question

CLASH = "could not serialize access due to concurrent update"
VALUE = Refused("odoo.version", "Odoo did not take a field or a value in `a.b`")
RULE = Refused("odoo.data_rejected", "a rule of Odoo said no in `a.b`")
CASES: list[tuple[int, str, str, Outcome]] = [
    (401, "werkzeug.exceptions.Unauthorized", "Invalid apikey",
     Unavailable("Odoo does not know the API key, or it has expired")),
    (429, "", "", Unavailable("Odoo asks for patience", 7.0)),
    (502, "", "", Unavailable("Odoo's proxy reaches no server (502)", 7.0)),
    (503, "", "", Unavailable("Odoo is out (503)", 7.0)),
    (504, "", "", Unavailable("Odoo's proxy waited in vain (504)", 7.0)),
    (404, "", "", Unavailable("no database of Odoo answers under this name")),
    (302, "", "", Unavailable("Odoo's address answers with a redirect, which is not followed")),
    (500, "psycopg2.errors.SerializationFailure", CLASH, Postponed("another transaction of Odoo was in the way")),
    (500, "psycopg2.errors.LockNotAvailable", "", Postponed("another transaction of Odoo was in the way")),
    (500, "psycopg2.OperationalError", "deadlock detected", Postponed("another transaction of Odoo was in the way")),
    (500, "builtins.ValueError", "Invalid field", VALUE),
    (500, "builtins.TypeError", "unexpected", Refused("odoo.version", "Odoo did not take an argument in `a.b`")),
    (500, "builtins.RuntimeError", "who knows", Postponed("Odoo failed in `a.b` with 500")),
    (403, "odoo.exceptions.AccessError", "…", Refused("odoo.access_denied", "Odoo refuses the right in `a.b`")),
    (404, "odoo.exceptions.MissingError", "…", Refused("odoo.data_rejected", "a record has gone in `a.b`")),
    (404, "werkzeug.exceptions.NotFound", "…", Refused("odoo.version", "Odoo has no such model or method in `a.b`")),
    (422, "odoo.exceptions.UserError", "Ms Miller owes us", RULE),
    (422, "odoo.exceptions.ValidationError", "…", Refused("odoo.data_rejected", "a check of Odoo said no in `a.b`")),
    (418, "", "", Refused("odoo.internal", "Odoo answered `a.b` with 418")),
]  # fmt: skip


@pytest.mark.parametrize(("status", "name", "message", "expected"), CASES)
def test_an_answer_is_judged_by_name_and_message(status: int, name: str, message: str, expected: Outcome) -> None:
    after = 7.0 if isinstance(expected, Unavailable) and expected.after else None
    assert judge(status, Fault(name, message), "a.b", after) == expected


def test_the_trace_of_the_server_is_never_read() -> None:
    body = b'{"name": "odoo.exceptions.UserError", "message": "no", "arguments": [], "context": {}, "debug": "secret"}'
    fault = read_fault(body)
    assert fault == Fault("odoo.exceptions.UserError", "no")
    assert "secret" not in repr(fault)


@pytest.mark.parametrize("body", [b"", b"<h1>Bad Gateway</h1>", b"[1]", b'{"name": 5}'])
def test_a_page_of_a_proxy_is_an_empty_fault(body: bytes) -> None:
    assert read_fault(body) == Fault()


def test_a_clash_is_known_by_its_words() -> None:
    assert is_clash("Unknown database error: 'could not serialize access due to concurrent update\n'")
    assert not is_clash("No matching record found for database id '9' in field 'Customer'")


@pytest.mark.parametrize(
    ("answer", "question"),
    [
        (True, None), (False, None), (None, None), ({}, None), ([1], None),
        ({"type": "ir.actions.act_window", "res_model": "mrp.consumption.warning"}, "mrp.consumption.warning"),
        ({"type": "ir.actions.client"}, "ir.actions.client"),
    ],
)  # fmt: skip
def test_a_window_is_a_question(answer: object, question: str | None) -> None:
    assert unanswered_question(answer) == question
