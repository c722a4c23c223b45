"""A partner that speaks AS2, played by the demo: an address that listens, keys of its own, and orders it sends.

Its side is made of the product's own parts, with its own keys: what it checks, any AS2 product checks.
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from email.utils import make_msgid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

import httpx
from msgspec import Struct
from msgspec.structs import replace

from gateway.channels.as2.building import Outgoing, build, build_receipt, station_headers
from gateway.channels.as2.cms.rules import Caps
from gateway.channels.as2.dispositions import PROCESSED, Disposition
from gateway.channels.as2.headers import read_headers
from gateway.channels.as2.mdn import Mdn, Receipted, read_mdn
from gateway.channels.as2.mime import outermost
from gateway.channels.as2.receipts import Accepted, Expected, judge_receipt
from gateway.channels.as2.refusing import Unacceptable
from gateway.channels.as2.relation import Relation
from gateway.channels.as2.unwrapping import Opened, Unwrapping
from gateway.channels.as2.windows import Spools, held
from gateway.cli.demo.documents import Content
from gateway.cli.demo.telling import NotAsTold, expect
from partners.as2relations import As2Receive


class Received(Struct, frozen=True):
    """What the gateway sent: its content, and the name of its file."""

    content: bytes
    file_name: str | None


class As2Partner:
    """Listens while it is open. `relation` gives the agreement seen from its side, as it is now."""

    def __init__(self, relation: Callable[[], Relation], address: tuple[str, int]) -> None:
        self._relation = relation
        self.received: list[Received] = []
        self._server = ThreadingHTTPServer(address, _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}/as2"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    def send(self, url: str, content: Content, file_name: str) -> Mdn:
        """Signed and encrypted as agreed; the receipt, once it has been found to be one for these very bytes."""
        message_id = make_msgid(domain="werra.example")
        outgoing = Outgoing(
            message_id=message_id,
            content=content.content,
            media_type=content.media_type,
            file_name=file_name,
            receipt_url="",
        )
        built = build(outgoing, self._relation())
        answer = httpx.post(url, headers=list(built.headers), content=built.body, timeout=30.0)
        expect(f"the answer of {url}", 200, answer.status_code)
        with Spools() as spools:
            opened = _open(answer.headers.items(), answer.content, _for_receipts(self._relation()), spools)
            mdn = read_mdn(opened.payload, spools)
        judged = judge_receipt(mdn, Expected(message_id, built.mics, signed=True), verified=opened.signer is not None)
        if not isinstance(judged, Accepted):
            raise NotAsTold("the receipt", "signed, positive, for these bytes", judged)
        return mdn

    def take(self, fields: Sequence[tuple[str, str]], body: bytes) -> tuple[list[tuple[str, str]], bytes]:
        """Open what came, keep it, and answer with a signed receipt. Raises Unacceptable."""
        headers = read_headers((name.encode(), value.encode("latin-1")) for name, value in fields)
        with Spools() as spools:
            opened = _open(fields, body, self._relation(), spools)
            assert opened.signer is not None
            about = Receipted(
                message_id=headers.message_id,
                sender=headers.sender,
                receiver=headers.receiver,
                subject=headers.subject,
                date=headers.date,
                disposition=Disposition(PROCESSED),
                mic=opened.measured.mic(opened.signer.digest_algorithm),
            )
            self.received.append(Received(opened.content.read(), opened.file_name))
        answer = build_receipt(about, self._relation(), is_signed=True)
        station = station_headers(self._relation(), make_msgid(domain="werra.example"))
        return [*station, ("Content-Type", answer.content_type)], answer.body


def _open(fields: Iterable[tuple[str, str]], body: bytes, relation: Relation, spools: Spools) -> Opened:
    return Unwrapping(outermost(_lower(fields), held(body)), relation, spools, Caps()).open()


def _lower(fields: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name.lower(), value) for name, value in fields]


def _for_receipts(relation: Relation) -> Relation:
    """A receipt is signed and not encrypted, whatever is agreed for messages."""
    return replace(relation, agreed=replace(relation.agreed, receive=As2Receive(encrypted=False)))


def _handler(partner: As2Partner) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            try:
                fields, answer = partner.take(self.headers.items(), body)
            except Unacceptable as refused:
                self.send_error(400, refused.code)
                return
            self.send_response(200)
            for name, value in (*fields, ("Content-Length", str(len(answer)))):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """The story is told by the demo."""

    return Handler
