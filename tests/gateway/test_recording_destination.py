"""The recording stand-in: each effect once, across attempts, restarts and processes; and it misbehaves as told."""

from pathlib import Path

import msgspec

from gateway.destinations.contract import Absent, Delivered, Delivery, Refused, Unknown
from gateway.destinations.recording import RecordingDestination


def a_delivery(number: int = 1) -> Delivery:
    return Delivery(
        id=f"m.{number}", message_id="m", document_number=1, document_type="purchase_order", destination="recording",
        operation="record", lane="a", sender="nordlicht", business_key=f"b|{number}", external_id=f"gw.{number}",
        body=b"{}",
    )  # fmt: skip


def effects(file: Path) -> list[str]:
    return [msgspec.json.decode(line)["external_id"] for line in file.read_bytes().splitlines()]


async def test_an_effect_is_written_once_however_often_it_is_delivered(tmp_path: Path) -> None:
    file = tmp_path / "recorded" / "effects"
    recording = RecordingDestination("recording", file)
    await recording.start()
    for _ in range(3):
        assert await recording.deliver(a_delivery()) == Delivered(reference="gw.1")
    await recording.close()
    assert effects(file) == ["gw.1"]
    assert msgspec.json.decode(file.read_bytes()) == {
        "external_id": "gw.1", "delivery": "m.1", "lane": "a", "key": "b|1"
    }  # fmt: skip


async def test_after_a_restart_it_knows_what_it_has_done(tmp_path: Path) -> None:
    for _ in range(2):
        recording = RecordingDestination("recording", tmp_path / "effects")
        await recording.start()
        await recording.deliver(a_delivery())
        assert await recording.verify(a_delivery()) == Delivered(reference="gw.1")
        assert await recording.verify(a_delivery(2)) == Absent()
        await recording.close()
    assert effects(tmp_path / "effects") == ["gw.1"]


async def test_two_workers_on_one_file_have_each_effect_once(tmp_path: Path) -> None:
    one, other = (RecordingDestination("recording", tmp_path / "effects") for _ in range(2))
    await one.start()
    await other.start()
    for number in range(10):
        await (one if number % 2 else other).deliver(a_delivery(number))
    for number in range(10):
        assert await one.verify(a_delivery(number)) == Delivered(reference=f"gw.{number}")
        await one.deliver(a_delivery(number))
        await other.deliver(a_delivery(number))
    assert effects(tmp_path / "effects") == [f"gw.{number}" for number in range(10)]
    await one.close()
    await other.close()


async def test_a_line_that_is_still_being_written_is_no_effect_yet(tmp_path: Path) -> None:
    file = tmp_path / "effects"
    recording = RecordingDestination("recording", file)
    await recording.start()
    with file.open("ab") as other:
        other.write(b'{"external_id":"gw.1"')
        other.flush()
        assert await recording.verify(a_delivery()) == Absent()
        other.write(b"}\n")
    assert await recording.verify(a_delivery()) == Delivered(reference="gw.1")
    await recording.close()


async def test_a_mishap_comes_instead_of_the_effect_or_after_it() -> None:
    instead = RecordingDestination("recording", mishap=lambda _: Refused(code="no", why="never"))
    assert await instead.deliver(a_delivery()) == Refused(code="no", why="never")
    assert instead.effects == []
    after = RecordingDestination("recording", mishap=lambda _: Unknown(why="cut"), after_effect=True)
    assert await after.deliver(a_delivery()) == Unknown(why="cut")
    assert after.effects == ["gw.1"]
    assert await after.verify(a_delivery()) == Delivered(reference="gw.1")
