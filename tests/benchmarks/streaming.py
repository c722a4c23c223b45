"""The memory a process needs that reads a long interchange as a stream: python streaming.py [FILE] -> MiB at most.

Without a file it tells what the process needs with everything imported and nothing read.
"""

import sys
from pathlib import Path

from translators.edifact.streams import tokenize
from translators.edifact.tokens import Tokenizer

_CHUNK = 1024 * 1024


def elements_in(path: Path) -> int:
    """Every segment split into its elements and dropped again."""
    tokenizer = Tokenizer()
    with path.open("rb") as file:
        return sum(len(segment.elements) for segment in tokenize(iter(lambda: file.read(_CHUNK), b""), tokenizer))


def most_memory() -> float:
    """The most this process has had resident, in MiB."""
    status = Path("/proc/self/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) / 1024


if __name__ == "__main__":
    if len(sys.argv) > 1:
        elements_in(Path(sys.argv[1]))
    print(most_memory())
