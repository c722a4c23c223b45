"""The nouns of exchanges over AS2: what partners sent and what we answered, what we sent and what they answered."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

SentState = Literal["intended", "sent", "overdue", "receipted", "refused"]


class ExchangeKey(Struct, frozen=True):
    """A Message-ID is unique between one partner and one of our AS2 names; it stands without its brackets."""

    partner: str
    ours: str
    message_id: str


class Claim(Struct, frozen=True, kw_only=True):
    """What uses up a Message-ID: SHA-256 digests of the request's body, of its content and of the signer's certificate,
    and the name of the file where it has one."""

    key: ExchangeKey
    raw_digest: bytes
    content_digest: bytes
    signer: bytes | None = None
    file_name: str | None = None


class Received(Struct, frozen=True, kw_only=True):
    """A message that was proven a partner's. Until it is answered, the fields from `answered_at` on are None."""

    raw_digest: bytes
    content_digest: bytes
    answered_at: datetime | None
    message: UUID | None
    code: str | None
    disposition: str | None
    mic: str | None
    receipt: bytes | None


class ReceivedAnswer(Struct, frozen=True, kw_only=True):
    """What a message is answered: `receipt` with header and body, `reply_url` where it goes if it is asynchronous,
    `leaf` the audit's word on it."""

    leaf: bytes
    disposition: str
    message: UUID | None = None
    code: str | None = None
    mic: str | None = None
    receipt: bytes | None = None
    reply_url: str | None = None


class AnsweredExchange(Struct, frozen=True):
    """A message over AS2 with its positive answer, kept in the transaction that accepts the message."""

    claim: Claim
    answer: ReceivedAnswer


class Overtaken(Exception):  # noqa: N818 - a state of the world, not a defect
    """The Message-ID was used up while the message was judged; nothing of it was recorded. What stands is read."""


class Reply(Struct, frozen=True, kw_only=True):
    """An asynchronous receipt that we owe. `attempts` counts this one."""

    id: int
    key: ExchangeKey
    receipt: bytes
    url: str
    attempts: int
    owed_at: datetime


class Sent(Struct, frozen=True, kw_only=True):
    """A parcel on its way. `mics` are the digests a receipt may name, by algorithm."""

    key: ExchangeKey
    parcel: UUID
    mics: Mapping[str, bytes]
    receipt_signed: bool
    attempts: int
    sent_at: datetime | None
    state: SentState
    disposition: str | None
