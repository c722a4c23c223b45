"""CONTRL and APERAK: what is answered, what is not, and what an answer says of what we sent."""

import random
from datetime import datetime
from pathlib import Path

import pytest

from translators.edifact.acknowledgements import (
    Acknowledgement,
    AcknowledgementTerms,
    ControlReferences,
    NoAcknowledgement,
    acknowledge,
)
from translators.edifact.answers import read_answers
from translators.edifact.applicationerrors import (
    ApplicationReferences,
    ApplicationTerms,
    ErrorCodes,
    application_answer,
)
from translators.edifact.dispositions import InboundMode, dispose
from translators.edifact.examinations import InterchangeExamination
from translators.edifact.examining import examine
from translators.edifact.guidelines import shipped_guidelines
from translators.edifact.reconciling import answers_to, reconcile
from translators.findings import Finding, Place
from translators.identify import identify
from translators.reading import read

BROKEN = Path(__file__).parents[2] / "broken" / "translators" / "edifact"
PREPARED = datetime(2026, 11, 23, 12, 0)  # noqa: DTZ001 - an interchange has no zone
REFERENCES = ControlReferences(interchange="C1", message="1", prepared=PREPARED)
UNB3 = b"UNB+UNOC:3+SENDER:14+RECEIVER:14:DEPT+261123:1200+REF1'"
UNB4 = b"UNB+UNOC:4+SENDER:14+RECEIVER:14+20261123:1200+REF1'"
GOOD = b"UNH+1+APERAK:D:96A:UN'BGM++1+9'UNT+3+1'"
BAD = b"UNH+2+APERAK:D:96A:UN'BGM++1+9'DTM+137:20261323:102'UNT+5+2'"
WORSE = b"UNH+3+APERAK:D:96A:UN'DTM+:20261123:102:x'XXX+1'UNT+4+3'"


def one(content: bytes) -> InterchangeExamination:
    return examine(content).interchanges[0]


def answer(
    content: bytes,
    terms: AcknowledgementTerms = AcknowledgementTerms(),  # noqa: B008 - frozen
    mode: InboundMode = InboundMode(),  # noqa: B008 - frozen
    *,
    known: bool = True,
) -> Acknowledgement | NoAcknowledgement:
    examined = one(content)
    return acknowledge(examined, dispose(examined, mode), terms, REFERENCES, is_sender_known=known)


def sent(content: bytes, **asked: object) -> bytes:
    made = answer(content, **asked)  # type: ignore[arg-type]
    assert isinstance(made, Acknowledgement)
    examination = examine(made.content)
    assert [each.text for each in examination.all_findings] == []  # ours must be right by the directory
    return made.content


HEAD3 = b"UNB+UNOC:3+RECEIVER:14:DEPT+SENDER:14+261123:1200+C1'UNH+1+CONTRL:D:3:UN'"
UCI3 = b"UCI+REF1+SENDER:14+RECEIVER:14:DEPT+"


def test_a_receipt_says_only_that_the_interchange_came() -> None:
    content = sent(UNB3 + GOOD + BAD + b"UNZ+2+REF1'", terms=AcknowledgementTerms(detail="receipt"))
    assert content == HEAD3 + UCI3 + b"8'UNT+3+1'UNZ+1+C1'"


def test_a_good_interchange_is_acknowledged() -> None:
    assert sent(UNB3 + GOOD + b"UNZ+1+REF1'") == HEAD3 + UCI3 + b"7'UNT+3+1'UNZ+1+C1'"


def test_every_error_stands_at_its_place() -> None:
    content = sent(UNB3 + GOOD + BAD + WORSE + b"UNZ+3+REF1'")
    assert content == (
        HEAD3 + UCI3 + b"7'"
        b"UCM+2+APERAK:D:96A:UN+4+29+UNT+2'UCS+3'UCD+12+2:2'"
        b"UCM+3+APERAK:D:96A:UN+4+13+UNH'UCS+2'UCD+16+2'UCD+13+2:1'UCS+3+15'"
        b"UNT+11+1'UNZ+1+C1'"
    )


def test_messages_may_be_listed_without_their_errors_and_good_ones_named() -> None:
    terms = AcknowledgementTerms(detail="messages", names_accepted=True)
    content = sent(UNB3 + GOOD + BAD + b"UNZ+2+REF1'", terms=terms)
    assert b"7'UCM+1+APERAK:D:96A:UN+7'UCM+2+APERAK:D:96A:UN+4+29+UNT+2'UNT+5+1'" in content


def test_suspending_all_rejects_the_good_ones_without_an_error() -> None:
    content = sent(UNB3 + GOOD + BAD + b"UNZ+2+REF1'", mode=InboundMode(suspend_all=True))
    assert b"7'UCM+1+APERAK:D:96A:UN+4'UCM+2+" in content


def test_a_wrong_envelope_rejects_all_and_names_no_message() -> None:
    content = sent(UNB3 + GOOD + BAD + b"UNZ+4+REF1'")
    assert content == HEAD3 + UCI3 + b"4+29+UNZ+2'UNT+3+1'UNZ+1+C1'"


def test_a_missing_unz_is_named() -> None:
    assert UCI3 + b"4+13+UNZ'" in sent(UNB3 + GOOD)


def test_version_4_answers_in_version_4_with_repetitions() -> None:
    message = b"UNH+1+DELFOR:D:04A:UN'BGM+241+1+9'DTM+137:20261120:102'NAD+BY+1::92'CTA+IC'COM+1:TE*2:QQQQ'UNT+7+1'"
    content = sent(UNB4 + message + b"UNZ+1+REF1'")
    assert content == (
        b"UNB+UNOC:4+RECEIVER:14+SENDER:14+20261123:1200+C1'UNH+1+CONTRL:4:1:UN'UCI+REF1+SENDER:14+RECEIVER:14+7'"
        b"UCM+1+DELFOR:D:04A:UN+4'UCS+6'UCD+39+2:2:2'UNT+6+1'UNZ+1+C1'"
    )


def test_groups_are_answered_as_groups() -> None:
    ung = b"UNG+APERAK+A:1+B:2+261123:1200+%s+UN+D:96A'"
    content = UNB3 + ung % b"G1" + GOOD + BAD + b"UNE+2+G1'" + ung % b"G2" + GOOD + b"UNE+2+G2'UNZ+2+REF1'"
    assert sent(content) == (
        HEAD3 + UCI3 + b"7'"
        b"UCF+G1+A:1+B:2+7'UCM+2+APERAK:D:96A:UN+4+29+UNT+2'UCS+3'UCD+12+2:2'"
        b"UCF+G2+A:1+B:2+4+29+UNE+2'"
        b"UNT+8+1'UNZ+1+C1'"
    )


def test_the_answer_uses_the_separators_of_the_question() -> None:
    una = b"UNA^|,\\ ~"
    content = (UNB3 + GOOD + b"UNZ+1+REF1'").translate(bytes.maketrans(b":+'", b"^|~"))
    assert sent(una + content).startswith(una + b"UNB|UNOC^3|RECEIVER^14^DEPT|SENDER^14|")


def test_a_test_is_answered_with_a_test() -> None:
    content = sent(UNB3.replace(b"REF1'", b"REF1++++++1'") + GOOD + b"UNZ+1+REF1'")
    assert content.startswith(b"UNB+UNOC:3+RECEIVER:14:DEPT+SENDER:14+261123:1200+C1++++++1'")


def test_the_same_question_gets_the_same_answer() -> None:
    assert sent(UNB3 + BAD + b"UNZ+1+REF1'") == sent(UNB3 + BAD + b"UNZ+1+REF1'")


def test_who_does_not_keep_to_his_characters_is_answered_in_a_larger_set() -> None:
    header = UNB3.replace(b"UNOC", b"UNOA").replace(b"SENDER", b"Sender")
    assert sent(header + GOOD + b"UNZ+1+REF1'").startswith(b"UNB+UNOB:3+RECEIVER:14:DEPT+Sender:14+")
    umlaut = UNB3.replace(b"UNOC", b"UNOA").replace(b"SENDER", "MÜLLER".encode())
    assert sent(umlaut + GOOD + b"UNZ+1+REF1'").startswith("UNB+UNOC:3+RECEIVER:14:DEPT+MÜLLER:14".encode("latin-1"))


def test_a_reference_with_a_control_character_is_not_answered() -> None:
    made = answer(UNB3 + GOOD.replace(b"UNH+1", b"UNH+\x01", 1) + b"UNZ+1+REF1'")
    assert made == NoAcknowledgement(because="the interchange holds references that no answer can repeat", alert=True)


CONTRL = b"UNH+1+CONTRL:D:3:UN'UCI+X+A+B+7'UNT+3+1'"
REFUSALS = [
    (UNB3 + CONTRL + b"UNZ+1+REF1'", {}, "a CONTRL is never answered with a CONTRL", False),
    (UNB3 + CONTRL + b"UNZ+2+REF1'", {}, "a CONTRL is never answered with a CONTRL", True),
    (UNB3 + GOOD + b"UNZ+1+REF1'", {"known": False}, "the sender is not known", True),
    (UNB3.replace(b"SENDER:14", b"") + GOOD + b"UNZ+1+REF1'", {}, "the UNB does not say whom to answer", True),
    (GOOD, {}, "the UNB does not say whom to answer", True),
    (
        UNB4.replace(b"REF1'", b"REF1++++++4'") + GOOD + b"UNZ+1+REF1'",
        {},
        "an echo response is not answered",
        False,
    ),
    (
        UNB3 + GOOD + b"UNZ+1+REF1'",
        {"terms": AcknowledgementTerms(only_on_request=True)},
        "the sender did not ask for an answer (0031)",
        False,
    ),
]


@pytest.mark.parametrize(("content", "asked", "because", "alert"), REFUSALS)
def test_nothing_is_answered(content: bytes, asked: dict[str, object], because: str, alert: bool) -> None:
    made = answer(content, **asked)  # type: ignore[arg-type]
    assert made == NoAcknowledgement(because=because, alert=alert)


def test_an_answer_that_was_asked_for_is_given() -> None:
    content = UNB3.replace(b"REF1'", b"REF1++++1'") + GOOD + b"UNZ+1+REF1'"
    assert isinstance(answer(content, AcknowledgementTerms(only_on_request=True)), Acknowledgement)


@pytest.mark.parametrize("name", sorted(path.stem for path in BROKEN.glob("*.edi")))
def test_every_mistake_can_be_answered_by_a_right_contrl(name: str) -> None:
    for examined in examine((BROKEN / f"{name}.edi").read_bytes()).interchanges:
        made = acknowledge(examined, dispose(examined), AcknowledgementTerms(), REFERENCES, is_sender_known=True)
        if isinstance(made, Acknowledgement):
            told_of_ours = [each.place.segment for each in examine(made.content).all_findings]
            assert told_of_ours == (["UCI"] if name == "unb-reference-long" else [])  # 0020 is repeated as it came
            (told,) = read_answers(made.content).controls
            assert answers_to(told, examined)
            found = reconcile(told, examined)
            rejected = {each.message.number for each in dispose(examined).suspended}
            assert {each.number for each in found.messages if each.outcome == "rejected"} == rejected


def test_an_answer_points_into_what_we_sent() -> None:
    content = UNB3 + GOOD + BAD + WORSE + b"UNZ+3+REF1'"
    examined = one(content)
    (told,) = read_answers(sent(content)).controls
    found = reconcile(told, examined)
    assert (found.outcome, [(each.reference, each.outcome) for each in found.messages]) == (
        "accepted",
        [("1", "accepted"), ("2", "rejected"), ("3", "rejected")],
    )
    count, date = found.messages[1].errors
    assert (count.text, count.place.segment, count.place.element, count.place.offset) == (
        "our partner says: a control count does not match", "UNT", 1, content.index(b"UNT+5+2") + 4,
    )  # fmt: skip
    assert (date.syntax_code, date.place.segment_position, date.place.offset) == ("12", 3, content.index(b"20261323"))


def test_a_message_we_never_sent_is_told() -> None:
    content = UNB3 + GOOD + b"UNZ+1+REF1'"
    strange = HEAD3 + UCI3 + b"7'UCM+99+APERAK:D:96A:UN+4'UNT+4+1'UNZ+1+C1'"
    (told,) = read_answers(strange).controls
    assert reconcile(told, one(content)).unmatched == ("99",)


def test_an_answer_to_another_interchange_is_refused() -> None:
    (told,) = read_answers(HEAD3 + UCI3.replace(b"REF1", b"REF2") + b"7'UNT+3+1'UNZ+1+C1'").controls
    with pytest.raises(ValueError, match="the answer is to interchange `REF2`"):
        reconcile(told, one(UNB3 + GOOD + b"UNZ+1+REF1'"))


@pytest.mark.parametrize(
    ("action", "outcome"),
    [("8", "received"), ("7", "accepted"), ("1", "accepted"), ("4", "rejected"), ("6", "rejected")],
)
def test_every_action_code_is_understood(action: str, outcome: str) -> None:
    (told,) = read_answers(HEAD3 + UCI3 + action.encode() + b"'UNT+3+1'UNZ+1+C1'").controls
    assert [each.outcome for each in reconcile(told, one(UNB3 + GOOD + b"UNZ+1+REF1'")).messages] == [outcome]


def test_a_broken_answer_is_read_as_far_as_it_goes() -> None:
    content = HEAD3 + b"UCD+12+2'" + UCI3 + b"7'UCS+1+13'UCM+1+APERAK:D:96A:UN+4'UCD+12+2'UCS+x+13'UNT+99+1'"
    answers = read_answers(content)
    assert [each.reference for each in answers.controls[0].messages] == ["1"]
    assert [each.text for each in answers.findings] == [
        "the UNT says `99` segments, UNH and UNT included; there are 8",
        "the UCD belongs to no UCM",
        "the UCS belongs to no UCM",
        "the UCD belongs to no UCS",
        "the UNZ of interchange `C1` is missing",
    ]


def test_an_answer_without_uci_answers_nothing() -> None:
    answers = read_answers(HEAD3 + b"UNT+2+1'UNZ+1+C1'")
    assert answers.controls == ()
    assert [each.text for each in answers.findings] == ["the CONTRL `1` has no UCI, so it answers nothing"]


CODES = ErrorCodes(otherwise="900", codes={"document.": "100", "document.value": "110"}, agency="92")
APPLICATION = ApplicationReferences(interchange="A1", message="1", number="E-1", prepared=PREPARED)
ORDERS = (
    b"UNH+7+ORDERS:D:96A:UN'BGM+220+PO-1+9'DTM+137:20261120:102'NAD+BY+1::92'LIN+1++X:EN'QTY+21:1:PCE'UNS+S'UNT+8+7'"
)


def aperak(*findings: Finding, header: bytes = UNB3) -> bytes:
    examined = one(header + ORDERS + b"UNZ+1+REF1'")
    made = application_answer(examined, examined.messages[0], findings, CODES, APPLICATION)
    assert isinstance(made, bytes)
    assert [each.text for each in examine(made).all_findings] == []
    return made


def test_application_errors_are_answered_with_place_and_the_partners_code() -> None:
    finding = Finding("document.value", "unknown item `X`", Place(segment="LIN", segment_position=5, element=3))
    content = aperak(
        finding, Finding("else", "a line is late", severity="error"), Finding("w", "w", severity="warning")
    )
    assert content == (
        b"UNB+UNOC:3+RECEIVER:14:DEPT+SENDER:14+261123:1200+A1'UNH+1+APERAK:D:96A:UN'BGM+313::6+E-1+27'"
        b"DTM+137:202611231200:203'RFF+ACW:7'RFF+ON:PO-1'"
        b"ERC+110::92'FTX+AAO+++unknown item `X` (segment LIN 5, element 3)'"
        b"ERC+900::92'FTX+AAO+++a line is late'UNT+10+1'UNZ+1+A1'"
    )
    (told,) = read_answers(content).applications
    assert told.references == (("ACW", "7"), ("ON", "PO-1"))
    assert [(each.code, each.text) for each in told.errors] == [
        ("110", "unknown item `X` (segment LIN 5, element 3)"),
        ("900", "a line is late"),
    ]


def test_an_agreement_says_what_is_answered_and_how_much_of_it_is_told() -> None:
    finding = Finding("document.value", "unknown item `X`", Place(segment="LIN", segment_position=5))
    examined = one(UNB3 + ORDERS + b"UNZ+1+REF1'")

    def answered(terms: ApplicationTerms, *findings: Finding) -> bytes | NoAcknowledgement:
        return application_answer(examined, examined.messages[0], findings, CODES, APPLICATION, terms)

    rejected = ApplicationTerms(answers="rejected")
    because = "the agreement asks for answers to what is not accepted only"
    assert answered(rejected) == NoAcknowledgement(because=because)
    whole = answered(rejected, finding)
    assert isinstance(whole, bytes)
    assert b"ERC+110::92'" in whole
    short = answered(ApplicationTerms(detail="document"), finding)
    assert isinstance(short, bytes)
    assert b"BGM+313::6+E-1+27'" in short
    assert b"RFF+ON:PO-1'" in short
    assert b"ERC" not in short
    assert [each.text for each in examine(short).all_findings] == []


def test_who_takes_capitals_only_is_told_in_capitals() -> None:
    finding = Finding("document.value", "unknown item `Xä` \u2212 see [1]", Place(segment="LIN", segment_position=5))
    content = aperak(finding, header=UNB3.replace(b"UNOC", b"UNOA"))
    assert b"UNB+UNOA:3+" in content
    assert b'FTX+AAO+++UNKNOWN ITEM "XAE" - SEE (1) (SEGMENT LIN 5)' in content


def test_who_does_not_keep_to_his_characters_is_told_in_a_larger_set() -> None:
    lower = ORDERS.replace(b"PO-1", b"po-1")
    examined = one(UNB3.replace(b"UNOC", b"UNOA") + lower + b"UNZ+1+REF1'")
    made = application_answer(examined, examined.messages[0], (), CODES, APPLICATION)
    assert isinstance(made, bytes)
    assert b"UNB+UNOB:3+" in made
    assert b"RFF+ON:po-1'" in made


def test_a_una_of_control_characters_is_not_repeated() -> None:
    separated = (UNB3 + GOOD + b"UNZ+1+REF1'").replace(b":", b"\x1f").replace(b"+", b"\x1d").replace(b"'", b"\x1c")
    made = answer(b"UNA\x1f\x1d. \x1e\x1c" + separated)
    assert isinstance(made, Acknowledgement)
    assert made.content.startswith(b"UNB+UNOC:3+RECEIVER:14:DEPT+SENDER:14+")


def test_a_good_document_is_accepted_in_version_4() -> None:
    content = aperak(header=UNB4)
    assert b"UNH+1+APERAK:D:08A:UN'BGM+312+E-1+29'" in content
    assert read_answers(content).applications[0].response == "29"


def test_an_aperak_is_not_answered_with_an_aperak() -> None:
    examined = one(UNB3 + GOOD + b"UNZ+1+REF1'")
    made = application_answer(examined, examined.messages[0], (), CODES, APPLICATION)
    assert made == NoAcknowledgement(because="neither CONTRL nor APERAK is answered with an APERAK")


def test_a_test_of_the_syntax_gets_no_application_answer() -> None:
    examined = one(UNB4.replace(b"REF1'", b"REF1++++++2'") + ORDERS + b"UNZ+1+REF1'")
    made = application_answer(examined, examined.messages[0], (), CODES, APPLICATION)
    assert made == NoAcknowledgement(because="it is a test of the syntax only")


FUZZ_NOISE = [
    b"'",
    b"+",
    b":",
    b"?",
    b"*",
    b"UNA:+.?*'",
    b"UNG+1'",
    b"UNE+1'",
    b"UNB+UNOC:4'",
    b"UNZ+1+1'",
    b"\xff",
    b"\x00",
    b"1",
]


def damage(original: bytes, chance: random.Random) -> bytes:
    copy = bytearray(original)
    for _ in range(chance.randint(1, 5)):
        at = chance.randrange(len(copy) + 1)
        noise = chance.choice(FUZZ_NOISE) if chance.random() < 0.8 else chance.randbytes(chance.randint(0, 3))
        copy[at : at + chance.choice([0, 0, 1, 1, 2, 30])] = noise
    return bytes(copy)


def answer_damaged(rounds: int, seed: int) -> None:
    """Examined by directory and guideline, disposed of, answered, read back: nothing may raise."""
    chance = random.Random(seed)
    originals = [path.read_bytes() for path in sorted(BROKEN.glob("*.edi"))]
    for _ in range(rounds):
        content = damage(chance.choice(originals), chance)
        for examined in examine(content, guidelines=shipped_guidelines()).interchanges:
            made = acknowledge(examined, dispose(examined), AcknowledgementTerms(), REFERENCES, is_sender_known=True)
            if isinstance(made, Acknowledgement):
                (told,) = read_answers(made.content).controls
                assert told.action == made.action
        read_answers(content)


@pytest.mark.parametrize("seed", range(2))
def test_whatever_comes_is_answered_or_not_and_nothing_else(seed: int) -> None:
    answer_damaged(400, seed)


@pytest.mark.slow
def test_a_hundred_thousand_damaged_interchanges_raise_nothing() -> None:
    answer_damaged(100_000, 1_000)


@pytest.mark.parametrize(
    ("response", "result", "severity"),
    [
        ("29", "accepted", "warning"),
        ("34", "accepted", "warning"),
        ("27", "rejected", "error"),
        ("9", "rejected", "error"),
    ],
)
def test_what_is_reported_beside_an_acceptance_is_a_remark(response: str, result: str, severity: str) -> None:
    content = (
        b"UNB+UNOC:3+RECEIVER:14+SENDER:14+261123:1200+A1'UNH+1+APERAK:D:96A:UN'BGM+++%s'RFF+ACW:7'"
        b"ERC+100::260'FTX+AAO+++OK'UNT+6+1'UNZ+1+A1'" % response.encode()
    )
    ack = read(content, identify(content, None)).documents[0].object
    assert (ack.result, [(each.code, each.severity) for each in ack.errors]) == (result, [("100", severity)])
