"""An acknowledgement (UN/EDIFACT CONTRL and APERAK, OAGIS ConfirmBOD, UBL ApplicationResponse). Key: sender, number.

Four levels: the bytes arrived (transport), they can be read (syntax), they can be used (application), we agree
(business). An acknowledgement is never acknowledged.
"""

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, Struct

from translators.canonical.parties import Party
from translators.canonical.references import Note, Ref
from translators.canonical.rules import check_numbers
from translators.canonical.times import LocalTime

Result = Literal["received", "accepted", "accepted_with_errors", "partly_accepted", "rejected"]


class AckError(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is wrong. `path` is where: `LIN+4/C212.7140`, an XPath or a JSON pointer, as the level below writes it."""

    code: str | None = None
    text: str | None = None
    path: str | None = None
    severity: Literal["error", "warning", "information"] = "error"

    def __post_init__(self) -> None:
        if not self.code and not self.text:
            raise ValueError("an error needs a code or a text")


class AckSubject(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is acknowledged: an interchange, a group or message in it, a document, or several of these to be exact."""

    interchange: str | None = None
    group: str | None = None
    message: str | None = None
    type: str | None = None
    """In the words of its format, as in `ORDERS D.96A`."""
    document: Ref | None = None

    def __post_init__(self) -> None:
        if not self.interchange and not self.group and not self.message and self.document is None:
            raise ValueError("say what is acknowledged: `interchange`, `group`, `message` or `document`")


class AckPart(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The verdict on one message of an interchange, or one line of a document; `number` is its key here."""

    number: Annotated[str, Meta(min_length=1)]
    subject: AckSubject
    result: Result
    errors: tuple[AckError, ...] = ()

    def __post_init__(self) -> None:
        check_verdict(self.result, self.errors)


class Ack(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="kind",
    tag="ack/1",
):
    """One acknowledgement, with a verdict on the whole and, where given, on its parts."""

    number: Annotated[str, Meta(min_length=1)]
    level: Literal["transport", "syntax", "application", "business"]
    issued_on: date
    issued_time: LocalTime | None = None
    sender: Party
    receiver: Party
    subject: AckSubject
    result: Result
    errors: tuple[AckError, ...] = ()
    parts: tuple[AckPart, ...] = ()
    references: tuple[Ref, ...] = ()
    notes: tuple[Note, ...] = ()
    ext: dict[str, str] | None = None

    def __post_init__(self) -> None:
        check_verdict(self.result, self.errors)
        check_numbers(self.parts, "parts")
        against = {"accepted": ("rejected", "partly_accepted"), "rejected": ("accepted", "accepted_with_errors")}
        for part in self.parts:
            if part.result in against.get(self.result, ()):
                text = f"part `{part.number[:35]}` is {part.result} although the whole is {self.result}"
                raise ValueError(text)


def check_verdict(result: str, errors: tuple[AckError, ...]) -> None:
    """Raise ValueError when errors and verdict contradict each other."""
    if result in ("accepted", "received") and any(error.severity == "error" for error in errors):
        raise ValueError(f"`result` is {result}, but `errors` holds errors; use accepted_with_errors or rejected")
