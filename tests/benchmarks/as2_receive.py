"""Receiving AS2 messages of 4 KB, signed and encrypted, each answered by a signed receipt, on one core.

    python tests/benchmarks/as2_receive.py [--messages 200] [--rounds 9] [--cipher aes-256-gcm] [--profile] [--json]

What is measured is all that is computed for one message: headers, decryption, the signature by a pinned certificate,
the message integrity check, the receipt and its signature. Beside it, in alternating rounds of the same run, the three
RSA operations that no receiver can do without (decrypt the key, verify, sign; 2048 bits), by `cryptography` alone.
Figures are CPU time, the ratio is that of the medians. The aim: 400 messages a second and core on a quiet machine.
"""

import argparse
import cProfile
import hashlib
import json
import os
import pstats
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # as pytest does

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from support.as2_keys import holder
from support.as2_receiving import receive
from support.as2_worlds import ours, theirs

from gateway.channels.as2.building import Built, Outgoing, build
from gateway.channels.as2.cms.algorithms import Transport
from gateway.channels.as2.cms.recipients import padding_of

BYTES = 4096


def message(number: int, cipher: str) -> Built:
    """An order of 4 KB that no other message has."""
    content = f"UNB+UNOA:2+NORDWIND+WERK+260314:0926+{number}'".encode() + os.urandom(BYTES // 2).hex().encode()
    outgoing = Outgoing(
        message_id=f"<{number}@nordwind.example>", content=content[:BYTES], media_type="application/edifact",
        file_name="orders.edi", receipt_url="https://as2.nordwind.example/mdn",
    )  # fmt: skip
    return build(outgoing, theirs(send={"cipher": cipher}))


def bare() -> Callable[[], None]:
    """The RSA of one message: nothing else."""
    us, them = holder("us").key, holder("them").key
    assert isinstance(us, RSAPrivateKey)
    assert isinstance(them, RSAPrivateKey)
    padding = padding_of(Transport.RSA_OAEP_SHA256)
    sealed = us.public_key().encrypt(os.urandom(32), padding)
    content = hashlib.sha256(b"content").digest()
    signature = them.sign(content, PKCS1v15(), SHA256())
    public = them.public_key()

    def operations() -> None:
        us.decrypt(sealed, padding)
        public.verify(signature, content, PKCS1v15(), SHA256())
        us.sign(content, PKCS1v15(), SHA256())

    return operations


def seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def measure(messages: int, rounds: int, cipher: str) -> dict[str, float]:
    """Medians in µs of CPU a message, and the ratio of the two."""
    relation, operations = ours(), bare()
    came = [message(number, cipher) for number in range(messages)]
    requests = [([(name.encode(), text.encode()) for name, text in one.headers], one.body) for one in came]

    def receive_all() -> None:
        for raw, body in requests:
            receive(raw, body, relation)

    def operate() -> None:
        for _ in requests:
            operations()

    seconds(receive_all), seconds(operate)
    pairs = [(seconds(receive_all), seconds(operate)) for _ in range(rounds)]
    whole, rsa = (statistics.median(pair[which] for pair in pairs) / messages for which in (0, 1))
    return {
        "received_per_s": round(1 / whole), "bare_rsa_per_s": round(1 / rsa), "ratio": round(whole / rsa, 2),
        "received_us": round(whole * 1e6), "bare_rsa_us": round(rsa * 1e6),
    }  # fmt: skip


def profile(cipher: str) -> None:
    relation = ours()
    came = [message(number, cipher) for number in range(300)]
    requests = [([(name.encode(), text.encode()) for name, text in one.headers], one.body) for one in came]
    with cProfile.Profile() as clock:
        for raw, body in requests:
            receive(raw, body, relation)
    pstats.Stats(clock).sort_stats("tottime").print_stats(30)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--cipher", default="aes-256-gcm")
    parser.add_argument("--profile", action="store_true", help="where the time goes instead")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    if chosen.profile:
        profile(chosen.cipher)
        return
    figures = measure(chosen.messages, chosen.rounds, chosen.cipher)
    if chosen.json:
        print(json.dumps({"cipher": chosen.cipher, "messages": chosen.messages, **figures}))
    else:
        spent = f"{figures['received_us']} against {figures['bare_rsa_us']} µs of CPU"
        print(
            f"{figures['received_per_s']} messages/s by {chosen.cipher}, {figures['ratio']} times their RSA ({spent})"
        )


if __name__ == "__main__":
    main()
