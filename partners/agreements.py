"""What is agreed with a partner for one kind of document in one direction."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from partners.names import Id
from translators.amounts import Duration, Size
from translators.moments import Moment

AgreedChannel = Literal["http", "as2", "sftp", "webhook", "outbox"]
"""`sftp` outbound: pushed to their server where the profile names one for it, else laid into `/out` of their mailbox.
`outbox`: they fetch it at `GET /v1/outbox`."""

AcknowledgementKind = Literal["mdn", "contrl", "aperak", "999", "997", "order_response", "receipt_advice"]


class Acknowledgement(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One answer that is owed. Inbound documents: we owe it; outbound ones: they do.

    `when`: `always`, or only `on-error` (an APERAK). `warn` before and `within` after the document's time.
    """

    kind: AcknowledgementKind
    within: Duration
    when: Literal["always", "on-error"] = "always"
    warn: Duration | None = None
    detail: Literal["receipt", "messages", "elements"] = "elements"
    """How much a CONTRL or APERAK of ours says: only that the interchange came; which messages are rejected; and every
    error with its place."""


class ControlNumbers(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """References of the interchanges we send: `prefix` and the number padded to `digits`; `first` follows `last`."""

    first: Annotated[int, Meta(ge=1, le=999_999_999)] = 1
    last: Annotated[int, Meta(ge=1, le=99_999_999_999)] = 999_999_999
    digits: Annotated[int, Meta(ge=1, le=14)] = 9
    prefix: Annotated[str, Meta(pattern="^[A-Z0-9]{0,8}$")] = ""


class Batch(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Documents that leave together in one interchange, as soon as one of these is reached."""

    documents: Annotated[int, Meta(ge=2, le=10_000)] = 100
    bytes: Size = field(default_factory=partial(Size.from_text, "1 MiB"))
    every: Duration = field(default_factory=partial(Duration.from_text, "15m"))


class Agreement(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """`document` is a canonical type such as `purchase_order`; `direction` is seen from us.

    `format` is a target of the translators (`json`, `ubl`, `edifact:ORDERS:D.96A`, `x12:850:004010`, …) and is asked of
    outbound documents; inbound it narrows what is taken.
    """

    name: Id
    document: Annotated[str, Meta(pattern="^[a-z][a-z_]*$")]
    direction: Literal["in", "out"]
    channel: AgreedChannel
    format: Annotated[str, Meta(min_length=1, max_length=100)] | None = None
    map: Annotated[str, Meta(max_length=200)] | None = None
    """A map for this partner: the name of one that ships (`orders-d96a`), or a file in `maps/` beside `profiles/`."""
    guideline: Annotated[str, Meta(max_length=200)] | None = None
    """The same for the rules a partner adds: a name that ships, or a file in `guidelines/` beside `profiles/`."""
    charset: Literal["UNOA", "UNOB", "UNOC", "UNOD", "UNOE", "UNOF", "UNOG", "UNOH", "UNOI", "UNOJ", "UNOK", "UNOL",
                     "UNOW", "UNOY"] | None = None  # fmt: skip
    syntax: Literal["1", "2", "3", "4"] | None = None
    association: Annotated[str, Meta(max_length=6)] = ""
    acknowledgements: tuple[Acknowledgement, ...] = ()
    duplicate_window: Duration = field(default_factory=partial(Duration.from_text, "366d"))
    """How long a control reference is remembered: by us of theirs, and by them of ours, so that we use none again."""
    control_numbers: ControlNumbers = ControlNumbers()
    interchange: Literal["split", "preserve"] = "split"
    """Whether each document of an interchange goes its own way, or all of them in one lane, in their order."""
    suspend: Literal["message", "all"] = "message"
    """Whether a bad message of an EDIFACT interchange stays alone, or nothing of the input is taken."""
    batch: Batch | None = None
    test: bool = False
    """Only test documents go this way: inbound a real one is refused, outbound the test indicator is set."""
    from_: Moment | None = None
    until: Moment | None = None


def in_force(
    agreements: Iterable[Agreement], *, document: str, direction: Literal["in", "out"], at: datetime
) -> Iterator[Agreement]:
    """Those about this kind of document and direction whose time it is, in the order of the profile."""
    for one in agreements:
        if (one.document, one.direction) == (document, direction) and is_in_force(one, at):
            yield one


def is_in_force(agreement: Agreement, at: datetime) -> bool:
    return (agreement.from_ is None or at >= agreement.from_.at) and (
        agreement.until is None or at < agreement.until.at
    )


def own_file(folder: Path, name: str) -> Path | None:
    """A map or guideline of a partner's own: a file in `maps/` or `guidelines/`, named with its ending; else None."""
    path = folder / name
    return path if name.endswith(".yaml") and "/" not in name and path.is_file() else None


def agreement_for(agreements: Iterable[Agreement], *, document: str, at: datetime, test: bool) -> Agreement | None:
    """How a document leaves: a test document by an agreement for tests where there is one, a real one never."""
    found = list(in_force(agreements, document=document, direction="out", at=at))
    of_tests = [one for one in found if one.test]
    rest = [one for one in found if not one.test]
    return next(iter((of_tests or rest) if test else rest), None)


def why_none(partner: str, agreements: Iterable[Agreement], *, document: str, at: datetime) -> str:
    """For whoever keeps the profile: why nothing carries a document of this kind to the partner."""
    about = [one for one in agreements if (one.document, one.direction) == (document, "out")]
    if not about:
        return f"nothing is agreed with `{partner}` for sending `{document}`"
    if any(is_in_force(one, at) for one in about):
        return f"what is agreed with `{partner}` for sending `{document}` is for tests alone"
    coming = min((one for one in about if one.from_ and one.from_.at > at), key=_begin, default=None)
    if coming is not None and coming.from_ is not None:
        return f"agreement `{coming.name}` with `{partner}` for sending `{document}` begins at {coming.from_.text}"
    last = max((one for one in about if one.until), key=_end)
    assert last.until is not None, "it is not in force, and is not to come"
    return f"agreement `{last.name}` with `{partner}` for sending `{document}` ended at {last.until.text}"


def _begin(agreement: Agreement) -> datetime:
    assert agreement.from_ is not None
    return agreement.from_.at


def _end(agreement: Agreement) -> datetime:
    assert agreement.until is not None
    return agreement.until.at
