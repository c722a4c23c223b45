"""What UBL order responses say by codes and indicators of several times: Peppol BIS 3, Peppol before it, UBL 2.0."""

from pathlib import Path

import pytest

from translators.canonical.order_response import OrderResponse
from translators.findings import Unreadable
from translators.identify import identify
from translators.reading import read

SAMPLES = Path(__file__).parents[1] / "samples"
RESPONSE = (SAMPLES / "order-response-ubl21.in.xml").read_text()
SIMPLE = (SAMPLES / "order-response-simple-ubl21.in.xml").read_text()


def document(text: str) -> OrderResponse:
    content = text.encode()
    found = read(content, identify(content[:4096], None)).documents[0].object
    assert isinstance(found, OrderResponse)
    return found


@pytest.mark.parametrize("code", ["28", "30"])
def test_an_order_accepted_in_part_by_its_code_of_1225_is_accepted_with_changes(code: str) -> None:
    text = RESPONSE.replace("<cbc:OrderResponseCode>CA<", f"<cbc:OrderResponseCode>{code}<")
    assert text != RESPONSE
    assert document(text).status == "accepted_with_changes"


@pytest.mark.parametrize(("code", "status"), [("29", "accepted"), ("30", "accepted_with_changes"), ("27", "rejected")])
def test_a_line_is_answered_by_a_code_of_1225_as_well(code: str, status: str) -> None:
    text = RESPONSE.replace("<cbc:LineStatusCode>5<", f"<cbc:LineStatusCode>{code}<", 1)
    assert text != RESPONSE
    was, now = document(RESPONSE).lines, document(text).lines
    assert [line.status for line in was if line not in now] == ["accepted"] * (status != "accepted")
    assert status in [line.status for line in now]


@pytest.mark.parametrize(
    ("indicator", "status"), [("true", "accepted"), ("1", "accepted"), ("false", "rejected"), ("0", "rejected")]
)
def test_a_simple_response_takes_the_order_or_does_not(indicator: str, status: str) -> None:
    text = SIMPLE.replace(">false</cbc:AcceptedIndicator>", f">{indicator}</cbc:AcceptedIndicator>")
    assert document(text).status == status


def test_a_simple_response_without_its_indicator_answers_nothing() -> None:
    content = SIMPLE.replace("<cbc:AcceptedIndicator>false</cbc:AcceptedIndicator>", "").encode()
    with pytest.raises(Unreadable) as refused:
        read(content, identify(content[:4096], None))
    assert [each.text for each in refused.value.findings] == ["cbc:AcceptedIndicator is missing"]
