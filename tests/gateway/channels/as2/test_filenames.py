"""Names that partners give their files: shown as they are or refused, and never a path."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from support.as2_serving import As2World, as2_world, outgoing

from gateway.channels.as2.building import build
from gateway.channels.as2.filenames import file_name
from gateway.channels.as2.mime import Header
from gateway.channels.as2.refusing import Unacceptable
from gateway.ledger.ledger import Ledger
from translators.examples import example

CHARACTERS = "the file name has characters that no file name here may have"
TOO_LONG = "the file name is longer than 255 bytes"


def named(disposition: str = "", content_type: str = "application/edifact") -> str | None:
    fields = {"content-type": content_type} | ({"content-disposition": disposition} if disposition else {})
    return file_name(Header(fields))


@pytest.mark.parametrize(
    "written",
    [
        "filename=../../etc/passwd",
        'filename="../../etc/passwd"',
        'filename="/etc/passwd"',
        r'filename="..\\..\\windows\\win.ini"',
        r'filename="C:\\orders.edi"',
        "filename*=utf-8''..%2F..%2Fetc%2Fpasswd",
        "filename*=utf-8''%2e%2e%5corders.edi",
        'filename*0="..";filename*1="/orders.edi"',
        "filename*0*=utf-8''%2e%2e; filename*1*=%2Forders.edi",
        'filename="=?utf-8?B?Li4vLi4vZXRjL3Bhc3N3ZA==?="',
        'filename="=?utf-8?Q?..=2Forders.edi?="',
        "filename*=utf-8''orders%00.edi",
        "filename*=utf-8''orders.edi%0d%0aX-Injected:%201",
        "filename*=utf-8''%1b%5b31morders.edi",
        "filename*=utf-8''orders%E2%80%AEide.exe",
        "filename*=utf-8''orders%E2%81%A6.edi",
        "filename*=utf-8''orders%EF%BB%BF.edi",
        'filename="."',
        'filename=".."',
        'filename="   "',
        'filename=". . ."',
    ],
)
def test_what_leads_anywhere_or_shows_as_something_else_is_refused(written: str) -> None:
    for ways in ({"disposition": f"attachment; {written}"}, {"content_type": _as_name(written)}):
        with pytest.raises(Unacceptable) as refused:
            named(**ways)
        assert (refused.value.code, refused.value.detail) == ("as2.file_name", CHARACTERS)


def _as_name(written: str) -> str:
    return f"application/edifact; {written.replace('filename', 'name')}"


@pytest.mark.parametrize("written", ["a" * 256, "ä" * 128], ids=["bytes", "characters of two"])
def test_a_name_has_so_many_bytes_and_no_more(written: str) -> None:
    with pytest.raises(Unacceptable) as refused:
        named(f"attachment; filename*=utf-8''{''.join(f'%{byte:02x}' for byte in written.encode())}")
    assert refused.value.detail == TOO_LONG
    assert named(f'attachment; filename="{"a" * 255}"') == "a" * 255


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("filename=orders.edi", "orders.edi"),
        ('filename="$(touch x); rm -rf *"', "$(touch x); rm -rf *"),
        ("filename=-rf", "-rf"),
        ('filename="%s%n%2e%2e%2f"', "%s%n%2e%2e%2f"),
        ('filename=".htaccess"', ".htaccess"),
        ('filename="a..b"', "a..b"),
        ("filename*=utf-8''Bestellung%20%C3%84%207.edi", "Bestellung Ä 7.edi"),
        ('filename="=?utf-8?B?QmVzdGVsbHVuZyDDhC5lZGk=?="', "Bestellung Ä.edi"),
        ('filename="=?nonsense?Q?orders?="', "=?nonsense?Q?orders?="),
    ],
)
def test_any_other_is_only_ever_text(written: str, name: str) -> None:
    assert named(f"attachment; {written}") == name


def test_a_message_need_not_name_its_file() -> None:
    assert named() is None
    assert named("attachment") is None


@pytest.fixture
async def world(ledger: Ledger, tmp_path: Path) -> AsyncIterator[As2World]:
    async with as2_world(ledger, tmp_path) as opened:
        yield opened


@pytest.mark.parametrize("name", ["../../../partners/profiles/werra.yaml", "/etc/cron.d/x", "..", "a\x00b", "ä/ö"])
async def test_a_message_with_such_a_name_is_refused_and_its_message_id_is_free(
    world: As2World, name: str, tmp_path: Path
) -> None:
    before = _files(tmp_path)
    plain = outgoing(example("order.edi"), "<4713@werra.example>")
    heard = world.receipt(await world.post(build(replace(plain, file_name=name), world.theirs())))
    assert str(heard.mdn.disposition) == "processed/error: unexpected-processing-error"
    bodies = [bytes(row["body"]) for row in await world.served.ledger._pool.fetch("select body from events")]
    assert sum(CHARACTERS.encode() in body for body in bodies) == 1, "the audit has the reason"
    assert await world.served.messages_kept() == 0
    assert _files(tmp_path) == before
    heard = world.receipt(await world.post(build(plain, world.theirs())))
    assert str(heard.mdn.disposition) == "processed"


async def test_a_name_that_a_shell_would_read_is_kept_as_it_is(world: As2World, tmp_path: Path) -> None:
    before, name = _files(tmp_path), "$(touch x) -rf ;.edi"
    plain = outgoing(example("order.edi"), "<4714@werra.example>")
    heard = world.receipt(await world.post(build(replace(plain, file_name=name), world.theirs())))
    assert str(heard.mdn.disposition) == "processed"
    assert await world.served.ledger._pool.fetchval("select file_name from as2_received") == name
    assert _files(tmp_path) == before


def _files(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))
