"""A receiver's word on what it fetched, and what is said back."""

import asyncio
import re
from typing import Any, Literal

import msgspec
from litestar.response import Response
from msgspec import Struct

from gateway.channels.http.bodies import LATE, read_body
from gateway.channels.http.heads import HttpRequest
from gateway.channels.http.problems import refuse
from gateway.submissions import Rejection

MOST_WORD = 16 * 1024
_LIKE = 'send {"verdict": "accepted", "reference": "your name for it"}, or {"verdict": "rejected", "text": "why"}'
_MISSING = re.compile(r"Object missing required field `(\w+)`")
_UNKNOWN = re.compile(r"Object contains unknown field `([^`]{0,60})")
_WRONG = re.compile(r" - at `\$\.(\w+)`")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


class Acknowledgement(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`accepted`: the receiver has it, durably. `rejected`: it never will; `text` says why to our operators.

    `reference` is the receiver's own name for it.
    """

    verdict: Literal["accepted", "rejected"]
    reference: str = ""
    text: str = ""

    def __post_init__(self) -> None:
        if _CONTROL.search(self.reference) or _CONTROL.search(self.text):  # U+0000 cannot even be stored
            raise ValueError("`reference` and `text` are without control characters")
        if self.verdict == "rejected" and not self.text.strip():
            raise ValueError("a rejection says why in `text`")

    @property
    def word(self) -> str:
        return (self.reference or self.text)[:200]


async def read_acknowledgement(request: HttpRequest, seconds: float) -> Acknowledgement | Response[bytes]:
    """The word, or the answer that refuses it."""
    try:
        async with asyncio.timeout(seconds):
            content = await read_body(request.receive, None, MOST_WORD)
    except TimeoutError:
        return refuse(request, LATE)
    if isinstance(content, Rejection):
        return refuse(request, content)
    try:
        return msgspec.json.decode(content, type=Acknowledgement)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        text = _in_words(str(error)) if isinstance(error, msgspec.ValidationError) else "the body is not JSON"
        return refuse(request, Rejection(code="request.malformed", text=text, act=_LIKE))


def _in_words(said: str) -> str:
    """What the decoder says, without the names of its types."""
    if said.startswith("Expected `object`"):
        return "the body is one JSON object"
    missing, unknown, wrong = _MISSING.match(said), _UNKNOWN.match(said), _WRONG.search(said)
    if missing is not None:
        return f"`{missing[1]}` is missing; it is `accepted` or `rejected`"
    if unknown is not None:
        return f"`{unknown[1]}` is no field of an acknowledgement; it has `verdict`, `reference` and `text`"
    if wrong is not None and said.startswith(("Expected", "Invalid")):
        return f"`{wrong[1]}`: {'`accepted` or `rejected`' if wrong[1] == 'verdict' else 'text'} is expected"
    return said.partition(" - at `")[0]


def answer_acknowledgement(
    request: HttpRequest, said: str, what: str, id_: str, word: Acknowledgement, missing: Rejection
) -> Response[bytes]:
    """`what` is `delivery` or `parcel`; `missing` is said of one that is not the receiver's."""
    if said == "unknown":
        return refuse(request, missing)
    if said == "contradicted":
        text = f"this {what} was acknowledged the other way before; the first word stands"
        return refuse(request, Rejection(code="delivery.contradicted", text=text, act="ask our operators"))
    answer: dict[str, Any] = {what: id_, "verdict": word.verdict, "repeated": said == "repeated"}
    return Response(msgspec.json.encode(answer), media_type="application/json")
