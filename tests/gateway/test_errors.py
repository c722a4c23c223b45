"""The tables of errors are complete: whatever can be refused has a title, an answer on the wire, and a page."""

import re
from pathlib import Path
from typing import get_args

import pytest

from gateway.answers import AS2_DISPOSITION, HTTP_STATUS, problem_type
from gateway.channels.as2.dispositions import written
from gateway.destinations.partner.causes import PARTNER_CAUSES
from gateway.errorpages import ACTORS, EXPLANATIONS
from gateway.errors import ERRORS, Actor, refusal_code
from gateway.identity.refusals import CERTIFICATE_REFUSALS, OUTAGES, PROOF_REFUSALS, TOKEN_REFUSALS
from policies.verdicts import Code

_LITERAL = re.compile(
    r"(?:code=|refusal\(|Refused\(|Unauthenticated\(\s*|Unacceptable\()[\"']([a-z_]+(?:\.[a-z_]+)+|internal)[\"']"
)
_FINDING = re.compile(r"[\"']((?:json|xml|edifact|document|ubl)\.[a-z_.]+)[\"']")


def codes_written_in(folder: Path, pattern: re.Pattern[str]) -> set[str]:
    return {code for file in folder.rglob("*.py") for code in pattern.findall(file.read_text())}


def test_every_code_a_policy_can_refuse_with_is_an_error() -> None:
    assert set(get_args(Code)) <= set(ERRORS)


def test_every_code_the_token_checks_can_refuse_with_is_an_error() -> None:
    assert {*TOKEN_REFUSALS, *PROOF_REFUSALS, *CERTIFICATE_REFUSALS, *OUTAGES} <= set(ERRORS)


@pytest.mark.parametrize(
    "place",
    [
        "gateway/channels/http",
        "gateway/channels/as2",
        "gateway/identity",
        "gateway/rejections.py",
        "gateway/senders.py",
    ],
)
def test_every_code_written_in_the_source_is_an_error(repository: Path, place: str) -> None:
    path = repository / place
    files = [path] if path.is_file() else path.rglob("*.py")
    written = {code for file in files for code in _LITERAL.findall(file.read_text())}
    assert written, "the pattern no longer finds how codes are written"
    assert written <= set(ERRORS) | set(PARTNER_CAUSES)


def test_every_error_can_be_refused_with(repository: Path) -> None:
    """An error nobody uses is a promise nobody keeps."""
    files = [file for folder in ("gateway", "policies") for file in (repository / folder).rglob("*.py")]
    text = "".join(file.read_text() for file in files)
    tables = (repository / "gateway" / "errors.py").read_text() + (repository / "gateway" / "answers.py").read_text()
    unused = [code for code in ERRORS if text.count(f'"{code}"') <= tables.count(f'"{code}"')]
    in_the_table_alone = {"document.unsupported", "document.malformed", "document.invalid", "document.too_large"}
    assert set(unused) <= in_the_table_alone  # those are what refusal_code gives


def test_every_finding_a_translator_writes_becomes_an_error(repository: Path) -> None:
    findings = codes_written_in(repository / "translators", _FINDING)
    assert findings
    assert {refusal_code(finding) for finding in findings} <= set(ERRORS)


@pytest.mark.parametrize("code", ERRORS)
def test_every_error_has_a_status_on_the_wire(code: str) -> None:
    assert 400 <= HTTP_STATUS[code] <= 503, f"{code} has no HTTP status in answers.py"
    assert problem_type(code).startswith(("/errors/", "https://iana.org/"))


def test_the_table_of_answers_names_no_error_that_does_not_exist() -> None:
    assert list(HTTP_STATUS) == list(ERRORS)


@pytest.mark.parametrize("code", [code for code, status in HTTP_STATUS.items() if status in (429, 503)])
def test_what_passes_by_itself_may_be_repeated(code: str) -> None:
    assert ERRORS[code].repeat


@pytest.mark.parametrize("code", ERRORS)
def test_every_error_has_an_answer_over_as2(code: str) -> None:
    """None and an HTTP status that makes AS2 products send again, or a disposition that they understand."""
    if (said := AS2_DISPOSITION[code]) is None:
        assert HTTP_STATUS[code] in (408, 429, 500, 503)
        assert ERRORS[code].repeat
        return
    disposition = written(said, modern=True)
    assert str(disposition) == said
    assert disposition.kind in (None, "error", "failure")
    is_temporary = HTTP_STATUS[code] in (429, 503)
    assert not is_temporary, "what passes by itself must not be told as a verdict"


@pytest.mark.parametrize(
    ("code", "disposition"),
    [
        ("document.invalid", "processed"),
        ("schema.not_matched", "processed"),
        ("version.document_retired", "processed"),
        ("access.not_granted", "processed/error: authentication-failed"),
        ("sender.suspended", "processed/error: authentication-failed"),
        ("idempotency.conflict", "processed/error: unexpected-processing-error"),
        ("as2.security", "processed/error: insufficient-message-security"),
        ("ledger.unavailable", None),
        ("limit.exceeded", None),
        ("limit.unavailable", None),
        ("version.document_brownout", None),
    ],
)
def test_what_the_receipt_of_an_as2_message_says(code: str, disposition: str | None) -> None:
    assert AS2_DISPOSITION[code] == disposition


@pytest.mark.parametrize("code", ["document.invalid", "access.denied", "limit.too_large", "idempotency.conflict"])
def test_what_will_never_succeed_may_not_be_repeated(code: str) -> None:
    assert not ERRORS[code].repeat


def test_titles_follow_the_house_style() -> None:
    titles = [error.title for error in ERRORS.values()]
    wrong = [title for title in titles if not re.fullmatch(r"[a-z].*[^.]", title) and not title[:3].isupper()]
    assert wrong == []


def test_every_error_is_explained_and_nothing_else_is() -> None:
    assert list(EXPLANATIONS) == list(ERRORS)
    assert set(ACTORS) == set(get_args(Actor))


@pytest.mark.parametrize("code", EXPLANATIONS)
def test_an_explanation_is_whole_sentences(code: str) -> None:
    explanation = EXPLANATIONS[code]
    for text in (explanation.meaning, explanation.cause, explanation.action):
        assert text[0].isupper() or text[0] == "`", text
        assert text.endswith("."), text
        assert text.count("`") % 2 == 0, text


@pytest.mark.parametrize(
    ("finding", "code"),
    [
        ("document.format", "document.unsupported"),
        ("document.empty", "document.unsupported"),
        ("document.media_type", "document.unsupported"),
        ("document.size", "document.too_large"),
        ("json.depth", "document.malformed"),
        ("json.duplicate", "document.malformed"),
        ("json.encoding", "document.malformed"),
        ("json.truncated", "document.malformed"),
        ("xml.doctype", "document.malformed"),
        ("xml.syntax", "document.malformed"),
        ("xml.encoding", "document.malformed"),
        ("xml.depth", "document.malformed"),
        ("xml.elements", "document.too_large"),
        ("xml.root", "document.unsupported"),
        ("edifact.truncated", "document.malformed"),
        ("edifact.character", "document.malformed"),
        ("edifact.messages", "document.too_large"),
        ("edifact.message.unknown", "document.unsupported"),
        ("edifact.segment.missing", "document.invalid"),
        ("a finding nobody knows", "document.invalid"),
    ],
)
def test_a_finding_becomes_the_error_that_stands_for_it(finding: str, code: str) -> None:
    assert refusal_code(finding) == code
