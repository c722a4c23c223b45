"""Rules change while messages come in: every message is answered, and each is judged by one set, whole.

Every set differs from the one before it in three places that a message passes at three times: the limit counted before
its body is read, the grant that is asked with it, and where it goes. What a message met must all be of the revision
that its receipt names. tests/benchmarks/reloads.py does the same to a gateway in a process of its own, as long as
wanted.
"""

import asyncio
import itertools
import re
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from support.serving import Served, an_order, serving

from gateway.ledger.ledger import Ledger
from policies.live import LivePolicies
from policies.recordedfacts import decode_facts

RELOADS = 200
SENDERS = 4
PLANTS = ("odoo", "recording")


@pytest.fixture
async def served(ledger: Ledger, tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(ledger, tmp_path) as api:
        access = tmp_path / "rules" / "access.yaml"
        text = access.read_text().replace("destinations: [odoo]", "destinations: [odoo, recording]")
        access.write_text(text)
        yield api


def rewrite(rules: Path, number: int) -> None:
    """The set of this number: its limit and its grant carry the number, its orders go where even or odd sets send."""
    edits = {
        "limits.yaml": (r"name: standard-requests[-0-9]*", f"name: standard-requests-{number}"),
        "access.yaml": (r"name: distributors-send-orders[-0-9]*", f"name: distributors-send-orders-{number}"),
        "routing.yaml": (
            r"destination: (odoo|recording)\n  operation: sale_order",
            f"destination: {PLANTS[number % 2]}\n  operation: sale_order",
        ),
    }
    for name, (pattern, text) in edits.items():
        path = rules / name
        written, times = re.subn(pattern, text, path.read_text(), count=1)
        assert times == 1, name
        path.write_text(written)


async def keep_sending(served: Served, ids: "itertools.count[int]", answers: list[tuple[int, dict[str, str], bytes]],
                       done: asyncio.Event) -> None:  # fmt: skip
    while not done.is_set():
        content = msgspec.json.encode(an_order(number=f"PO-{next(ids)}"))
        headers = {"content-type": "application/json", **served.aurora()}
        answer = await served.client.post("/v1/documents", content=content, headers=headers)
        answers.append((answer.status_code, dict(answer.headers), answer.content))


async def reload_often(policies: LivePolicies, rules: Path) -> dict[str, int]:
    """The number of every set by its revision; the same code that watches the files reads them, in a thread."""
    numbers: dict[str, int] = {}
    for number in range(1, RELOADS + 1):
        rewrite(rules, number)
        assert await asyncio.to_thread(policies.reload), policies.problems
        numbers[policies.current.revision] = number
    return numbers


async def test_two_hundred_reloads_lose_no_request_and_mix_no_sets(
    served: Served, ledger: Ledger, tmp_path: Path
) -> None:
    rewrite(tmp_path / "rules", 0)
    assert served.policies.reload()
    numbers = {served.policies.current.revision: 0}
    answers: list[tuple[int, dict[str, str], bytes]] = []
    ids, done = itertools.count(), asyncio.Event()
    sending = [asyncio.create_task(keep_sending(served, ids, answers, done)) for _ in range(SENDERS)]
    numbers |= await reload_often(served.policies, tmp_path / "rules")
    done.set()
    await asyncio.gather(*sending)

    assert [answer for answer in answers if answer[0] != 202] == [], "a request was lost"
    assert len(answers) >= RELOADS, "the traffic was not steady"
    assert len(numbers) == RELOADS + 1
    seen = set()
    for _, headers, content in answers:
        accepted = msgspec.json.decode(content)
        statement = msgspec.json.decode(accepted["statement"])
        number = numbers[statement["policy"]]
        seen.add(number)
        assert f'"standard-requests-{number}"' in headers["ratelimit-policy"], "the limit was of another set"
        assert statement["destinations"] == [PLANTS[number % 2]], "the route was of another set"
        judged = await ledger.judged_one(UUID(accepted["message"]))
        assert judged is not None
        assert judged.policy_revision == statement["policy"]
        assert decode_facts(judged.facts)[1]
    assert len(seen) > RELOADS // 4, "the traffic saw too few of the sets to prove anything"
