"""Maps that extend maps: what a change does, and the exact sentence for one that does not fit."""

from pathlib import Path

import pytest

from translators.fileproblems import FileProblems
from translators.identify import identify
from translators.mapping.acceptance import accept, compiled
from translators.reading import read
from translators.writing import Unwritable, written

BASE = (Path(__file__).parent / "orders-base.yaml").read_text()
SAMPLE = (Path(__file__).parents[2] / "samples" / "order-d96a.in.edi").read_bytes()


def order_read_with(text: str, folder: Path, sample: bytes = SAMPLE) -> object:
    (folder / "orders-base.yaml").write_text(BASE)
    path = folder / "orders-ours.yaml"
    path.write_text("extends: orders-base\n" + text)
    return read(sample, identify(sample[:4096], None), using=compiled(path)).documents[0].object


def test_a_row_is_removed_by_name(tmp_path: Path) -> None:
    order = order_read_with("changes: [{remove: lines/net_amount}, {remove: payment_terms}]\n", tmp_path)
    assert order.lines[0].net_amount is None
    assert order.payment_terms is None


def test_a_row_among_several_of_one_name_is_chosen_by_its_path(tmp_path: Path) -> None:
    order = order_read_with('changes: [{remove: references, path: "SG1/RFF[C506.1153=AAG]"}]\n', tmp_path)
    assert [reference.kind for reference in order.references] == ["contract"]


def test_a_row_is_replaced_and_another_added(tmp_path: Path) -> None:
    text = """changes:
  - replace: seller
    rows: [{to: seller, at: "SG2[NAD/3035=SU]", use: header party}]
  - add: ""
    after: seller
    rows: [{to: "ext.terms", from: SG11/TOD/4055}]
  - add: lines
    rows: [{to: "ext.colour", from: IMD/7077}]
"""
    order = order_read_with(text, tmp_path)
    assert order.ext == {"terms": "3"}
    assert order.lines[0].ext == {"colour": "F"}


def test_a_part_is_changed_and_a_table_replaced(tmp_path: Path) -> None:
    text = """tables:
  units: {codes: {PCE: EA, KGM: KGM}}
changes: [{part: party, remove: address}]
"""
    order = order_read_with(text, tmp_path)
    assert order.buyer.address is None
    assert order.lines[0].quantity.unit == "EA"


def test_a_partner_extends_a_profile_that_extends_the_directory(tmp_path: Path) -> None:
    (tmp_path / "orders-base.yaml").write_text(BASE)
    (tmp_path / "profile.yaml").write_text("extends: orders-base\nchanges: [{remove: invoicee}]\n")
    path = tmp_path / "partner.yaml"
    path.write_text("extends: profile\nchanges: [{remove: requested}]\n")
    order = read(SAMPLE, identify(SAMPLE[:4096], None), using=compiled(path)).documents[0].object
    assert (order.invoicee, order.requested) == (None, None)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("changes: [{remove: colour}]", "2:11: no row `colour`; there are "),
        ("changes: [{remove: references}]", "2:11: 6 rows are called `references`; say which by its `path`"),
        (
            'changes: [{remove: seller, path: "SG2[NAD/3035=SU]"}]',
            "2:11: no row `seller` has the path `SG2[NAD/3035=SU]`; there are SG2[NAD/3035=SU|SE]",
        ),
        ("changes: [{remove: number/x}]", "2:11: `number` has no rows of its own"),
        (
            "changes: [{remove: buyer/name}]",
            "2:11: the rows of `buyer` are the part `header party`; say `part: header party`",
        ),
        ("changes: [{replace: seller}]", "2:11: `replace` needs `rows`; to take a row out, use `remove`"),
        ("changes: [{remove: seller, rows: [{to: a, value: b}]}]", "2:11: `remove` has no `rows`; to put others"),
        ("changes: [{add: lines}]", "2:11: `add` needs `rows`"),
        ("changes: [{remove: seller, after: buyer}]", "2:11: `before` and `after` belong to `add`"),
        ("changes: [{}]", "2:11: a change has one of `add`, `replace` and `remove`"),
        ("changes: [{remove: seller, add: lines}]", "2:11: a change has one of `add`, `replace` and `remove`"),
        ("changes: [{part: colour, remove: seller}]", "2:11: no part `colour`; there are party, header party, "),
        (
            "changes: [{add: number, rows: [{to: a, value: b}]}]",
            "2:11: `number` is not a block with rows of its own; use `part` to change a part",
        ),
        (
            "changes: [{add: lines, rows: [{to: ext.a, from: XYZ/1234}]}]",
            "2:31: SG25 has no `XYZ`",
        ),
        ("tables: {units: {file: ../etc/passwd}}", "2:24: there is no table `../etc/passwd`"),
        ("version: D.99Z", "2:10: there is no table of this release"),
    ],
)
def test_a_change_that_does_not_fit_is_told_with_its_place(text: str, problem: str, tmp_path: Path) -> None:
    (tmp_path / "orders-base.yaml").write_text(BASE)
    path = tmp_path / "orders-ours.yaml"
    path.write_text(f"extends: orders-base\n{text}\n")
    with pytest.raises(FileProblems) as refused:
        compiled(path)
    assert str(refused.value.problems[0]).startswith(f"{path}:{problem}")


def test_a_map_that_is_not_there_or_extends_itself_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ours.yaml"
    for base, text in (("nothing", "there is no map `nothing`"), ("ours", "this map extends itself")):
        path.write_text(f"extends: {base}\n")
        with pytest.raises(FileProblems) as refused:
            compiled(path)
        assert str(refused.value) == f"{path}:1:10: {text}"


def test_a_mistake_in_the_map_below_is_told_where_it_is_written(tmp_path: Path) -> None:
    base = tmp_path / "base.yaml"
    base.write_text("extends: orders-d96a\nchanges:\n  - {add: '', rows: [{to: ext.a, from: QQQ/1}]}\n")
    path = tmp_path / "ours.yaml"
    path.write_text("extends: base\n")
    with pytest.raises(FileProblems) as refused:
        compiled(path)
    assert str(refused.value) == f"{base}:3:22: the message has no `QQQ`"


def test_a_map_may_only_read_and_say_why(tmp_path: Path) -> None:
    (tmp_path / "orders-base.yaml").write_text(BASE)
    path = tmp_path / "orders-ours.yaml"
    path.write_text("extends: orders-base\nreads_only: they want our orders as UBL\n")
    ours = compiled(path)
    assert accept(ours, {"sample": SAMPLE}).is_accepted
    with pytest.raises(Unwritable) as refused:
        written(read(SAMPLE, identify(SAMPLE[:4096], None), using=ours).documents[0].object, "x", using=ours)
    assert refused.value.findings[0].text == "ORDERS is only read: they want our orders as UBL"
