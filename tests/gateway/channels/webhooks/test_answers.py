"""What each answer of an endpoint means."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.webhooks.answers import failure_of
from gateway.egress.client import Answer

AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def answer(status: int, **headers: str) -> Answer:
    known = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Answer(status=status, headers=known, content=b"", complete=True)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_success(status: int) -> None:
    assert failure_of(answer(status), AT) is None


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_the_address_being_wrong(status: int) -> None:
    failure = failure_of(answer(status, location="https://elsewhere.example/"), AT)
    assert failure is not None
    assert failure.of_document is False
    assert failure.why.endswith("redirects are not followed, the profile names the address")
    assert "elsewhere" not in failure.why


@pytest.mark.parametrize(
    ("status", "of_document"),
    [(409, True), (413, True), (415, True), (422, True), (401, False), (404, False), (429, False), (502, False),
     (503, False), (504, False), (400, None), (418, None), (500, None), (501, None), (599, None), (100, None)],
)  # fmt: skip
def test_a_status_is_about_the_document_or_the_endpoint_or_does_not_tell(status: int, of_document: bool | None) -> None:
    failure = failure_of(answer(status), AT)
    assert failure is not None
    assert failure.of_document is of_document
    assert not failure.gone


def test_410_says_that_no_more_are_wanted() -> None:
    failure = failure_of(answer(410), AT)
    assert failure is not None
    assert failure.gone
    assert failure.why == "it answered 410 Gone: it wants no more webhooks"


@pytest.mark.parametrize(
    ("status", "text", "seconds"),
    [
        (429, "120", 120),
        (503, "Mon, 02 Mar 2026 10:10:00 GMT", 600),
        (503, "Mon, 02 Mar 2026 10:10:00", 600),
        (502, "7", 7),
        (503, "99999999999999999999", 86400),
        (503, "Fri, 31 Dec 9999 23:59:59 GMT", 86400),
        (503, "0", None),
        (503, "Mon, 02 Mar 2026 09:00:00 GMT", None),
        (503, "soon", None),
        (503, "Fri, 31 Dec 99999999999999999999 23:59:59 GMT", None),
        (503, "-5", None),
        (503, "٣", None),
        (500, "120", None),
    ],
)
def test_retry_after_is_heard_in_both_forms_up_to_a_day(status: int, text: str, seconds: int | None) -> None:
    failure = failure_of(answer(status, retry_after=text), AT)
    assert failure is not None
    assert failure.pause == (timedelta(seconds=seconds) if seconds is not None else None)


_DATES = st.builds("Fri, {} Dec {} {}:{}:{} {}".format, *[st.integers(-10, 10**20)] * 5, st.integers(-(10**6), 10**6))


@given(st.integers(100, 999), st.one_of(st.text(), _DATES, st.integers().map(str)))
def test_whatever_a_server_says_is_understood_or_passed_over(status: int, text: str) -> None:
    failure = failure_of(answer(status, retry_after=text), AT)
    assert (failure is None) == (200 <= status < 300)
    if failure is not None and failure.pause is not None:
        assert timedelta() < failure.pause <= timedelta(days=1)
