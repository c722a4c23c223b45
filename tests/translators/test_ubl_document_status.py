"""Advices that were cancelled: UBL says so beside everything else, and nothing of them holds."""

from pathlib import Path

import pytest

from translators.findings import Unreadable
from translators.identify import identify
from translators.reading import read

SAMPLES = Path(__file__).parents[1] / "samples"
BECAUSE = {
    "despatch-advice-ubl21": "a despatch that was cancelled is not on its way",
    "receipt-advice-ubl21": "what a cancelled advice says was received is not received",
}


def stating(name: str, code: str) -> bytes:
    content = (SAMPLES / f"{name}.in.xml").read_text()
    issued = content.index("<cbc:IssueTime>" if "<cbc:IssueTime>" in content else "<cbc:IssueDate>")
    end = content.index(">", content.index("</cbc:Issue", issued)) + 1
    return f"{content[:end]}<cbc:DocumentStatusCode>{code}</cbc:DocumentStatusCode>{content[end:]}".encode()


@pytest.mark.parametrize("code", ["Cancelled", "1"])
@pytest.mark.parametrize("name", BECAUSE)
def test_a_cancelled_advice_is_refused(name: str, code: str) -> None:
    content = stating(name, code)
    with pytest.raises(Unreadable) as refused:
        read(content, identify(content[:4096], None))
    assert [each.text for each in refused.value.findings] == [f"`{code}` is not taken here: {BECAUSE[name]}"]


@pytest.mark.parametrize("name", BECAUSE)
def test_an_advice_without_a_status_worth_telling_is_read(name: str) -> None:
    content = stating(name, "NoStatus")
    assert read(content, identify(content[:4096], None)).documents
