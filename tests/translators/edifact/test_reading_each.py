"""Good messages become documents beside bad ones; syntax and application are told apart."""

from translators.examples import example
from translators.identify import identify
from translators.reading import Limits, read
from translators.readingeach import read_each

ORDER = example("order.edi")
START, END = ORDER.index(b"UNH+"), ORDER.index(b"UNZ+")
FIRST = ORDER[START:END]
SECOND = FIRST.replace(b"UNH+1+", b"UNH+2+").replace(b"UNT+52+1", b"UNT+52+2").replace(b"PO-4711", b"PO-4712")


def interchange(*messages: bytes) -> bytes:
    return ORDER[:START] + b"".join(messages) + b"UNZ+%d+NL000815'\n" % len(messages)


def test_the_documents_are_those_of_reading_as_a_whole() -> None:
    content = interchange(FIRST, SECOND)
    whole = read(content, identify(content, None))
    assert [each.documents[0].body for each in read_each(content).messages] == [each.body for each in whole.documents]


def test_a_wrong_message_leaves_the_other_a_document() -> None:
    broken = SECOND.replace(b"LIN+2++", b"LIN+x2++")
    first, second = read_each(interchange(FIRST, broken)).messages
    assert ([each.number for each in first.documents], first.is_bad) == (["PO-4711"], False)
    assert (second.documents, second.is_bad) == ((), True)
    assert [each.text for each in second.findings if each.severity == "error"] == ["1082 `x2` is not a number"]
    assert second.application_findings == ()


def test_what_the_map_refuses_is_for_the_application() -> None:
    broken = SECOND.replace(b"PO-4712+9", b"PO-4712+1")
    first, second = read_each(interchange(FIRST, broken)).messages
    assert len(first.documents) == 1
    assert (second.documents, second.message.is_bad, second.is_bad) == ((), False, True)
    assert any(each.severity == "error" for each in second.application_findings)


def test_an_input_that_is_too_large_is_not_looked_at() -> None:
    found = read_each(ORDER, Limits(max_bytes=10))
    assert found.messages == ()
    assert [each.code for each in found.examination.findings] == ["document.size"]
