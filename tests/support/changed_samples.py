"""Samples as other partners would send them: changed in a few places, and read."""

import re
from pathlib import Path
from typing import Any

import pytest

from translators.findings import Unreadable
from translators.identify import identify
from translators.reading import Reading, read

SAMPLES = Path(__file__).parents[1] / "samples"


def edifact_as_sent(name: str, *replaced: tuple[bytes, bytes], most: int = -1) -> Reading:
    """A sample with what is replaced in it, everywhere or `most` times; the segments are counted anew."""
    content = (SAMPLES / f"{name}.in.edi").read_bytes()
    for old, new in replaced:
        assert old in content
        content = content.replace(old, new, most)
    count = content[content.index(b"UNH+") :].count(b"'\n") - 1
    content = re.sub(rb"UNT\+\d+", b"UNT+%d" % count, content)
    return read(content, identify(content, None))


def xml_document(text: str) -> Any:
    """The one document of an XML message."""
    content = text.encode()
    return read(content, identify(content[:4096], None)).documents[0].object


def xml_refusals(text: str) -> list[str]:
    """Why an XML message is refused."""
    with pytest.raises(Unreadable) as refused:
        xml_document(text)
    return [finding.text for finding in refused.value.findings]


def changed_once(text: str, old: str, new: str) -> str:
    """`text` with the one `old` in it replaced."""
    assert text.count(old) == 1, old
    return text.replace(old, new)
