"""A long message takes no more memory on its whole way, from the socket to the receipt, than a short one."""

import json
import subprocess
import sys
from pathlib import Path

BENCHMARK = Path(__file__).parents[3] / "benchmarks/as2_endpoint.py"


def test_200_megabytes_are_taken_by_a_server_that_never_holds_them() -> None:
    """Signed, compressed and encrypted; in a server of its own, since the highest mark of memory never sinks. Held once
    as a whole they would be 200 MB more."""
    ran = subprocess.run(
        [sys.executable, str(BENCHMARK), "200", "--json"], capture_output=True, text=True, timeout=600, check=False
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    figures = json.loads(ran.stdout)
    assert figures["content_mb"] > 190
    assert figures["long_mb"] - figures["small_mb"] < 50
    newer = sys.version_info >= (3, 13)  # has 12 MB more before the first message
    assert figures["long_mb"] < (165 if newer else 150)
