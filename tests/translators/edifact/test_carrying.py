"""Maps carried over to releases none was written for: documents written there are valid, and read back as they were."""

import re
from pathlib import Path

import msgspec
import pytest
from support.trials import PREPARED

from translators.canonical.documents import decode, encode
from translators.differences import differences
from translators.edifact.carrying import carried
from translators.edifact.directory import directory, releases
from translators.edifact.examining import examine
from translators.edifact.outgoing import Party
from translators.edifact.substitutes import MAPS
from translators.findings import Unreadable
from translators.identify import identify
from translators.mapping.files import load, shipped
from translators.reading import read
from translators.writing import Envelope, Unwritable, written

SAMPLES = Path(__file__).parents[2] / "samples"
MESSAGES = sorted({message for message, _ in MAPS})


def without_a_map(message: str) -> list[str]:
    """The releases that have the message and no map written for it."""
    found = []
    for release in releases():
        tables = directory(release)
        if tables is not None and tables.structure(message) is not None and (message, release) not in MAPS:
            found.append(release)
    return found


def golden(message: str) -> list[str]:
    return [
        name
        for (named, _), called in sorted(MAPS.items())
        if named == message
        for name in load(shipped(called)).spec.samples
    ]


UNSAID = {
    "INVOIC": dict.fromkeys(
        ("D.05B", "D.07B", "D.08A", "D.10A", "D.16A", "D.17B", "D.18A", "D.20B", "D.24A"),
        "`TD` is not a code of element 7161",
    ),
    "INVRPT": {
        "D.95B": "INVRPT D.95B has no place for this: there is no room for it",
        **dict.fromkeys(
            ("D.04A", "D.05B", "D.07A", "D.07B", "D.08A", "D.10A", "D.16A", "D.17B", "D.18A", "D.20B", "D.24A"),
            "line `4` counts the same stock as line `1`",
        ),
    },
    "SLSRPT": {"D.95B": "the mandatory element 3227 is missing"},
}
"""What the golden documents say and these releases cannot: codes their lists do not have, places they lack."""

CASES = [(message, release) for message in MESSAGES for release in without_a_map(message)]


@pytest.mark.parametrize(("message", "release"), [case for case in CASES if case[1] not in UNSAID.get(case[0], {})])
def test_what_is_written_reads_back_as_it_was_or_is_told(message: str, release: str) -> None:
    envelope = Envelope(sender=Party(id="A"), recipient=Party(id="B"), prepared=PREPARED, reference="1")
    document = decode((SAMPLES / f"{golden(message)[0]}.out.json").read_bytes())
    done = written(document, f"edifact:{message}:{release}", envelope=envelope)
    assert [each.text for each in examine(done.content).all_findings if each.severity == "error"] == []
    reading = read(done.content, identify(done.content[:4096], None))
    assert "edifact.map.carried" in {each.code for each in reading.findings}
    told = tuple(finding.place.path or "" for finding in done.findings)
    again = msgspec.json.decode(reading.documents[0].body)
    untold = [
        pointer
        for pointer, _ in differences(msgspec.json.decode(encode(document)), again)
        if not any(pointer.startswith(path) or path.startswith(pointer) for path in told)
    ]
    assert untold == []


@pytest.mark.parametrize(("message", "release"), [case for case in CASES if case[1] in UNSAID.get(case[0], {})])
def test_what_a_release_cannot_say_is_refused_in_words(message: str, release: str) -> None:
    """The other half: a document that would be another one there, or a code its lists do not have."""
    envelope = Envelope(sender=Party(id="A"), recipient=Party(id="B"), prepared=PREPARED, reference="1")
    document = decode((SAMPLES / f"{golden(message)[0]}.out.json").read_bytes())
    with pytest.raises(Unwritable) as caught:
        written(document, f"edifact:{message}:{release}", envelope=envelope)
    assert UNSAID[message][release] in {each.text for each in caught.value.findings}


@pytest.mark.parametrize("message", MESSAGES)
def test_a_message_means_the_same_in_the_releases_around_it(message: str) -> None:
    """Read as another release, a golden message is refused in words, or says what it said but for what is told."""
    taken = 0
    for release in without_a_map(message):
        for name in golden(message):
            content = (SAMPLES / f"{name}.in.edi").read_bytes()
            swapped = re.sub(rb"(UNH\+[^+]+\+[A-Z]{6}):D:...", rb"\1:" + release.replace(".", ":").encode(), content)
            try:
                reading = read(swapped, identify(swapped[:4096], None))
            except Unreadable:
                continue
            taken += 1
            whole = msgspec.json.decode((SAMPLES / f"{name}.out.json").read_bytes().partition(b"\n}\n")[0] + b"\n}")
            found = list(differences(whole, msgspec.json.decode(reading.documents[0].body)))
            left = [each for each in reading.findings if each.code == "edifact.residue"]
            assert len(found) <= len(left), (release, name, found)
    assert taken


def test_the_map_that_loses_least_is_carried_and_then_the_nearest() -> None:
    swapped = (SAMPLES / "order-d01b.in.edi").read_bytes().replace(b"ORDERS:D:01B", b"ORDERS:D:00A")
    findings = read(swapped, identify(swapped[:4096], None)).findings
    assert [(each.code, each.text) for each in findings if each.severity == "warning"] == [
        (
            "edifact.map.carried",
            "there is no map of ORDERS D.00A; that of D.01B is taken, with the places this release has",
        )
    ]


def test_many_messages_of_a_carried_release_are_read_by_a_program() -> None:
    """The short way is open to carried maps, and says what the long one says."""
    content = (SAMPLES / "order-d01b.in.edi").read_bytes().replace(b"ORDERS:D:01B", b"ORDERS:D:99B")
    label = identify(content[:4096], None)
    bodies = {read(content, label).documents[0].body for _ in range(20)}
    assert bodies == {read(content, label, trace=True).documents[0].body}


TERMS_IN_PYT = [
    pytest.param(message, release, id=f"{message}-{release}")
    for message, release in CASES
    if message in ("ORDCHG", "ORDRSP") and release >= "D.03A" and release[2] in "012"
]
"""From D.03A on the terms of payment stand in PYT, where PAT stood before."""


def with_terms(message: str, release: str, *terms: bytes) -> bytes:
    """A golden ORDCHG or ORDRSP as one of this release, with these segments after its currency."""
    name = {"ORDCHG": "order-change-d97a", "ORDRSP": "order-response-d01b"}[message]
    content = (SAMPLES / f"{name}.in.edi").read_bytes()
    content = re.sub(rb"PAT\+[^']*'\n|:EAN010", b"", content)
    content = re.sub(rb"(UNH\+1\+[A-Z]{6}):D:...", rb"\1:" + release.replace(".", ":").encode(), content)
    content = content.replace(b"CUX+2:EUR:9'", b"'\n".join((b"CUX+2:EUR:9", *terms)) + b"'")
    count = content[content.index(b"UNH") : content.index(b"UNZ")].count(b"'\n")
    return re.sub(rb"UNT\+\d+", b"UNT+%d" % count, content)


@pytest.mark.parametrize(("message", "release"), TERMS_IN_PYT)
def test_terms_of_payment_are_read_from_and_written_to_the_segment_that_took_their_place(
    message: str, release: str
) -> None:
    terms = (b"PYT+1+:::netto Kasse+5+3+D+30", b"PYT+22++5+3+D+10", b"PCD+12:2")
    content = with_terms(message, release, *terms)
    reading = read(content, identify(content[:4096], None))
    assert [each.text for each in reading.findings if each.code == "edifact.residue"] == []
    said = msgspec.to_builtins(reading.documents[0].object.payment_terms)
    discount = {"percent": "2", "days": "10"}
    assert said == {"net_days": "30", "text": "netto Kasse", "discounts": (discount,)}
    envelope = Envelope(sender=Party(id="A"), recipient=Party(id="B"), prepared=PREPARED, reference="1")
    done = written(reading.documents[0].object, f"edifact:{message}:{release}", envelope=envelope)
    assert b"'".join(terms) + b"'" in done.content
    assert not [each for each in done.findings if (each.place.path or "").startswith("/payment_terms")]


def test_other_terms_have_no_place_and_are_told_element_by_element() -> None:
    """A due date to which no discount applies (4279 of 5) is neither the usual terms nor a discount."""
    content = with_terms("ORDRSP", "D.24A", b"PYT+5++5+3+D+60")
    reading = read(content, identify(content[:4096], None))
    assert reading.documents[0].object.payment_terms is None
    assert [each.text for each in reading.findings if each.code == "edifact.residue"] == [
        f"PYT element {number} component 1 has no place in an order response" for number in (1, 3, 4, 5, 6)
    ]


@pytest.mark.parametrize("message", ["ORDCHG", "ORDRSP"])
def test_carrying_an_order_change_or_response_leaves_out_no_row(message: str) -> None:
    lost = dict.fromkeys(without_a_map(message), 1000)
    for (named, release), name in MAPS.items():
        old = directory(release)
        if named == message and old is not None:
            for each in lost:
                tables = directory(each)
                assert tables is not None
                lost[each] = min(lost[each], carried(load(shipped(name)), old, tables).lost)
    assert set(lost.values()) == {0}


@pytest.mark.parametrize(
    "name", ["order-d96a", "order-d01b", "order-d05b", "order-response-d96a", "order-response-d01b"]
)
def test_a_discount_is_read_and_written_beside_the_usual_terms(name: str) -> None:
    """In the releases that have maps of their own, with PAT as with PYT."""
    content = (SAMPLES / f"{name}.in.edi").read_bytes()
    usual = b"PYT+1++5+3+D+30'" if b"PYT" in content else b"PAT+1++5:3:D:30'"
    terms = usual + usual.replace(b"+1+", b"+22+").replace(b"30", b"10") + b"PCD+12:2'"
    count = re.search(rb"UNT\+(\d+)", content)
    assert count is not None
    content = content.replace(usual, terms).replace(count[0], b"UNT+%d" % (int(count[1]) + 2))
    reading = read(content, identify(content[:4096], None))
    discounts = msgspec.to_builtins(reading.documents[0].object.payment_terms.discounts)
    assert discounts == ({"percent": "2", "days": "10"},)
    message, release = name_of(content)
    envelope = Envelope(sender=Party(id="A"), recipient=Party(id="B"), prepared=PREPARED, reference="1")
    done = written(reading.documents[0].object, f"edifact:{message}:{release}", envelope=envelope)
    assert terms in done.content
    assert [each.text for each in done.findings if each.severity != "information"] == []


def name_of(content: bytes) -> tuple[str, str]:
    """The message and release that the UNH names."""
    found = re.search(rb"UNH\+1\+(\w+):D:(\w+)", content)
    assert found is not None
    return found[1].decode(), f"D.{found[2].decode()}"
