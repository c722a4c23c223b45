"""Every refusal is complete, can be written into a header, and is proven somewhere."""

import re
from pathlib import Path

import pytest

from gateway.identity.callers import IdentityUnavailable, no_token
from gateway.identity.refusals import CERTIFICATE_REFUSALS, OUTAGES, PROOF_REFUSALS, TOKEN_REFUSALS, refusal

CODES = [*TOKEN_REFUSALS, *PROOF_REFUSALS, *CERTIFICATE_REFUSALS, *OUTAGES]


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("scheme", ["Bearer", "DPoP"])
def test_its_challenge_is_one_printable_line_of_quoted_strings(code, scheme):
    error = refusal(code, scheme)
    assert error.challenge.isascii()
    assert error.challenge.isprintable()
    parameter = r'[a-z_]+="[^"\\]*"'
    scheme_with_parameters = rf"(Bearer|DPoP) {parameter}(, {parameter})*"
    assert re.fullmatch(rf"{scheme_with_parameters}(, {scheme_with_parameters})?", error.challenge)


@pytest.mark.parametrize("code", CODES)
def test_its_sentence_is_in_the_house_style(code):
    text = refusal(code).text
    assert text[0].islower() or text.startswith("DPoP")
    assert not text.endswith(".")


def test_outages_are_told_apart_and_nothing_else_is():
    assert [code for code in CODES if isinstance(refusal(code), IdentityUnavailable)] == list(OUTAGES)


@pytest.mark.parametrize("code", CODES)
def test_it_is_raised_by_the_code_and_proven_by_a_test(code):
    here = Path(__file__)
    package = here.parents[3] / "gateway" / "identity"
    assert any(f'"{code}"' in file.read_text() for file in package.glob("*.py") if file.name != "refusals.py")
    assert any(f'"{code}"' in file.read_text() for file in here.parent.glob("test_*.py") if file != here)


def test_an_unlisted_code_is_a_defect():
    with pytest.raises(KeyError):
        refusal("token.unheard_of")


def test_a_request_without_a_token_is_challenged_without_an_error():
    error = no_token()
    assert error.code == "token.missing"
    assert error.challenge == 'Bearer realm="partner-gateway", DPoP realm="partner-gateway"'


def test_a_bound_token_without_its_proof_is_offered_both_ways():
    assert refusal("token.binding_missing").challenge == (
        'Bearer realm="partner-gateway", error="invalid_token", error_description="the token is bound to a key; '
        'present it with its certificate or its proof", DPoP realm="partner-gateway", algs="ES256 EdDSA PS256 RS256"'
    )
