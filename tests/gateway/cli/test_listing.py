"""Lists of any width are read and copied on any terminal: nothing of a cell is cut off, no word is cut in two."""

import pytest
from rich.console import Console

from gateway.cli.telling import blocks, row, table

ID = "01a223fa-6d48-7a4d-a559-01b7a7b6fc6c"


def _printed(width: int, *rows: tuple[str, ...]) -> str:
    shown = table("2 parcels", "parcel", "to", "state", "why")
    for one in rows:
        row(shown, *one)
    console = Console(width=width, highlight=False)
    with console.capture() as captured:
        console.print(shown)
    return captured.get()


ROWS = (
    (ID, "werra", "given up", "their server answered 503 seven times, and the last of it was an hour ago"),
    (ID.replace("0", "1"), "tannhaus", "delivered", "-"),
)


@pytest.mark.parametrize("width", range(30, 140, 7))
def test_no_word_is_lost_or_cut_whatever_the_width(width: int) -> None:
    out = _printed(max(width, 40), *ROWS)
    assert max(map(len, out.splitlines())) <= max(width, 40)
    words = {word for one in ROWS for cell in one for word in cell.split() if cell != "-"}
    assert words <= set(out.replace("│", " ").replace(";", " ").split())
    assert "…" not in out


def test_where_words_do_not_fit_beside_each_other_each_row_is_a_block() -> None:
    assert _printed(60, *ROWS).splitlines() == [
        "2 parcels",
        ID,
        "  to werra; state given up; why their server answered 503",
        "    seven times, and the last of it was an hour ago",
        ID.replace("0", "1"),
        "  to tannhaus; state delivered",
    ]


def test_where_they_fit_it_is_a_table_and_what_is_short_stays_on_one_line() -> None:
    lines = _printed(110, *ROWS).splitlines()
    assert lines[1].split("┃")[0].strip() == "parcel"
    assert f"{ID} │ werra    │ given up  │ their server" in lines[3]


def test_a_list_of_nothing_is_its_title_alone() -> None:
    assert _printed(80) == "2 parcels\n"


@pytest.mark.parametrize(("columns", "lines"), [("", 1), ("0", 1), ("wide", 1), ("1", 6), ("24", 2)])
def test_a_width_that_is_none_is_as_good_as_none(
    columns: str, lines: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Some shells export COLUMNS empty, or as 0: each list was a traceback."""
    monkeypatch.setenv("COLUMNS", columns)
    blocks("1 found", [(ID, ["their server answered 503 seven times"])])
    assert len(capsys.readouterr().out.splitlines()) == 2 + lines
