"""One file for each delivery: whole, flushed, the same for a repetition."""

import os
from pathlib import Path

import pytest

from plant_bridge.inbox import Inbox, NotKept

ID = "01a2092d-cc94-7b75-8a69-d58651964bfc.1"


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    return Inbox(tmp_path / "inbox")


def test_a_document_becomes_a_file_named_after_its_delivery(inbox: Inbox) -> None:
    file = inbox.keep(ID, b'{"number":"LS-1"}')
    assert file == inbox.folder / f"{ID}.json"
    assert file.read_bytes() == b'{"number":"LS-1"}'
    assert list(inbox.folder.iterdir()) == [file]


def test_a_repeated_delivery_is_the_same_file(inbox: Inbox) -> None:
    first = inbox.keep(ID, b"{}")
    written = first.stat().st_mtime_ns
    assert inbox.keep(ID, b"{}") == first
    assert first.stat().st_mtime_ns == written
    assert list(inbox.folder.iterdir()) == [first]


def test_another_document_under_the_same_id_is_not_taken(inbox: Inbox) -> None:
    file = inbox.keep(ID, b"{}")
    with pytest.raises(NotKept) as refused:
        inbox.keep(ID, b'{"other":1}')
    assert str(refused.value) == f"{file} holds another document already"
    assert file.read_bytes() == b"{}"


def test_a_document_the_plant_took_away_may_come_again(inbox: Inbox) -> None:
    inbox.keep(ID, b"{}").unlink()
    assert inbox.keep(ID, b"{}").is_file()


@pytest.mark.parametrize("name", ["../../etc/passwd", f"../{ID}", ID.upper(), f"{ID}/x", "", ".", f"{ID}\n", ID[:-2]])
def test_an_id_that_is_none_never_becomes_a_file_name(inbox: Inbox, name: str) -> None:
    with pytest.raises(NotKept) as refused:
        inbox.keep(name, b"{}")
    assert str(refused.value) == f"`{name}` is not the id of a delivery"
    assert list(inbox.folder.parent.rglob("*")) == [inbox.folder]


def test_what_a_power_cut_left_half_written_is_written_anew(inbox: Inbox) -> None:
    (inbox.folder / f".{ID}.part").write_bytes(b'{"num')
    assert inbox.keep(ID, b'{"number":"LS-1"}').read_bytes() == b'{"number":"LS-1"}'
    assert [one.name for one in inbox.folder.iterdir()] == [f"{ID}.json"]


def test_content_is_flushed_before_it_gets_its_name_and_the_folder_after(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[tuple[str, bool]] = []

    def note(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        flushed.append((path.name, (inbox.folder / f"{ID}.json").exists()))

    monkeypatch.setattr(os, "fsync", note)
    inbox.keep(ID, b"{}")
    assert flushed == [(f".{ID}.part", False), ("inbox", True)]
    inbox.keep(ID, b"{}")  # the run before may have died between the rename and the flush of the folder
    assert flushed[2:] == [("inbox", True)]


def test_a_disk_that_says_no_leaves_no_document(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="No space left"):
        inbox.keep(ID, b"{}")
    assert not (inbox.folder / f"{ID}.json").exists()
