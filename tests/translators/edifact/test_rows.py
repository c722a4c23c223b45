"""Segments as plain lists are what the tokenizer's segments hold, however odd the input and however it is cut."""

from collections.abc import Iterator
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translators.edifact.plainblocks import PlainBlocks, Row
from translators.edifact.rows import rows
from translators.edifact.segments import Syntax
from translators.edifact.separators import DEFAULT
from translators.edifact.streams import tokenize
from translators.edifact.tokens import Agreement, Tokenizer

EXAMPLES = sorted(each.name for each in files("translators.examples").iterdir() if each.name.endswith(".edi"))
HEAD = b"UNB+UNOC:3+4012345000009:14+4260001230004:14+261129:1200+1'UNH+1+ORDERS:D:96A:UN'"


def cut(content: bytes, size: int) -> Iterator[bytes]:
    return (content[at : at + size] for at in range(0, len(content), size))


def by_segments(content: bytes, agreement: Agreement = Agreement()) -> tuple[list[Row], Tokenizer]:  # noqa: B008 - frozen
    """What `rows` must give, element by element from the segments."""
    tokenizer = Tokenizer(agreement)
    found: list[Row] = []
    for segment in tokenize([content], tokenizer):
        if segment.raw[:3] != b"UNA":
            found.append([one[0] if len(one) == 1 else one for one in segment.elements])
    return found, tokenizer


def check(content: bytes, size: int, agreement: Agreement = Agreement()) -> list[Row]:  # noqa: B008 - frozen
    tokenizer = Tokenizer(agreement)
    read = list(rows(cut(content, size), tokenizer))
    wanted, reference = by_segments(content, agreement)
    assert read == wanted
    assert tokenizer.findings == reference.findings, (content, size)
    assert (tokenizer.tail, tokenizer.dead) == (reference.tail, reference.dead)
    return read


@pytest.mark.parametrize("size", [1, 61, 2048, 1 << 20])
@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_gives_the_same_values(name: str, size: int) -> None:
    content = (files("translators.examples") / name).read_bytes()
    assert check(content, size)
    assert check(content.replace(b"'", b"'\r\n") * 3, size)


def lines(number: int, text: bytes) -> bytes:
    return b"".join(b"LIN+%d++%b:EN'QTY+21:%d:PCE'" % (each, text, each) for each in range(number))


@pytest.mark.parametrize(
    "text",
    [
        b"plain", b"a ?+ b", b"a ??", b"???+", b"?'", b"??", b"???'", b"?x", b'"quoted"', b"back\\slash", b"\\u0041",
        "Käse".encode("latin-1"), b"\x01", b"\x7f", b"BRUNZ", b"SUNBEAM", b"UNA", b"a\nb", b"*", b"", b" ", b"[1,2]",
        b"\xff\xfe",
    ],
)  # fmt: skip
@pytest.mark.parametrize("head", [HEAD, HEAD.replace(b"UNOC:3", b"UNOA:4"), HEAD.replace(b"UNOC:3", b"UNOY:4")])
def test_what_stands_in_a_value_comes_out_as_it_is(head: bytes, text: bytes) -> None:
    content = head + lines(200, text) + b"UNT+402+1'UNZ+1+1'"
    for size in (700, 1 << 20):
        check(content, size)


@pytest.mark.parametrize("between", [b"'", b"' ", b"'\n\n", b"'\t", b"\r\n'", b"'\x00"])
def test_what_stands_between_segments_is_told_as_the_tokenizer_tells_it(between: bytes) -> None:
    check(HEAD + lines(100, b"1").replace(b"'", b"'" + between) + b"UNT+202+1'UNZ+1+1'", 512)


@pytest.mark.parametrize("una", [b"UNA:+.? '", b"UNA|^.~*!", b"UNA,[.\\ ]", b"UNA\"+.? '", b"UNA:+.  '"])
def test_other_separators_are_read_too(una: bytes) -> None:
    component, element, _, _, _, terminator = (bytes([each]) for each in una[3:])
    marks = bytes.maketrans(b"+:'", element + component + terminator)
    content = (HEAD + lines(100, b"1") + b"UNT+202+1'UNZ+1+1'").translate(marks)
    assert len(check(una + content, 300)) == 204


def test_several_interchanges_each_in_its_own_way_of_writing() -> None:
    first = HEAD + lines(100, "ä".encode("latin-1")) + b"UNT+202+1'UNZ+1+1'\r\n"
    second = b"UNA:+.?*'" + HEAD.replace(b"UNOC:3", b"UNOY:4") + lines(100, "a*ä".encode()) + b"UNT+202+1'UNZ+1+1'"
    read = check(first + second + first, 1000)
    assert read[2][3] == ["ä", "EN"]
    assert read[206][3] == [["a"], ["ä", "EN"]]


@pytest.mark.parametrize("size", [1, 17, 1 << 20])
def test_text_after_an_interchange_is_told_after_each_however_the_input_is_cut(size: int) -> None:
    interchange = HEAD + b"UNT+2+1'UNZ+1+1'"
    tokenizer = Tokenizer()
    list(rows(cut(interchange + b"one" + interchange + b"two" + interchange, size), tokenizer))
    length = len(interchange)
    assert [finding.place.offset for finding in tokenizer.findings] == [length, 2 * length + 3]
    check(interchange + b"one" + interchange + b"two" + interchange, size)


def test_a_segment_that_is_too_long_ends_the_reading_where_it_does_for_the_tokenizer() -> None:
    content = HEAD + lines(100, b"1") + b"FTX+" + b"x" * 5000 + b"'" + lines(10, b"1")
    read = check(content, 997, Agreement(max_segment_bytes=4000))
    assert len(read) == 202


def test_an_input_that_ends_inside_a_segment_or_holds_none_is_told() -> None:
    check(HEAD + lines(100, b"1") + b"UNT+20", 333)
    check(b"", 1)
    check(b"<xml/>", 3)


def test_ordinary_blocks_are_read_as_blocks() -> None:
    """Else it would be right and slow."""
    blocks = PlainBlocks(Syntax(DEFAULT, "3", "UNOC", "iso8859-1"), 64 * 1024)
    for text in (b"1", b"a ?+ b", b"??", b'"', "ä".encode("latin-1")):
        content = lines(20, text)
        for written in (content, content.replace(b"'", b"'\r\n"), b"\r\n" + content.replace(b"'", b"'\n")):
            found = blocks.rows(written + b"LIN+")
            assert found is not None
            assert len(found[0]) == 40


@given(
    st.lists(st.sampled_from(["A", "1", "+", ":", "'", "?", "*", '"', "\\", "\n", "\r", " ", "UNZ", "ä", "\x02"])),
    st.sampled_from(["UNOC:3", "UNOA:3", "UNOY:4", "UNOW:4", "UNOD:3", "UNOB:2"]),
    st.integers(1, 40),
)
def test_anything_at_all_is_read_as_the_tokenizer_reads_it(parts: list[str], charset: str, size: int) -> None:
    text = "LIN+" + "".join(parts) + "'QTY+1'"
    encoded = text.encode("utf-8" if charset in ("UNOY:4", "UNOW:4") else "latin-1")
    check(HEAD.replace(b"UNOC:3", charset.encode()) + encoded * 3 + b"UNT+9+1'UNZ+1+1'", size)
