"""`partner-gateway message`: what an operator reads on a narrow terminal."""

from argparse import Namespace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from gateway.cli.message import _parked


async def test_the_list_of_what_is_parked_shows_whole_ids_and_takes_nothing_for_markup(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    one = SimpleNamespace(
        id="01a223fa-6d48-7a4d-a559-01b7a7b6fc6c.12", document_type="invoice", business_number="[b]7", sender="erp",
        destination="odoo", cause="c", since=datetime(2026, 11, 28, tzinfo=UTC),
    )  # fmt: skip

    async def parked(**_: str | None) -> list[SimpleNamespace]:
        return [one]

    monkeypatch.setenv("COLUMNS", "100")
    assert await _parked(SimpleNamespace(parked=parked), Namespace(destination=None, cause=None, json=False)) == 0
    out = capsys.readouterr().out
    assert one.id in out
    assert "[b]7" in out
