"""What each error means to the people at the other end; the page at /errors/<code> and the reference are made of it."""

import tomllib
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from gateway.errors import Actor


class Explanation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`meaning` is what the error says, `cause` what it usually comes from, `action` what to do about it.

    Sentences for people who do not know our code; words in backticks stand in the wire format.
    """

    meaning: str
    cause: str
    action: str


EXPLANATIONS: Final[dict[str, Explanation]] = msgspec.convert(
    tomllib.loads((Path(__file__).parent / "errortexts.toml").read_text(encoding="utf-8")), dict[str, Explanation]
)
"""By the codes of errors.py, in their order; a test proves that none lacks its text and none is left over."""

ACTORS: Final[dict[Actor, str]] = {
    "sender": "You, the sender",
    "receiver": "The company you send to; tell your contact there",
    "operator": "The operators of this gateway or of the token issuer",
}
