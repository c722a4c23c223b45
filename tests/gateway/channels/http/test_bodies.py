"""How a body is read: as much as was declared and framed, never more than agreed."""

from collections.abc import Callable
from typing import Any

import pytest

from gateway.channels.http.bodies import Gone, read_body
from gateway.channels.http.heads import read_head
from gateway.submissions import Rejection


def receiving(*events: dict[str, Any]) -> tuple[Callable[[], Any], list[dict[str, Any]]]:
    """An ASGI `receive` that hands out `events`, and what it still has."""
    left = list(events)

    async def receive() -> dict[str, Any]:
        return left.pop(0)

    return receive, left


def part(body: bytes, *, more: bool) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


def declared_by(*fields: tuple[bytes, bytes]) -> int | None:
    scope = {"headers": list(fields), "method": "POST", "path": "/", "client": None}
    return read_head(scope).content_length()


async def test_so_much_as_was_declared_is_the_whole_and_nobody_is_asked_for_more() -> None:
    receive, left = receiving(part(b"12", more=True), part(b"345", more=True), part(b"", more=False))
    assert await read_body(receive, 5, 10) == b"12345"
    assert len(left) == 1


@pytest.mark.parametrize("declared", [None, 3, 9])
async def test_without_a_declared_length_or_with_another_the_end_of_the_body_counts(declared: int | None) -> None:
    receive, left = receiving(part(b"12", more=True), part(b"345", more=False))
    assert await read_body(receive, declared, 10) == b"12345"
    assert not left


async def test_more_than_agreed_is_refused_from_what_is_declared_and_from_what_comes() -> None:
    receive, left = receiving(part(b"x" * 11, more=False))
    refused = await read_body(receive, 11, 10)
    assert isinstance(refused, Rejection)
    assert (refused.code, len(left)) == ("request.too_large", 1)
    assert isinstance(await read_body(receive, None, 10), Rejection)


async def test_a_caller_who_goes_away_before_the_end_leaves_nothing() -> None:
    receive, _ = receiving(part(b"12", more=True), {"type": "http.disconnect"})
    with pytest.raises(Gone):
        await read_body(receive, 5, 10)


@pytest.mark.parametrize(
    ("fields", "length"),
    [
        ([(b"content-length", b"2048")], 2048),
        ([], None),
        ([(b"content-length", b"-1")], None),
        ([(b"content-length", b"5"), (b"content-length", b"5")], None),
        ([(b"content-length", b"5"), (b"transfer-encoding", b"chunked")], None),
        ([(b"content-length", "٥".encode())], None),
        ([(b"content-length", b"9" * 5000)], 10**18),
    ],
)
def test_a_length_counts_where_it_alone_frames_the_body(fields: list[tuple[bytes, bytes]], length: int | None) -> None:
    assert declared_by(*fields) == length
