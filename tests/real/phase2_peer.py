"""phase2, an AS2 implementation in Java: a partner who listens and sends, and our side of HTTP as its counterpart."""

import os
import select
import subprocess
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import NamedTuple

from support.as2_keys import Holder

from tests.real.keycloak_server import CannotStart, free_ports

REPOSITORY = Path(__file__).resolve().parents[2]
_START_SECONDS = 60


class Said(NamedTuple):
    """What they make of our receipt; `-` where there is nothing."""

    disposition: str
    mic: str
    failure: str


class Phase2:
    """Plays the partner until `stop`. Raises CannotStart when it cannot be had."""

    def __init__(self, folder: Path, us: Holder, them: Holder) -> None:
        cache = os.environ.get("GATEWAY_REAL_CACHE") or str(Path.home() / ".cache" / "partner-gateway")
        fetched = subprocess.run(
            [REPOSITORY / ".ci" / "fetch-phase2", f"{cache}/phase2"], capture_output=True, text=True, check=False
        )
        if fetched.returncode:
            raise CannotStart(
                f"phase2 cannot be had: {(fetched.stderr.strip() or 'no reason is told').splitlines()[-1]}"
            )
        for name, content in (("them.key", them.key_pem), ("them.crt", them.pem), ("us.crt", us.pem)):
            (folder / name).write_bytes(content)
        self.inbox = folder / "inbox"
        self._folder = folder
        (port,) = free_ports(1)
        self.url = f"http://127.0.0.1:{port}/as2"
        self._log = (folder / "phase2.log").open("wb")
        self._process = subprocess.Popen(
            ["java", "-XX:TieredStopAtLevel=1", "-cp", fetched.stdout.strip(),
             Path(__file__).with_name("Phase2Peer.java"), folder, str(port)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, text=True,
        )  # fmt: skip
        if self._line() != "ready":
            self.stop()
            raise CannotStart(f"phase2 does not start:\n{(folder / 'phase2.log').read_text()[-2000:]}")

    def send(
        self, url: str, content: bytes, *, cipher: str, digest: str, compress: str, asynchronous_to: str = "-"
    ) -> Said:
        file = self._folder / "content"
        file.write_bytes(content)
        assert self._process.stdin is not None
        self._process.stdin.write("\t".join((url, asynchronous_to, cipher, digest, compress, str(file))) + "\n")
        self._process.stdin.flush()
        return Said(*self._line().split("\t"))

    def _line(self) -> str:
        """The next line it says; empty when it ended or says nothing in time."""
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], _START_SECONDS)
        return self._process.stdout.readline().strip() if ready else ""

    def stop(self) -> None:
        self._process.kill()
        self._process.communicate()
        self._log.close()


Answer = Callable[[list[tuple[bytes, bytes]], bytes], tuple[list[tuple[str, str]], bytes]]


class Listening:
    """An HTTP server of ours for one test: `answer` gets header lines and body of each POST."""

    def __init__(self, answer: Answer) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in self.headers.items()]
                fields, body = answer(raw, _body(self))
                self.send_response(200)
                for name, value in (*fields, ("Content-Length", str(len(body)))):
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Nothing: pytest shows what matters."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/as2"
        self._thread = Thread(target=self._server.serve_forever)

    def __enter__(self) -> "Listening":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _body(request: BaseHTTPRequestHandler) -> bytes:
    if request.headers.get("Transfer-Encoding", "").lower() != "chunked":
        return request.rfile.read(int(request.headers.get("Content-Length", 0)))
    chunks = []
    while size := int(request.rfile.readline().split(b";")[0], 16):
        chunks.append(request.rfile.read(size))
        request.rfile.readline()
    request.rfile.readline()
    return b"".join(chunks)
