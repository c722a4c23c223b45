"""A long message takes no more memory than a short one."""

import json
import subprocess
import sys
from pathlib import Path

BENCHMARK = Path(__file__).parents[4] / "benchmarks/as2_memory.py"


def test_a_long_message_passes_in_little_memory() -> None:
    """64 MB through five stages, in a process of its own, since the highest mark of memory never sinks."""
    ran = subprocess.run(
        [sys.executable, str(BENCHMARK), "64", "--json"], capture_output=True, text=True, timeout=120, check=True
    )
    for line in ran.stdout.splitlines():
        figures = json.loads(line)
        assert figures["after_mb"] - figures["before_mb"] < 12
        assert figures["after_mb"] < 150
