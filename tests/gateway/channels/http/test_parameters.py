"""What stands behind the `?` of an address is read, or refused: nothing of it is passed over."""

import pytest
from support.serving import Served, an_order

LIST = "`cursor`, `document_type`, `verdict`, `number` and `limit`"


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("lmit=2", f"`lmit` is no parameter of this address; it takes {LIST}"),
        ("limit=2&page=3&offset=1", f"`page` and `offset` are no parameters of this address; it takes {LIST}"),
        ("page=3&page=4", f"`page` is no parameter of this address; it takes {LIST}"),
        ("NUMBER=4711", f"`NUMBER` is no parameter of this address; it takes {LIST}"),
        ("nummer", f"`nummer` is no parameter of this address; it takes {LIST}"),
    ],
)
async def test_a_parameter_that_nobody_knows_is_refused_with_those_that_are(
    served: Served, query: str, sentence: str
) -> None:
    answer = await served.client.get(f"/v1/messages?{query}", headers=served.aurora())
    assert (answer.status_code, answer.json()["code"]) == (400, "request.unknown_parameter")
    assert answer.json()["detail"] == sentence
    assert answer.json()["act"] == "leave it out, or correct its name; / says what each address takes"
    assert answer.json()["trace"] == answer.headers["traceparent"].split("-")[1]


@pytest.mark.parametrize("path", ["/v1/documents", "/v1/documents/", "/v1/purchase-orders", "/v1/self-test"])
async def test_a_document_that_is_only_to_be_tried_is_not_taken(served: Served, path: str) -> None:
    answer = await served.post(f"{path}?dry_run=true", an_order(), served.aurora())
    assert (answer.status_code, answer.json()["code"]) == (400, "request.unknown_parameter")
    assert answer.json()["detail"] == "`dry_run` is no parameter of this address; it takes none"
    listed = await served.client.get("/v1/messages", headers=served.aurora())
    assert listed.json()["messages"] == []


async def test_a_parameter_is_given_once(served: Served) -> None:
    answer = await served.client.get("/v1/messages?limit=2&limit=3", headers=served.aurora())
    assert (answer.status_code, answer.json()["code"]) == (400, "request.parameter")
    assert (answer.json()["detail"], answer.json()["act"]) == ("`limit` is given more than once", "give it once")


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("limit=2000", "`limit`: a whole number from 1 to 200 is expected, not `2000`"),
        ("limit=0", "`limit`: a whole number from 1 to 200 is expected, not `0`"),
        ("limit=", "`limit`: a whole number from 1 to 200 is expected, not ``"),
        ("limit=many", "`limit`: a whole number from 1 to 200 is expected, not `many`"),
        ("verdict=refusd", "`verdict`: `accepted` or `refused` is expected, not `refusd`"),
        (
            "number=PO%0A1",
            "`number`: text of at most 200 characters, none of them a control character, is expected, not `PO\n1`",
        ),
    ],
)
async def test_a_parameter_of_the_wrong_form_is_told_what_it_may_be(served: Served, query: str, sentence: str) -> None:
    answer = await served.client.get(f"/v1/messages?{query}", headers=served.aurora())
    assert (answer.status_code, answer.json()["code"]) == (400, "request.parameter")
    assert answer.json()["detail"] == sentence


async def test_fractions_are_told_as_numbers(served: Served) -> None:
    answer = await served.client.get("/v1/plants/salzungen/deliveries?wait=61", headers=served.plant())
    assert answer.json()["detail"] == "`wait`: a number from 0 to 60 is expected, not `61`"


@pytest.mark.parametrize("path", ["/health/live?_=1", "/metrics?name=x", "/?utm_source=mail", "/errors?x=1"])
async def test_pages_and_figures_let_anything_stand_there(served: Served, path: str) -> None:
    assert (await served.client.get(path)).status_code == 200
