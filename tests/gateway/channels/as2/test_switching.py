"""Certificates that are switched early or late, overlap, and clocks that differ: nothing is lost, nothing counts twice.

What cannot be proven is refused with a receipt, and uses up nothing: the same message is taken once the profile knows.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography import x509
from msgspec.structs import replace
from support.as2_keys import Holder, holder
from support.as2_serving import As2World, as2_world, outgoing

from gateway.channels.as2.building import Built, build
from gateway.channels.as2.cms.rules import AHEAD
from gateway.ledger.ledger import Ledger
from partners.ownkeys import KeyPair
from translators.examples import example

ORDER = example("order.edi")
START = datetime.now(UTC).replace(microsecond=0)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
OLD = "certificates:\n- {use: [verify, encrypt], file: werra.pem}\n"
REFUSED, TAKEN = "processed/error: decryption-failed", "processed"


def certified(name: str, begins: timedelta = -DAY, ends: timedelta = 100 * DAY) -> Holder:
    now = datetime.now(UTC).replace(microsecond=0)  # not that of the module, which may be long past in a long run
    return holder(name, begins=now + begins, ends=now + ends)


@pytest.fixture
async def world(ledger: Ledger, tmp_path: Path) -> AsyncIterator[As2World]:
    async with as2_world(ledger, tmp_path) as opened:
        yield opened


class Switching:
    """Werra, which signs with whatever key a test gives it, by whatever clock."""

    def __init__(self, world: As2World) -> None:
        self.world = world
        self.pool = world.served.ledger._pool

    def pin(self, certificates: str, **files: Holder) -> None:
        """The whole of `certificates` in its profile here; `werra` is the one it has had."""
        for name, one in files.items():
            (self.world.files.folder / "certificates" / f"{name}.pem").write_bytes(one.pem)
        path = self.world.files.folder / "profiles" / "werra.yaml"
        text = path.read_text()
        begins, ends = text.index("certificates:"), text.index("agreements:")
        path.write_text(f"{text[:begins]}certificates:\n{certificates}\n{text[ends:]}")
        assert self.world.served.partners.reload(), self.world.served.partners.problems

    def built(self, signer: Holder | None = None, *, clock: timedelta = timedelta(), number: str = "1") -> Built:
        relation = self.world.theirs()
        relation = replace(relation, at=relation.at + clock)
        if signer is not None:
            assert not isinstance(signer.key, x509.Certificate)
            relation = replace(relation, signer=KeyPair("new", signer.key, signer.certificate))
        return build(
            outgoing(ORDER.replace(b"NL000815", f"NL{number:>06}".encode()), f"<{number}@werra.example>"), relation
        )

    async def said(self, built: Built) -> str:
        return str(self.world.receipt(await self.world.post(built)).mdn.disposition)

    async def reasons(self) -> list[str]:
        rows = await self.pool.fetch("select body from events order by tick, id")
        leaves: list[dict[str, Any]] = [msgspec.json.decode(bytes(row["body"])) for row in rows]
        return [one["detail"] for one in leaves if one["event"] == "as2.message.failed"]

    async def kept(self) -> int:
        return await self.world.served.messages_kept()


@pytest.fixture
def werra(world: As2World) -> Switching:
    return Switching(world)


def day(ahead: timedelta) -> str:
    """A moment as a profile writes it."""
    return f"{START + ahead:%Y-%m-%dT%H:%M:%SZ}"


BOTH = "- {use: [verify, encrypt], file: werra.pem}\n- {use: [verify], file: new.pem}"


async def test_one_that_switches_early_is_refused_until_the_profile_has_its_certificate(werra: Switching) -> None:
    new = certified("new")
    message = werra.built(new)
    assert [await werra.said(message) for _ in range(2)] == [REFUSED] * 2
    assert await werra.kept() == 0
    (first, _) = await werra.reasons()
    assert "which is not one of this partner's" in first
    werra.pin(BOTH, new=new)
    assert [await werra.said(message) for _ in range(2)] == [TAKEN] * 2
    assert await werra.kept() == 1


async def test_one_that_switches_before_the_day_agreed_is_refused_until_then(werra: Switching) -> None:
    new = certified("new")
    message = werra.built(new)
    werra.pin(BOTH.replace("file: new.pem", f"file: new.pem, from: {day(DAY)}"), new=new)
    assert await werra.said(message) == REFUSED
    werra.pin(BOTH.replace("file: new.pem", f"file: new.pem, from: {day(-MINUTE)}"), new=new)
    assert await werra.said(message) == TAKEN
    assert await werra.kept() == 1


async def test_while_both_hold_either_is_taken_and_the_newer_is_what_we_encrypt_to(
    werra: Switching, world: As2World
) -> None:
    new = certified("new")
    werra.pin(
        BOTH.replace("[verify]", "[verify, encrypt]").replace("new.pem", f"new.pem, from: {day(-MINUTE)}"), new=new
    )
    assert await werra.said(werra.built(number="1")) == TAKEN
    assert await werra.said(werra.built(new, number="2")) == TAKEN
    assert await werra.kept() == 2
    again = werra.built(new, number="1")  # what was sent before the switch is sent again after it
    assert await werra.said(again) == TAKEN
    assert await werra.kept() == 2
    timeline = world.served.partners.current.timeline("werra")
    assert timeline.current("encrypt", datetime.now(UTC)) == new.certificate


async def test_one_that_switches_late_is_refused_with_a_receipt_and_taken_when_the_time_is_prolonged(
    werra: Switching,
) -> None:
    new, message = certified("new"), werra.built()
    ended = BOTH.replace("file: werra.pem", f"file: werra.pem, until: {day(-MINUTE)}").replace(
        "[verify]", "[verify, encrypt]"
    )
    werra.pin(ended, new=new)
    assert await werra.said(message) == REFUSED
    assert await werra.kept() == 0
    werra.pin(ended.replace(day(-MINUTE), day(DAY)), new=new)
    assert await werra.said(message) == TAKEN
    assert await werra.kept() == 1


async def test_what_was_encrypted_to_a_key_that_we_gave_up_is_refused_and_taken_while_it_still_opens(
    werra: Switching, world: As2World
) -> None:
    """We switched; they go on with our old certificate."""
    message = werra.built()
    fresh = certified("ours")
    (world.files.ours / "fresh.key").write_bytes(fresh.key_pem)
    (world.files.ours / "fresh.crt").write_bytes(fresh.pem)
    old = "{use: [sign, decrypt], name: bergmann}"
    world.profile(f"keys: [{old}]", "keys: [{use: [sign, decrypt], name: fresh}]")
    answer = await world.post(message)
    assert answer.status_code == 200
    assert await werra.kept() == 0
    both = f"keys: [{{use: [decrypt], name: bergmann}}, {{use: [sign, decrypt], name: fresh, from: {day(-MINUTE)}}}]"
    world.profile("keys: [{use: [sign, decrypt], name: fresh}]", both)
    assert (await world.post(message)).status_code == 200
    assert await werra.kept() == 1


@pytest.mark.parametrize("clock", [-10 * MINUTE, 10 * MINUTE, -DAY / 2, DAY / 2], ids=str)
async def test_what_their_clock_says_decides_nothing(werra: Switching, clock: timedelta) -> None:
    message = werra.built(clock=clock)
    assert [await werra.said(message) for _ in range(2)] == [TAKEN] * 2
    assert await werra.kept() == 1


async def test_a_certificate_made_by_a_clock_ten_minutes_ahead_is_taken_at_once(werra: Switching) -> None:
    new = certified("new", begins=10 * MINUTE)
    werra.pin(BOTH, new=new)
    assert await werra.said(werra.built(new, clock=10 * MINUTE)) == TAKEN
    assert await werra.kept() == 1


async def test_one_further_ahead_is_refused_with_its_day_in_the_audit(werra: Switching) -> None:
    new = certified("new", begins=AHEAD + 5 * MINUTE)
    werra.pin(BOTH, new=new)
    assert await werra.said(werra.built(new, clock=AHEAD)) == REFUSED
    assert await werra.kept() == 0


async def test_the_end_of_a_certificate_is_exact(werra: Switching) -> None:
    """Whatever their clock says: that is how a key is given up."""
    old = certified("old", begins=-2 * DAY, ends=-MINUTE)
    werra.pin(BOTH, new=old)
    assert await werra.said(werra.built(old, clock=-10 * MINUTE)) == REFUSED
    assert await werra.kept() == 0
