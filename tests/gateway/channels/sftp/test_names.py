"""Names that partners write: no name of theirs leads anywhere but into their mailbox."""

import asyncssh
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.mailboxes import SftpWorld, order_bytes

from gateway.channels.sftp.names import FOLDERS, MOST_BYTES, BadName, Spot, beside, checked, is_temporary, spot

FOLDERS_SAY = "there are the folders /in, /out, /ack, /error, and none below them"
NO_MARKS = "a name has no control characters, line ends or marks of direction"


@pytest.mark.parametrize(
    ("path", "says"),
    [
        (b"/etc/passwd", FOLDERS_SAY),
        (b"../../etc/passwd", FOLDERS_SAY),
        (b"/in/sub/order.json", FOLDERS_SAY),
        (b"/IN/order.json", FOLDERS_SAY),
        (b"/in/..\x00/x", "a path has no zero byte"),
        (b"/in/" + b"a" * 5000, "a path has at most 4096 bytes"),
        (b"/in/" + b"a" * 256, "a name has at most 255 bytes"),
        (b"/in/a\nb", NO_MARKS),
        (b"/in/a\rb", NO_MARKS),
        (b"/in/a\x1b[31mb", NO_MARKS),
        ("/in/a\u202egpj.exe".encode(), NO_MARKS),
        ("/in/a\u2066b".encode(), NO_MARKS),
        ("/in/a\u200bb".encode(), NO_MARKS),
        ("/in/a\u2028b".encode(), NO_MARKS),
        (b"/in/\xff\xfe", "a name is written in UTF-8"),
        (b"/in/\xc0\xae\xc0\xae", "a name is written in UTF-8"),
    ],
)
async def test_a_name_that_is_none_is_refused_with_a_sentence(world: SftpWorld, path: bytes, says: str) -> None:
    client = await world.client()
    for ask in (client.open(path, "wb"), client.stat(path), client.remove(path), client.rename(path, "/in/x")):
        with pytest.raises(asyncssh.SFTPFailure) as refused:
            await ask
        assert refused.value.reason == says
    assert world.spooled() == []


@pytest.mark.parametrize("path", ["/in/../in/./order.json", "in/order.json", "//in//order.json", "../in/order.json"])
async def test_ways_around_lead_to_the_same_place(world: SftpWorld, path: str) -> None:
    client = await world.client()
    async with client.open(path, "wb") as file:
        await file.write(order_bytes())
    (told,) = await world.acknowledgements()
    assert told["file"] == "order.json"


async def test_a_name_is_only_ever_text(world: SftpWorld) -> None:
    """Whatever it is, our file has a name of ours, and the acknowledgement carries it as it was."""
    client = await world.client()
    for number, name in enumerate(("$(touch x)", "; rm -rf *", "-rf", "%s%n", "Bestellung Ä 7.json", "x" * 255)):
        await world.drop(name, order_bytes(f"PO-{number}"), client)
    told = await world.acknowledgements()
    assert [one["file"] for one in told] == [
        "$(touch x)", "; rm -rf *", "-rf", "%s%n", "Bestellung Ä 7.json", "x" * 255
    ]  # fmt: skip
    assert sorted(one.name for one in world.folder.iterdir()) == ["keys", "partners", "rules", "spool"]


@given(st.binary(max_size=300))
def test_every_path_is_a_place_in_the_mailbox_or_refused(path: bytes) -> None:
    try:
        place = spot(path)
    except BadName:
        return
    assert place.folder in (None, *FOLDERS)
    assert place.name is None or (place.folder is not None and place.name == checked(place.name.encode()))
    assert spot(str(place).encode()) == place


@given(st.text(min_size=1, max_size=200), st.integers(1, 60))
def test_a_name_beside_another_is_a_name(name: str, room: int) -> None:
    try:
        text = checked(name.encode(errors="surrogatepass"))
    except BadName:
        return
    made = beside(text, "a" * room)
    assert checked(made.encode()) == made
    assert len(made.encode()) <= MOST_BYTES
    assert made.endswith("." + "a" * room)


def test_the_root_and_what_is_above_it_are_the_root() -> None:
    assert spot(b"") == spot(b"/") == spot(b"..") == spot(b"/../..") == Spot()


@pytest.mark.parametrize("name", ["a.tmp", "A.TMP", ".a", "~a", "a~", "a.part", "a.filepart", "a.uploading", "a.swp"])
def test_these_are_names_of_what_is_still_written(name: str) -> None:
    assert is_temporary(name)


@pytest.mark.parametrize("name", ["a", "a.edi", "part", "a.partner", "tmp.edi", "a.part.edi"])
def test_these_are_not(name: str) -> None:
    assert not is_temporary(name)
