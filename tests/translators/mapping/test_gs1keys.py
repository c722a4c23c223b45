"""Numbers that are called GS1 keys and are none: refused, or kept as what they are where the map says so."""

from pathlib import Path

import pytest

from translators.edifact.translating import edifact_map
from translators.findings import Unreadable
from translators.identify import identify
from translators.mapping.gs1keys import relieved
from translators.mapping.running import Map
from translators.reading import read
from translators.x12.translating import x12_map
from translators.xmldoc.translating import xml_map

SAMPLES = Path(__file__).parents[2] / "samples"
ORDER = (SAMPLES / "order-d96a.in.edi").read_bytes().replace(b"4260001230103:EN", b"4260001230109:EN")
WRONG = "`4260001230109` is not a GTIN: its check digit should be 3"
KEPT = "; it is kept as a number of the sender's own"
COMPILERS = {"orders-d96a": edifact_map, "order-x12-850": x12_map, "order-ubl2": xml_map, "order-request-cxml": xml_map}


def telling(tmp_path: Path, name: str = "orders-d96a") -> Map:
    path = tmp_path / "partner.yaml"
    path.write_text(f"extends: {name}\ngs1_keys: tell\n")
    return COMPILERS[name](path)


def test_a_wrong_check_digit_is_refused_by_a_map_that_says_nothing() -> None:
    with pytest.raises(Unreadable) as refused:
        read(ORDER, identify(ORDER, None))
    (finding,) = (each for each in refused.value.findings if each.severity == "error")
    assert (finding.code, finding.text, finding.place.segment) == ("document.value", WRONG, "LIN")


def test_where_the_map_says_so_it_is_told_and_the_number_kept(tmp_path: Path) -> None:
    reading = read(ORDER, identify(ORDER, None), using=telling(tmp_path))
    line = reading.documents[0].object.lines[0]
    assert ("other", "4260001230109", "gtin") in {(each.scheme, each.value, each.agency) for each in line.product}
    assert not any(each.scheme == "gtin" for each in line.product)
    told = [each for each in reading.findings if each.code == "map.gs1_key"]
    assert [(each.text, each.severity, each.place.segment) for each in told] == [(WRONG + KEPT, "warning", "LIN")]


def test_a_duns_of_a_test_account_is_kept_too(tmp_path: Path) -> None:
    content = (SAMPLES / "order-request-cxml.in.xml").read_bytes()
    tested = content.replace(b"<Identity>123456787</Identity>", b"<Identity>123456787-T</Identity>")
    assert tested != content
    sentence = "`123456787-T` is not a DUNS: 9 digits are expected"
    with pytest.raises(Unreadable, match=sentence):
        read(tested, identify(tested[:4096], None))
    reading = read(tested, identify(tested[:4096], None), using=telling(tmp_path, "order-request-cxml"))
    buyer = reading.documents[0].object.buyer
    assert ("other", "123456787-T", "duns") in {(each.scheme, each.value, each.agency) for each in buyer.identifiers}
    assert [each.text for each in reading.findings if each.code == "map.gs1_key"] == [sentence + KEPT]


@pytest.mark.parametrize(
    ("name", "sample", "before", "number"),
    [
        ("order-x12-850", "order-x12.in.x12", b"UL*", "4012345000009"),
        ("order-ubl2", "order-ubl21.in.xml", b">", "4012345000016"),
    ],
)
def test_it_is_the_same_in_every_format(tmp_path: Path, name: str, sample: str, before: bytes, number: str) -> None:
    content = (SAMPLES / sample).read_bytes()
    wrong = number[:-1] + "3"
    assert before + number.encode() in content
    content = content.replace(before + number.encode(), before + wrong.encode())
    reading = read(content, identify(content, None), using=telling(tmp_path, name))
    told = {each.text for each in reading.findings if each.code == "map.gs1_key"}
    assert told == {f"`{wrong}` is not a GLN: its check digit should be {number[-1]}{KEPT}"}


def test_what_else_is_wrong_is_still_refused_and_told_together(tmp_path: Path) -> None:
    content = ORDER.replace(b"CUX+2:EUR:9", b"CUX+2:QQQ:9")
    with pytest.raises(Unreadable) as refused:
        read(content, identify(content, None), using=telling(tmp_path))
    texts = {each.text for each in refused.value.findings if each.severity == "error"}
    assert "unknown currency `QQQ`; use a code of ISO 4217, such as EUR" in texts


def test_keys_of_any_kind_and_length_are_relieved_wherever_they_stand() -> None:
    data = {
        "buyer": {"identifiers": [{"scheme": "gln", "value": "123456789"}, {"scheme": "vat", "value": "DE1"}]},
        "packages": [{"scheme": "sscc", "id": "340123456789012345"}, {"scheme": "sscc", "id": "340123456789012340"}],
        "lines": [{"product": [{"scheme": "gtin", "value": "4012345100013"}]}],
    }
    kept, wrong = relieved(data)
    assert kept["buyer"]["identifiers"][0] == {"scheme": "other", "value": "123456789", "agency": "gln"}
    assert kept["packages"] == [{"scheme": "mark", "id": "340123456789012345"}, data["packages"][1]]
    assert kept["lines"] == data["lines"]
    assert [each.pointer for each in wrong] == ["/buyer/identifiers/0/value", "/packages/0/id"]
    assert data["packages"][0]["scheme"] == "sscc", "what was handed over is not changed"
    assert wrong[0].text == f"`123456789` is not a GLN: 13 digits are expected{KEPT}"


def test_a_map_that_says_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "partner.yaml"
    path.write_text("extends: orders-d96a\ngs1_keys: repair\n")
    with pytest.raises(Exception, match="2:"):
        edifact_map(path)
