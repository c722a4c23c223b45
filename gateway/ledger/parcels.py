"""Parcels: what leaves for a partner as one unit, made once and kept before it is carried."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg
from msgspec import Struct

from gateway.ledger.controlnumbers import References, Series

ParcelState = Literal["kept", "offered", "delivered", "refused", "cancelled"]
"""`kept`: not yet carried; `offered`: it lies ready, or their word is still to come; then what they said."""

Member = tuple[UUID, int]
"""A delivery: its message and its number there."""


class Expected(Struct, frozen=True):
    """An answer the partner will owe us; seconds after the parcel lies with it."""

    kind: str
    within: float
    warn: float | None = None


class NewParcel(Struct, frozen=True, kw_only=True):
    """What is to be kept, but for its content, which needs the references. `series` None: the format has none.

    `gathered`: its members waited for each other, so it is carried by itself.
    """

    id: UUID
    partner: str
    agreement: str
    carrier: str
    document_types: tuple[str, ...]
    members: tuple[Member, ...]
    made_at: datetime
    series: Series | None = None
    not_again_after: datetime | None = None
    """A control number that was used after this moment is not used again."""
    test: bool = False
    traceparent: str | None = None
    gathered: bool = False
    expects: tuple[Expected, ...] = ()


class Made(Struct, frozen=True, kw_only=True):
    """The content of a parcel, as the partner will have it."""

    content: bytes
    media_type: str
    file_name: str


class KeptParcel(Struct, frozen=True, kw_only=True):
    """A parcel as it is kept. `content` is empty when it was not asked for, or its time is over (`erased`)."""

    id: UUID
    position: int
    partner: str
    agreement: str
    carrier: str
    document_types: tuple[str, ...]
    members: tuple[str, ...]
    """Deliveries, each `<message id>.<number>`."""
    control_number: str | None
    media_type: str
    file_name: str
    test: bool
    traceparent: str | None
    made_at: datetime
    state: ParcelState
    changed_at: datetime
    attempts: int
    due_at: datetime | None
    reference: str | None
    last_error: str | None
    hidden_until: datetime | None
    fetched: int
    erased: bool
    again: bool
    content: bytes = b""
    maybe_carried: bool = False


class NotKept(Exception):  # noqa: N818 - a state of the world, not a defect
    """The parcel was not kept: one of its members is in another by now, or was given up."""


def members_of(parcel: KeptParcel) -> list[Member]:
    return [(UUID(text.partition(".")[0]), int(text.partition(".")[2])) for text in parcel.members]


def kept_parcel(row: asyncpg.Record, content: bytes | None = None, *, maybe_carried: bool = False) -> KeptParcel:
    """Of a row of `parcels` with its `members`."""
    same = set(KeptParcel.__struct_fields__) - {"document_types", "members", "erased", "content", "maybe_carried"}
    return KeptParcel(
        **{name: row[name] for name in same},
        document_types=tuple(row["document_types"]),
        members=tuple(row["members"] or ()),
        erased=row["content_erased_at"] is not None,
        content=content or b"",
        maybe_carried=maybe_carried,
    )


def owner_of(partner: str) -> str:
    """Under whom the content of a partner's parcels is sealed; no sender is called so."""
    return f"to:{partner}"


def columns(members: Sequence[Member]) -> tuple[list[UUID], list[int]]:
    return [message for message, _ in members], [number for _, number in members]


__all__ = ["KeptParcel", "Made", "Member", "NewParcel", "NotKept", "ParcelState", "References", "Series"]
