"""What a B2MML document wants done with what it holds: nothing is taken that is to be deleted."""

import re
from pathlib import Path

import pytest

from translators.findings import Unreadable
from translators.identify import identify
from translators.reading import read

SAMPLES = sorted((Path(__file__).parents[1] / "samples").glob("*b2mml.in.xml"))
VERB = re.compile(rb"<(?P<prefix>b:)?(?P<verb>Sync|Process)(?:/>|>.*?</(?:b:)?(?P=verb)>)", re.DOTALL)


def acting(content: bytes, code: bytes) -> bytes:
    def made(found: re.Match[bytes]) -> bytes:
        prefix = (found["prefix"] or b"").decode()
        expression = f'<{prefix}ActionExpression actionCode="{code.decode()}">/all</{prefix}ActionExpression>'
        verb = f"{prefix}{found['verb'].decode()}"
        return f"<{verb}><{prefix}ActionCriteria>{expression}</{prefix}ActionCriteria></{verb}>".encode()

    changed, count = VERB.subn(made, content)
    assert count == 1
    return changed


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_what_is_deleted_is_refused(path: Path) -> None:
    content = acting(path.read_bytes(), b"Delete")
    with pytest.raises(Unreadable) as refused:
        read(content, identify(content[:4096], None))
    told = {finding.text for finding in refused.value.findings}
    assert told == {"`Delete` is not taken here: what is deleted is not taken as what holds"}


@pytest.mark.parametrize("code", [b"Add", b"Change", b"Replace"])
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_what_is_added_or_changed_is_read(path: Path, code: bytes) -> None:
    content = acting(path.read_bytes(), code)
    reading = read(content, identify(content[:4096], None))
    assert reading.documents[0].body == read(path.read_bytes(), identify(path.read_bytes(), None)).documents[0].body
    assert reading.findings == ()


def test_the_place_of_an_order_is_its_hierarchy_scope_as_v0600_has_it() -> None:
    sample = next(path for path in SAMPLES if path.name == "production-schedule-v0600-b2mml.in.xml")
    content = re.sub(rb"(</?)Location>", rb"\1HierarchyScope>", sample.read_bytes())
    assert content != sample.read_bytes()
    assert b'"site":"WISMAR-2"' in read(content, identify(content[:4096], None)).documents[0].body
