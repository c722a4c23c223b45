"""One program of the demo: a process with a log of its own, in a process group of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import httpx

STOP_SECONDS = 15.0
READY_SECONDS = 60.0


class DidNotStart(Exception):  # noqa: N818 - a state of the world, not a defect
    """A program of the demo ended or did not answer; the text shows the end of its log."""


class Program:
    """Started at once. `module` is run by this very Python; its output goes to `log`."""

    def __init__(self, name: str, module: str, arguments: Sequence[str], *, log: Path, env: Mapping[str, str]) -> None:
        self.name = name
        self._log = log
        self._command = [sys.executable, "-P", "-m", module, *arguments]  # -P: the current folder is not imported from
        self._env = dict(env)
        self._process = self._started()

    def _started(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as output:
            return subprocess.Popen(  # noqa: S603 - our own modules
                self._command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=self._env,
                start_new_session=True,
            )  # fmt: skip

    def start_again(self) -> None:
        """Nothing of its old group is left."""
        self.stop()
        self._process = self._started()

    @property
    def group(self) -> int:
        """Its process group; Ctrl-C at the terminal does not reach it, so that we stop things in order."""
        return self._process.pid

    def wait_until_answers(self, url: str) -> None:
        """Until a GET of `url` is answered 200. Raises DidNotStart."""
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            self.check()
            with suppress(httpx.TransportError):
                if httpx.get(url, timeout=5.0).status_code == 200:
                    return
            time.sleep(0.05)
        raise DidNotStart(
            f"{self.name} does not answer at {url} after {READY_SECONDS:.0f} s; its log ends:\n{self._tail()}"
        )

    def wait_until_listens(self, host: str, port: int) -> None:
        """Until a connection is taken. Raises DidNotStart."""
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            self.check()
            with suppress(OSError), socket.create_connection((host, port), timeout=5.0) as one:
                one.settimeout(5.0)
                if one.recv(4) == b"SSH-":
                    return
            time.sleep(0.05)
        raise DidNotStart(
            f"{self.name} does not listen on port {port} after {READY_SECONDS:.0f} s; its log ends:\n{self._tail()}"
        )

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def check(self) -> None:
        """Raises DidNotStart when it has ended by itself."""
        status = self._process.poll()
        if status is not None:
            raise DidNotStart(f"{self.name} ended with status {status}; its log ends:\n{self._tail()}")

    def stop(self) -> None:
        """Ask it to end, wait, insist; nothing of its group is left."""
        with suppress(ProcessLookupError):
            os.killpg(self.group, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_SECONDS)
        with suppress(ProcessLookupError):
            os.killpg(self.group, signal.SIGKILL)
        self._process.wait()

    def _tail(self, lines: int = 15) -> str:
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-lines:])
