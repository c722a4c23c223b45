"""One order as it comes from many senders, with other separators, layouts and envelopes: always the same document."""

from collections.abc import Callable
from pathlib import Path

import pytest

from translators.edifact.streams import tokenize
from translators.edifact.tokens import Tokenizer
from translators.edifact.writing import write
from translators.findings import Unreadable
from translators.identify import identify
from translators.reading import Reading, read
from translators.readingeach import read_each

ORDER = (Path(__file__).parents[1] / "samples" / "order-d96a.in.edi").read_bytes()
PLAIN = ORDER.replace(b"'\n", b"'").replace(b"ORDERS:D:96A:UN:EAN008", b"ORDERS:D:96A:UN")
UNA, REST = PLAIN[:9], PLAIN[9:]
UNZ = REST[REST.index(b"UNZ") :]
MESSAGE = REST[REST.index(b"UNH") : REST.index(b"UNZ")]
UNB = REST[: REST.index(b"UNH")]


def separated(component: bytes, element: bytes, release: bytes, terminator: bytes) -> bytes:
    """The order with other separators, its texts with the old ones as plain characters."""
    out, released = b"", False
    for number in REST:
        byte = bytes([number])
        if released:
            out, released = out + (release + byte if byte in (component, element, release, terminator) else byte), False
        elif byte == b"?":
            released = True
        elif byte in (b":", b"+", b"'"):
            out += {b":": component, b"+": element, b"'": terminator}[byte]
        else:
            out += release + byte if byte in (component, element, release, terminator) else byte
    return b"UNA" + component + element + b"." + release + b" " + terminator + out


SAME: dict[str, tuple[bytes, set[str]]] = {
    "one line": (PLAIN, set()),
    "no service string advice": (REST, set()),
    "line feeds": (PLAIN.replace(b"'", b"'\n"), set()),
    "carriage returns": (PLAIN.replace(b"'", b"'\r"), set()),
    "both": (PLAIN.replace(b"'", b"'\r\n"), set()),
    "a blank line between segments": (PLAIN.replace(b"'", b"'\r\n\r\n"), set()),
    "blanks before every segment": (PLAIN.replace(b"'", b"'\n   "), set()),
    "a line break after the advice": (UNA + b"\r\n" + REST, set()),
    "blanks before the interchange": (b"\r\n  " + PLAIN, {"edifact.blanks"}),
    "a byte order mark": (b"\xef\xbb\xbf" + PLAIN, {"edifact.bom"}),
    "zeros after the end": (PLAIN + b"\x00" * 100, set()),
    "the end of a floppy disk": (PLAIN + b"\r\n\x1a", set()),
    "a record padded with blanks": (PLAIN + b" " * 80 + b"\n", set()),
    "text after the end": (PLAIN + b"\n-- \nsent by mail", {"edifact.after_unz"}),
    "an empty segment": (PLAIN.replace(b"'LIN+2", b"''LIN+2"), {"edifact.segment.empty"}),
    "bars and circumflexes": (separated(b"^", b"|", b"\\", b"~"), set()),
    "control characters": (separated(b"\x1f", b"\x1d", b"?", b"\x1c"), set()),
    "trailing separators": (PLAIN.replace(b"BGM+220+PO-4711+9'", b"BGM+220:::+PO-4711+9++'"), set()),
    "syntax version 2": (PLAIN.replace(b"UNOC:3", b"UNOC:2"), set()),
    "syntax version 1": (PLAIN.replace(b"UNOC:3", b"UNOC:1"), set()),
    "syntax version 4": (PLAIN.replace(b"UNOC:3", b"UNOC:4").replace(b"+261120:", b"+20261120:"), set()),
    "syntax version 4, the year in two digits": (PLAIN.replace(b"UNOC:3", b"UNOC:4"), {"edifact.unb.date"}),
    "UTF-8": (PLAIN.decode("latin-1").encode().replace(b"UNOC:3", b"UNOY:3"), set()),
    "UTF-8 by another name": (PLAIN.decode("latin-1").encode().replace(b"UNOC:3", b"UNOW:3"), set()),
    "Latin-9": (PLAIN.replace(b"UNOC:3", b"UNOL:3"), set()),
    "lower case under capitals": (PLAIN.replace(b"UNOC:3", b"UNOA:3"), {"edifact.character"}),
    "umlauts under ASCII": (PLAIN.replace(b"UNOC:3", b"UNOB:3"), {"edifact.character"}),
    "an association": (PLAIN.replace(b"D:96A:UN", b"D:96A:UN:EAN008"), set()),
    "a group": (
        UNA + UNB + b"UNG+ORDERS+A+B+261120:0931+7+UN+D:96A'" + MESSAGE + b"UNE+1+7'" + UNZ,
        set(),
    ),
    "a test": (PLAIN.replace(b"++ORDERS'", b"++ORDERS++++1'"), set()),
    "the release before": (PLAIN.replace(b"D:96A", b"D:95A"), {"edifact.release.nearest"}),
}


def documents(content: bytes) -> Reading:
    return read(content, identify(content[:4096], None))


@pytest.mark.parametrize("shape", SAME)
def test_an_order_of_another_shape_is_the_same_order(shape: str) -> None:
    content, told = SAME[shape]
    reading = documents(content)
    (document,) = reading.documents
    assert document.body == documents(PLAIN).documents[0].body
    quiet = {"edifact.residue", "edifact.trailing"}
    assert {each.code for each in reading.findings} - quiet == told
    assert [each.body for message in read_each(content).messages for each in message.documents] == [document.body]


@pytest.mark.parametrize("shape", SAME)
def test_an_order_of_any_shape_is_written_back_as_it_came(shape: str) -> None:
    tokenizer = Tokenizer()
    segments = list(tokenize((SAME[shape][0],), tokenizer))
    assert write(segments, tokenizer.tail) == SAME[shape][0]


def test_several_interchanges_in_one_file_are_several_orders() -> None:
    other = separated(b"^", b"|", b"\\", b"~").replace(b"PO-4711", b"PO-4712")
    content = PLAIN + b"\n" + other + REST.replace(b"PO-4711", b"PO-4713")
    assert [each.number for each in documents(content).documents] == ["PO-4711", "PO-4712", "PO-4713"]


REFUSED: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "a terminator that is a line feed": (lambda _: separated(b":", b"+", b"?", b"\n"), "edifact.una"),
    "cut off": (lambda content: content[: len(content) // 2], "edifact.truncated"),
    "an order of 1991": (lambda content: content.replace(b"D:96A", b"91:1"), "edifact.message.unknown"),
    "a message for passengers": (lambda content: content.replace(b"ORDERS:", b"PAXLST:"), "edifact.message.unknown"),
    "a character set by agreement": (lambda content: content.replace(b"UNOC", b"UNOX"), "edifact.charset"),
    "references that differ": (lambda content: content.replace(b"UNZ+1+", b"UNZ+1+X"), "edifact.reference"),
    "lines cut at a fixed length": (
        lambda content: b"\n".join(content[at : at + 80] for at in range(0, len(content), 80)),
        "edifact.segment.unexpected",
    ),
    "an interactive interchange": (lambda _: b"UIB+UNOA:4++1'UIH+ABC:D:1:UN'", "edifact.interactive"),
}


@pytest.mark.parametrize("shape", REFUSED)
def test_what_cannot_be_read_is_refused_in_words(shape: str) -> None:
    change, code = REFUSED[shape]
    with pytest.raises(Unreadable) as refused:
        documents(change(PLAIN))
    assert code in {each.code for each in refused.value.findings}
