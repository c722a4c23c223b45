"""The keeper of the house: holds the embedded servers, and ends everything when the demo goes, however it goes.

    python -m gateway.cli.demo.keeping FOLDER

A process of its own, because the demo may be killed and could then clean up nothing. It lives as long as its standard
input is open: `+123` on a line puts the process group 123 into its care, `-123` takes it out. At the end of the input
it ends the groups it still has, then the servers. It says two lines of JSON, `{}` when the folder is its own and the
URLs of the servers when they run; or one with the `problem`.
"""

import fcntl
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gateway.embedded import embedded_postgresql, embedded_valkey

PATIENCE = 15.0
"""Seconds another demo in the same folder has to end, and each process group once it was told to."""


class Occupied(Exception):  # noqa: N818 - a refusal, not a defect
    """A demo runs in this folder already."""


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Holds the folder against a second demo; waits a moment for one that is just ending. Raises Occupied."""
    with (folder / "lock").open("w") as lock:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise Occupied(
                        f"a demo is running in {folder} already; end it, or start this one elsewhere"
                    ) from None
                time.sleep(0.2)
        yield


def keep(folder: Path) -> None:
    """Until the end of the standard input."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # whoever stops the demo stops us by closing the input
    with alone_in(folder):
        print("{}", flush=True)
        with (
            embedded_postgresql(folder / "postgresql", environment="development") as database,
            embedded_valkey(folder / "valkey", environment="development") as counters,
        ):
            print(json.dumps({"database_url": database, "counters_url": counters}), flush=True)
            groups: set[int] = set()
            for line in sys.stdin:
                groups = groups | {int(line[1:])} if line.startswith("+") else groups - {int(line[1:])}
            end_groups(groups)


def end_groups(groups: set[int], *, patience: float = PATIENCE) -> None:
    """Ask, wait, then insist."""
    for group in groups:
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGTERM)
    deadline = time.monotonic() + patience
    while (groups := {group for group in groups if is_there(group)}) and time.monotonic() < deadline:
        time.sleep(0.05)
    for group in groups:
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)


def is_there(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    try:
        keep(Path(sys.argv[1]))
    except Occupied as occupied:
        print(json.dumps({"problem": str(occupied)}), flush=True)
