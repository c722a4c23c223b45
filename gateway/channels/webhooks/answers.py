"""What an answer of a partner's endpoint means: of this document, or of the endpoint.

Both are failures to the specification, but not alike to who waits: a document that its receiver cannot take is tried
by the schedule of its route and then parked, an endpoint that is out costs no document an attempt.
"""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from msgspec import Struct

from gateway.egress.client import Answer

LONGEST_PAUSE = timedelta(days=1)
"""What `Retry-After` can ask for at most."""

_OF_DOCUMENT = frozenset({409, 413, 415, 422})
_OF_ENDPOINT = frozenset({401, 402, 403, 404, 405, 407, 408, 421, 425, 426, 429, 451, 502, 503, 504, 511})
_PAUSING = frozenset({429, 502, 503, 504})


class Failure(Struct, frozen=True, kw_only=True):
    """`of_document` None: the status alone does not tell. `gone`: it wants no more. `pause`: it asked for one."""

    why: str
    of_document: bool | None = None
    gone: bool = False
    pause: timedelta | None = None


def failure_of(answer: Answer, at: datetime) -> Failure | None:
    """None for a 2xx. `at` is the time of the answer (aware)."""
    status = answer.status
    if 200 <= status < 300:
        return None
    why = f"it answered {status}{_phrase(status)}"
    if 300 <= status < 400:
        return Failure(why=f"{why}: redirects are not followed, the profile names the address", of_document=False)
    if status == 410:
        return Failure(why=f"{why}: it wants no more webhooks", of_document=False, gone=True)
    if status in _OF_DOCUMENT:
        return Failure(why=why, of_document=True)
    pause = _pause(answer.header("retry-after"), at) if status in _PAUSING else None
    return Failure(why=why, of_document=False if status in _OF_ENDPOINT else None, pause=pause)


def _phrase(status: int) -> str:
    """Our word for it: theirs could be anything."""
    try:
        return f" {HTTPStatus(status).phrase}"
    except ValueError:
        return ""


def _pause(text: str | None, at: datetime) -> timedelta | None:
    """`Retry-After` in either form (RFC 9110, 10.2.3); None for what is neither, or is over."""
    if text is None:
        return None
    if text.isascii() and text.isdigit():
        pause = timedelta(seconds=min(int(text[:9]), 10**8))
    else:
        try:
            until = parsedate_to_datetime(text)
        except (ValueError, OverflowError):  # the latter for years without an end
            return None
        pause = (until if until.tzinfo is not None else until.replace(tzinfo=UTC)) - at
    return min(pause, LONGEST_PAUSE) if pause > timedelta() else None
