"""Messages of several parts: all documents of one or none, one receipt, and what accompanies a document stays."""

import asyncio
from argparse import Namespace
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace
from support.as2_serving import As2World, as2_world, outgoing
from support.changed_rules import rewrite

from gateway.channels.as2.building import Built, build
from gateway.channels.as2.hearing import Heard
from gateway.channels.as2.receipts import Accepted, Expected, judge_receipt
from gateway.cli.message_files import show_files
from gateway.clock import now
from gateway.ledger.ledger import Ledger
from gateway.ledger.reading import MessageHistory
from gateway.retaining import Retaining
from translators.examples import example

ORDER = example("order.edi")
SECOND = ORDER.replace(b"PO-4711", b"PO-4712").replace(b"NL000815", b"NL000816")
PDF = b"%PDF-1.7\r\n" + bytes(range(256)) * 40
ID = "<4711@werra.example>"
EDIFACT, DRAWING = "application/edifact", "application/pdf"

Part = tuple[str, str | None, bytes]
"""Media type, file name, content."""


@pytest.fixture
async def world(ledger: Ledger, tmp_path: Path) -> AsyncIterator[As2World]:
    async with as2_world(ledger, tmp_path, most=60_000) as opened:
        opened.profile("keys:", "receive: {most_bytes: 1 MiB}\n  keys:")
        yield opened


def related(*parts: Part, boundary: str = "=_parts", more: str = "") -> tuple[str, bytes]:
    """Media type and body."""
    pieces = []
    for number, (media_type, name, content) in enumerate(parts, 1):
        disposition = f'Content-Disposition: attachment; filename="{name}"\r\n' if name else ""
        head = f"Content-Type: {media_type}\r\nContent-ID: <part-{number}>\r\n{disposition}\r\n"
        pieces.append(head.encode() + content)
    body = b"".join(b"--" + boundary.encode() + b"\r\n" + piece + b"\r\n" for piece in pieces)
    return (
        f'multipart/related; type="{parts[0][0]}"; boundary="{boundary}"{more}',
        body + f"--{boundary}--\r\n".encode(),
    )


def built(world: As2World, *parts: Part, message_id: str = ID, boundary: str = "=_parts", **agreed: Any) -> Built:
    media_type, body = related(*parts, boundary=boundary)
    return build(replace(outgoing(body, message_id), media_type=media_type), world.theirs(**agreed))


async def said(world: As2World, *parts: Part, **given: Any) -> Heard:
    answer = await world.post(built(world, *parts, **given))
    assert answer.status_code == 200, answer.text
    return world.receipt(answer)


_IN_ORDER = "select message_id as id from events where message_id is not null group by message_id order by min(id)"
"""As they were recorded: two ids of one millisecond say nothing of that."""


async def messages(world: As2World) -> list[MessageHistory]:
    rows = await world.served.ledger._pool.fetch(_IN_ORDER)
    found = [await world.served.ledger.history(row["id"]) for row in rows]
    return [one for one in found if one is not None]


def names(history: MessageHistory) -> list[tuple[int, str | None, str]]:
    return [(one.number, one.file_name, one.media_type) for one in history.files]


@pytest.mark.parametrize("compress", ["no", "before-signing", "after-signing"])
async def test_each_document_is_a_message_with_its_name_and_its_drawings(world: As2World, compress: str) -> None:
    parts: list[Part] = [
        (EDIFACT, "first.edi", ORDER), (DRAWING, "Zeichnung 1.pdf", PDF), ("image/png", None, b"\x89PNG\r\n"),
        (EDIFACT, "second.edi", SECOND), (DRAWING, "2.pdf", PDF[:99]),
    ]  # fmt: skip
    sent = built(world, *parts, compress=compress)
    answer = await world.post(sent)
    heard = world.receipt(answer)
    judged = judge_receipt(heard.mdn, Expected(ID, sent.mics, signed=True), verified=heard.verified)
    assert judged == Accepted("")
    assert answer.headers["ediint-features"] == "multiple-attachments, CEM"
    first, second = await messages(world)
    assert [one.business_number for one in (*first.documents, *second.documents) if one.document_type != "ack"] == [
        "PO-4711", "PO-4712",
    ]  # fmt: skip
    assert names(first) == [(0, "first.edi", EDIFACT), (1, "Zeichnung 1.pdf", DRAWING), (2, None, "image/png")]
    assert names(second) == [(0, "second.edi", EDIFACT), (1, "2.pdf", DRAWING)]
    kept = b"".join([piece async for piece in world.served.ledger.files.content(first.id, 1)])
    assert kept == PDF
    assert b"".join([piece async for piece in world.served.ledger.files.content(second.id, 0)]) == SECOND


async def test_what_stands_before_the_first_document_accompanies_it(world: As2World) -> None:
    await said(world, (DRAWING, "before.pdf", PDF), (EDIFACT, "o.edi", ORDER), (DRAWING, "after.pdf", PDF))
    (one,) = await messages(world)
    assert names(one) == [(0, "o.edi", EDIFACT), (1, "before.pdf", DRAWING), (2, "after.pdf", DRAWING)]


async def test_one_document_that_is_refused_refuses_the_message(world: As2World) -> None:
    wrong = SECOND.replace(b"QTY+21:48:PCE", b"QTY+21:4B:PCE")
    heard = await said(world, (EDIFACT, "good.edi", ORDER), (EDIFACT, "bad.edi", wrong), (DRAWING, "x.pdf", PDF))
    assert str(heard.mdn.disposition) == "processed/error: unexpected-processing-error"
    explanation = " ".join(heard.mdn.explanation.split())
    assert explanation.startswith("part 2 (`bad.edi`) is refused, so nothing of the message is taken: ")
    (refused,) = await messages(world)
    assert (refused.state, [one.kind for one in refused.acknowledgements]) == ("refused", ["contrl"])
    pool = world.served.ledger._pool
    assert await pool.fetchval("select count(*) from payload_pieces") == 0
    assert await pool.fetchval("select count(*) from deliveries where operation <> 'partner.answer'") == 0
    await said(world, (EDIFACT, "good.edi", ORDER), message_id="<2@werra.example>")
    assert [one.state for one in await messages(world)] == ["refused", "under way"], "the good one was not used up"


async def test_a_document_that_clashes_with_an_earlier_one_refuses_the_message(world: As2World) -> None:
    await said(world, (EDIFACT, "first.edi", ORDER))
    clash = ORDER.replace(b"PO-4711", b"PO-4799")
    heard = await said(
        world, (EDIFACT, "new.edi", SECOND), (EDIFACT, "clash.edi", clash), message_id="<2@werra.example>"
    )
    assert "interchange `NL000815` came with other content before" in " ".join(heard.mdn.explanation.split())
    assert len(await messages(world)) == 1


async def test_the_same_again_is_known_whatever_its_boundary(world: As2World) -> None:
    parts: list[Part] = [(EDIFACT, "a.edi", ORDER), (EDIFACT, "b.edi", SECOND), (DRAWING, "c.pdf", PDF)]
    for boundary in ("=_one", "=_two"):
        assert str((await said(world, *parts, boundary=boundary)).mdn.disposition) == "processed"
    assert len(await messages(world)) == 2
    other = await said(world, *parts[:2])
    assert "this Message-ID came with other content before" in other.mdn.explanation
    anew = await said(world, *parts, message_id="<2@werra.example>")
    assert str(anew.mdn.disposition) == "processed"
    assert len(await messages(world)) == 2, "each interchange is known by its reference"


async def test_what_a_dying_server_had_kept_is_not_lost_when_the_sender_comes_again(world: As2World) -> None:
    ledger = world.served.ledger
    together = ledger.record_together

    async def dies(*_: Any) -> Any:
        raise asyncio.CancelledError

    ledger.record_together = dies  # type: ignore[method-assign]
    with pytest.raises(BaseException):  # noqa: B017, PT011 - the connection ends
        await world.post(built(world, (EDIFACT, "a.edi", ORDER), (DRAWING, "c.pdf", PDF)))
    assert await messages(world) == []
    ledger.record_together = together  # type: ignore[method-assign]
    assert str((await said(world, (EDIFACT, "a.edi", ORDER), (DRAWING, "c.pdf", PDF))).mdn.disposition) == "processed"
    (one,) = await messages(world)
    assert len(one.files) == 2


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ([(DRAWING, "only.pdf", PDF)], "none of the parts is a business document"),
        ([(EDIFACT, "o.edi", ORDER), (EDIFACT, "p.edi", b"nothing")], "part 2 (`p.edi`) is refused, so nothing"),
        (
            [(EDIFACT, "o.edi", ORDER), (EDIFACT, "p.edi", SECOND + b"\r\n" * 30_000)],
            "at most 60000 are taken together",
        ),
    ],
)
async def test_what_cannot_be_taken_is_told(world: As2World, parts: list[Part], sentence: str) -> None:
    heard = await said(world, *parts)
    assert str(heard.mdn.disposition) == "processed/error: unexpected-processing-error"
    assert sentence in " ".join(heard.mdn.explanation.split())


@pytest.mark.parametrize(
    ("part", "detail"),
    [
        (("multipart/mixed; boundary=x", None, b"--x--"), "part 2 of the message is multipart/mixed"),
        (("application/pkcs7-mime", "more.p7m", b"0"), "part 2 of the message is application/pkcs7-mime"),
        ((DRAWING, "../../etc/passwd", PDF), "the file name has characters"),
    ],
)
async def test_parts_within_parts_and_paths_are_refused(world: As2World, part: Part, detail: str) -> None:
    heard = await said(world, (EDIFACT, "o.edi", ORDER), part)
    assert heard.mdn.disposition.kind == "error"
    rows = await world.served.ledger._pool.fetch("select body from events")
    assert detail in "".join(bytes(row["body"]).decode() for row in rows)
    assert await messages(world) == []


async def test_of_other_types_the_first_bytes_tell_what_is_a_document(world: As2World) -> None:
    parts: list[Part] = [
        ("application/octet-stream", "o.edi", ORDER), ("text/plain", "note.txt", b"please read"),
        ("application/octet-stream", "p.edi", SECOND), ("application/xml", "drawing.xml", b"<drawing/>"),
    ]  # fmt: skip
    await said(world, *parts)
    first, second = await messages(world)
    assert [one.file_name for one in first.files] == ["o.edi", "note.txt"]
    assert [one.file_name for one in second.files] == ["p.edi", "drawing.xml"]


async def test_a_limit_that_gives_way_is_no_receipt_and_counts_nothing(world: As2World, tmp_path: Path) -> None:
    limit = "- {name: hourly, why: a test, mode: enforce, senders: [partner], counts: documents, rate: 1 per 1h}\n"
    rewrite(tmp_path / "rules", "limits.yaml", "rules:\n", f"rules:\n{limit}")
    assert world.served.policies.reload()
    sent = built(world, (EDIFACT, "a.edi", ORDER), (EDIFACT, "b.edi", SECOND))
    answer = await world.post(sent)
    assert (answer.status_code, answer.json()["code"]) == (429, "limit.exceeded")
    assert str((await said(world, (EDIFACT, "a.edi", ORDER), message_id="<2@werra.example>")).mdn.disposition) == (
        "processed"
    )


async def test_files_go_with_their_message(world: As2World) -> None:
    ledger = world.served.ledger
    await said(world, (EDIFACT, "a.edi", ORDER), (DRAWING, "c.pdf", PDF))
    (one,) = await messages(world)
    assert await ledger.pieces.sweep() == 0
    await ledger._pool.execute("update payload_pieces set kept_at = now() - interval '2 days'")
    assert await ledger.pieces.sweep() == 0, "a message names them"
    await ledger._pool.execute(
        "insert into attempts (message_id, number, attempt, outcome, worker) "
        "select message_id, number, 1, 'delivered', 'tests' from deliveries"
    )
    later = Retaining(ledger, lambda: world.served.policies.current, lambda: now() + timedelta(days=4000))
    await later.look()
    assert await ledger._pool.fetchval("select count(*) from payload_pieces") == 0
    assert [piece async for piece in ledger.files.content(one.id, 1)] == []


async def test_an_operator_lists_and_extracts_them_and_that_is_on_record(
    world: As2World, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    await said(world, (EDIFACT, "a.edi", ORDER), (DRAWING, "c.pdf", PDF))
    (one,) = await messages(world)
    ledger, folder = world.served.ledger, tmp_path / "out"
    assert await show_files(ledger, Namespace(id=one.id, extract=None, reveal=None)) == 0
    assert "c.pdf" in capsys.readouterr().out
    assert await show_files(ledger, Namespace(id=one.id, extract=folder, reveal=None)) == 2
    assert "--extract needs --reveal" in capsys.readouterr().err
    asked = Namespace(id=one.id, extract=folder, reveal="the supplier asked")
    assert await show_files(ledger, asked) == 0
    assert (folder / "1-c.pdf").read_bytes() == PDF
    assert (folder / "0-a.edi").read_bytes() == ORDER
    assert await show_files(ledger, asked) == 2, "nothing is written over"
    history = await ledger.history(one.id)
    assert history is not None
    assert [event["reason"] for event in history.timeline if event["event"] == "operator.document.revealed"] == [
        "the supplier asked", "the supplier asked",
    ]  # fmt: skip
    assert await show_files(ledger, Namespace(id=UUID(int=1), extract=None, reveal=None)) == 1
