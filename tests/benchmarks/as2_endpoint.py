"""How much memory the gateway takes for one long message: `python tests/benchmarks/as2_endpoint.py [MEGABYTES]`.

A gateway of its own, with its database, gets one small message and then one of as many megabytes, signed, compressed
and encrypted, over its socket; both are answered by a signed receipt after they are on record. The figures are of the
server's processes: the highest resident memory of the largest one after each, in MB, and the seconds until the receipt
(`--json` for programs). The aim: 1 GB within 150 MB.
"""

import json
import re
import sys
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))  # as pytest does

from faults.ground import Ground, ground
from support.long_interchanges import orders
from support.long_messages import MEGABYTE, NOISE, send, with_partner

from gateway.channels.as2.cms.algorithms import Cipher


def peak(place: Ground) -> float:
    """MB of the process of the server that had most."""
    server = psutil.Process(place.server.pid)
    marks = [Path(f"/proc/{one.pid}/status").read_text() for one in (server, *server.children(recursive=True))]
    return max(round(int(re.search(r"VmHWM:\s+(\d+)", mark)[1]) / 1024, 1) for mark in marks)  # type: ignore[index]


def measure(megabytes: int, cipher: Cipher) -> dict[str, float]:
    with ground() as place:
        theirs = with_partner(place)
        place.workers.clear()
        place.start()
        send(place, 1, 1, theirs, cipher)
        small = peak(place)
        one = sum(len(chunk) for chunk in orders(1, noise=NOISE))
        size, took = send(place, 2, max(2, megabytes * MEGABYTE // one), theirs, cipher)
        return {"small_mb": small, "long_mb": peak(place), "content_mb": round(size / MEGABYTE, 1), "receipt_s": took}


def main(arguments: list[str]) -> None:
    megabytes = next((int(word) for word in arguments if word.isdigit()), 1024)
    for cipher in (Cipher.AES_256_GCM, Cipher.AES_256_CBC) if "--both" in arguments else (Cipher.AES_256_GCM,):
        figures = measure(megabytes, cipher)
        if "--json" in arguments:
            print(json.dumps({"cipher": cipher, **figures}))
        else:
            print(
                f"{figures['content_mb']} MB by {cipher}: at most {figures['long_mb']} MB resident, "
                f"{figures['small_mb']} after a small message; the receipt after {figures['receipt_s']:.1f} s"
            )


if __name__ == "__main__":
    main(sys.argv[1:])
