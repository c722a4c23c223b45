"""What the accept path is compared with: a bare Litestar handler that decodes the same order and answers."""

import gc

import msgspec
from litestar import Litestar, post
from litestar.response import Response

from translators.canonical.documents import KINDS

_decode = KINDS["purchase_order/1"].decode


class Answer(msgspec.Struct):
    number: str
    lines: int


@post("/orders", status_code=202)
async def take_order(body: bytes) -> Response[bytes]:
    order = _decode(body)
    return Response(
        msgspec.json.encode(Answer(order.number, len(order.lines))), status_code=202, media_type="application/json"
    )


def create() -> Litestar:
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 1000)
    return Litestar([take_order], openapi_config=None, logging_config=None)
