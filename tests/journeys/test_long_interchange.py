"""A long interchange through processes as they run in production: received over a socket, divided by a worker that is
killed meanwhile, written down order by order."""

import json
import os
import re
import subprocess
import time

import pytest
from faults.ground import Ground, gateway, ground
from support.long_messages import send, with_partner

from gateway.channels.as2.cms.algorithms import Cipher

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600), pytest.mark.xdist_group("processes")]
ORDERS = 1500
"""Some 12 MB with their texts: more than is read at once."""


def test_every_order_of_it_arrives_once_and_in_order_though_workers_are_killed() -> None:
    with ground() as place:
        theirs = with_partner(place)
        place.start()
        size, _ = send(place, 1, ORDERS, theirs, Cipher.AES_256_GCM)
        assert size > 10 * 1024 * 1024
        place.workers[0].kill()
        place.workers[0].start()
        numbers = _written(place)
        assert numbers == [f"PO-{number:07d}" for number in range(1, ORDERS + 1)]
        balance = subprocess.run(
            gateway("message", "balance"), cwd=place.folder, capture_output=True, text=True, check=False, timeout=120,
            env=os.environ | place.environment,
        )  # fmt: skip
        assert json.loads(balance.stdout)["imbalance"] == 0, balance.stdout + balance.stderr


def _written(place: Ground, seconds: float = 300) -> list[str]:
    """The numbers of the orders, as the destination got them."""
    ends, found = time.monotonic() + seconds, ""
    while time.monotonic() < ends:
        found = place.effects.read_text() if place.effects.exists() else ""
        if found.count("\n") >= ORDERS:
            return re.findall(r"PO-\d{7}", "\n".join(json.loads(line)["key"] for line in found.splitlines()))
        time.sleep(1)
    raise AssertionError(f"{found.count(chr(10))} orders after {seconds} s\n{place.logs()[-3000:]}")
