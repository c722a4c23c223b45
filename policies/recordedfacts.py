"""The facts of a judged message as the ledger keeps them, so that other rules can judge it again.

MessagePack, by position: `[request, [document without its request, ...]]`. Facts that came after a message was recorded
read as their defaults.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from policies.facts import DocumentFacts, RequestFacts

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[RequestFacts, list[list[Any]]]).decode
_values = msgspec.structs.astuple


def encode_facts(request: RequestFacts, documents: Sequence[DocumentFacts]) -> bytes:
    """All documents share `request`, which is kept once."""
    return _encode((request, [_values(document)[1:] for document in documents]))


def decode_facts(kept: bytes) -> tuple[RequestFacts, tuple[DocumentFacts, ...]]:
    """Raises msgspec.ValidationError for bytes that `encode_facts` did not make."""
    request, documents = _decode(kept)
    return request, tuple(msgspec.convert((request, *document), DocumentFacts) for document in documents)
