"""What the stand-in answers when it says no: the real server's status, exception name and words (Odoo 19.0)."""

from typing import Any

import msgspec


class Said(Exception):  # noqa: N818 - an answer of the server, not a defect
    """An exception of the server as JSON-2 shows it: `{name, message, arguments, context, debug}`."""

    def __init__(self, status: int, name: str, message: str, *, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.name = name
        self.message = message
        self.headers = headers or {}

    def body(self) -> bytes:
        arguments: list[Any] = [self.message]
        if self.name.startswith("werkzeug."):
            arguments.append(self.status)
        return msgspec.json.encode(
            {
                "name": self.name,
                "message": self.message,
                "arguments": arguments,
                "context": {},
                # The real server puts its traceback here, record values and all; who reads it must strip it.
                "debug": f'Traceback (most recent call last):\n  File "odoo/http.py"\n{self.name}: {self.message}\n',
            }
        )


def user_error(message: str) -> Said:
    return Said(422, "odoo.exceptions.UserError", message)


def validation_error(message: str) -> Said:
    return Said(422, "odoo.exceptions.ValidationError", message)


def access_error(message: str) -> Said:
    return Said(403, "odoo.exceptions.AccessError", message)


def missing_record(model: str, number: int) -> Said:
    text = f"Record does not exist or has been deleted.\n(Record: {model}({number},), User: 5)"
    return Said(404, "odoo.exceptions.MissingError", text)


def not_found(message: str) -> Said:
    return Said(404, "werkzeug.exceptions.NotFound", message)


def bad_request(message: str) -> Said:
    return Said(400, "werkzeug.exceptions.BadRequest", message)


def unauthorized(message: str) -> Said:
    return Said(401, "werkzeug.exceptions.Unauthorized", message, headers={"www-authenticate": "Bearer"})


def value_error(message: str) -> Said:
    return Said(500, "builtins.ValueError", message)


def type_error(message: str) -> Said:
    return Said(500, "builtins.TypeError", message)


def serialization_failure() -> Said:
    return Said(500, "psycopg2.errors.SerializationFailure", CLASH)


CLASH = "could not serialize access due to concurrent update\n"
