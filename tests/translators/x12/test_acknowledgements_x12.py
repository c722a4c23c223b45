"""The 997 for what was received, and what a received 997 says about what was sent."""

from datetime import datetime
from pathlib import Path

import pytest

from translators.canonical.ack import Ack
from translators.identify import identify
from translators.reading import read
from translators.x12.acknowledgements import AnswerEnvelope, acknowledge
from translators.x12.examining import examine
from translators.x12.reconciling import SentGroup, reconcile

TESTS = Path(__file__).parents[2]
ORDER = (TESTS / "samples" / "order-x12.in.x12").read_bytes()
ENVELOPE = AnswerEnvelope(control="17", prepared=datetime(2026, 11, 23, 10, 20))  # noqa: DTZ001 - ISA knows no zone


def broken(name: str) -> bytes:
    return (TESTS / "broken" / "translators" / "x12" / f"{name}.x12").read_bytes()


def answer_to(content: bytes) -> list[str]:
    """The segments of the answer from ST to SE."""
    answer = acknowledge(examine(content).interchanges[0], ENVELOPE)
    assert answer is not None
    assert [each.text for each in examine(answer).findings] == []
    lines = answer.decode().split("~")
    return [line for line in lines if line[:2] in ("AK", "ST", "SE")][1:-1]


def ack_of(content: bytes) -> Ack:
    answer = acknowledge(examine(content).interchanges[0], ENVELOPE)
    assert answer is not None
    found = read(answer, identify(answer, None)).documents[0].object
    assert isinstance(found, Ack)
    return found


def test_what_is_right_is_accepted_back_to_its_sender() -> None:
    answer = acknowledge(examine(ORDER).interchanges[0], ENVELOPE)
    assert answer is not None
    assert answer.startswith(
        b"ISA*00*          *00*          *ZZ*4260001230004  *ZZ*4012345000009  *261123*1020*U*00401"
    )
    assert b"GS*FA*4260001230004*4012345000009*20261123*1020*17*X*004010~" in answer
    assert answer_to(ORDER) == ["AK1*PO*901", "AK2*850*0001", "AK5*A", "AK9*A*1*1*1"]


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("element-too-long", ["AK3*BEG*2**8", "AK4*3**5*PO-4711-WITH-A-VERY-LONG-NUMBER", "AK5*R*5", "AK9*R*1*1*0"]),
        ("segment-missing", ["AK3*CUR*2**3", "AK5*R*5", "AK9*R*1*1*0"]),
        ("segment-unknown", ["AK3*Q-1*11**1", "AK5*R*5", "AK9*R*1*1*0"]),
        ("se-count", ["AK5*R*4", "AK9*R*1*1*0"]),
        ("se-control-number", ["AK5*R*3", "AK9*R*1*1*0"]),
        ("se-missing", ["AK5*R*2", "AK9*R*1*1*0"]),
        ("st-unknown-set", ["AK5*R*1", "AK9*R*1*1*0"]),
        ("ge-count", ["AK5*A", "AK9*R*2*1*0*5"]),
        ("ge-control-number", ["AK5*A", "AK9*R*1*1*0*4"]),
        ("gs-release-not-taken", ["AK5*R", "AK9*R*1*1*0*2"]),
        ("level-unknown", ["AK3*HL*24**8", "AK4*3**7*Q", "AK5*R*5", "AK9*R*1*1*0"]),
    ],
)
def test_what_is_wrong_is_answered_with_its_code_and_place(name: str, lines: list[str]) -> None:
    assert answer_to(broken(name))[2:] == lines


def test_a_group_with_a_good_and_a_bad_set_is_partly_accepted() -> None:
    first = ORDER[ORDER.index(b"ST*") : ORDER.index(b"GE*")]
    second = first.replace(b"0001~", b"0002~").replace(b"*24*EA*", b"*x*EA*")
    content = ORDER.replace(b"GE*1", second + b"GE*2")
    assert answer_to(content)[-1] == "AK9*P*2*2*1"
    ack = ack_of(content)
    assert (ack.result, [part.result for part in ack.parts]) == ("partly_accepted", ["accepted", "rejected"])
    assert [(each.code, each.path) for each in ack.parts[1].errors][:2] == [
        ("AK304:8", "PO1:22"),
        ("AK403:6", "PO1:22/2"),
    ]


def test_an_acknowledgement_is_never_acknowledged() -> None:
    content = (TESTS / "samples" / "acknowledgement-x12.in.x12").read_bytes()
    assert acknowledge(examine(content).interchanges[0], ENVELOPE) is None


def test_an_interchange_that_names_nobody_is_not_answered() -> None:
    assert acknowledge(examine(broken("isa-without-receiver")).interchanges[0], ENVELOPE) is None


SENT = SentGroup(control="901", functional="PO", sets=("0001", "0002"))


def test_what_was_sent_is_laid_beside_what_was_answered() -> None:
    found = reconcile([SENT, SentGroup(control="902", functional="PO", sets=("0001",))], [ack_of(ORDER)])
    assert [(each.group, each.set, each.answer) for each in found.answers] == [
        ("901", "", "accepted"), ("901", "0001", "accepted"), ("901", "0002", "accepted"),
        ("902", "", "unanswered"), ("902", "0001", "unanswered"),
    ]  # fmt: skip
    assert not found.is_settled


def test_zeros_before_a_control_number_do_not_make_it_another() -> None:
    sent = SentGroup(control="000000901", functional="PO", sets=("1",))
    assert reconcile([sent], [ack_of(ORDER)]).is_settled


def test_an_answer_to_what_was_never_sent_is_told() -> None:
    found = reconcile([SentGroup(control="5", functional="PO", sets=("0001",))], [ack_of(ORDER)])
    assert found.strangers == ("the group `901` that is answered was never sent",)
    lone = reconcile([SentGroup(control="901", functional="PO", sets=("0009",))], [ack_of(ORDER)])
    assert lone.strangers == ("the set `0001` of group 901 that is answered was never sent",)


def test_a_rejected_set_is_not_settled() -> None:
    found = reconcile([SENT], [ack_of(broken("element-too-long"))])
    assert found.answers[1].answer == "rejected"
    assert not found.is_settled
