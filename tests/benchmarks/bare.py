"""What the accept path is compared with: bare Litestar handlers that decode the same order and answer.

`/orders` is a handler as Litestar's documentation writes one: the order as typed `data`, a struct as the answer.
`/orders-as-bytes` is the leanest that Litestar allows: it takes the bytes and decodes and encodes by itself.
"""

import gc

import msgspec
from litestar import Litestar, post
from litestar.response import Response

from translators.canonical.documents import KINDS
from translators.canonical.figures import Figure, decode_figure
from translators.canonical.purchase_order import PurchaseOrder

_decode = KINDS["purchase_order/1"].decode


class Answer(msgspec.Struct):
    number: str
    lines: int


@post("/orders", status_code=202)
async def take_order(data: PurchaseOrder) -> Answer:
    return Answer(data.number, len(data.lines))


@post("/orders-as-bytes", status_code=202)
async def take_bytes(body: bytes) -> Response[bytes]:
    order = _decode(body)
    return Response(
        msgspec.json.encode(Answer(order.number, len(order.lines))), status_code=202, media_type="application/json"
    )


def create() -> Litestar:
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 1000)
    return Litestar(
        [take_order, take_bytes],
        type_decoders=[(lambda wanted: wanted is Figure, decode_figure)],
        openapi_config=None,
        logging_config=None,
    )
