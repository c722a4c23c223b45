"""What an issuer's configuration may say."""

import pytest

from gateway.identity.issuers import Issuer, is_fetchable, problems_of


@pytest.mark.parametrize(
    ("address", "in_production", "in_development"),
    [
        ("https://id.example/certs", True, True),
        ("https://id.example:8443/certs", True, True),
        ("http://127.0.0.1:8080/certs", False, True),
        ("http://localhost/certs", False, True),
        ("http://[::1]:8080/certs", False, True),
        ("http://id.example/certs", False, False),
        ("http://127.0.0.1.evil.example/certs", False, False),
        ("http://0.0.0.0/certs", False, False),
        ("https://user@id.example/certs", False, False),
        ("https://id.example/certs#a", False, False),
        ("https://id.example:port/certs", False, False),
        ("https://[::1/certs", False, False),
        ("https:///certs", False, False),
        ("file:///etc/passwd", False, False),
        ("ftp://id.example/certs", False, False),
        ("", False, False),
    ],
)
def test_keys_come_over_https_or_in_development_from_loopback(address, in_production, in_development):
    assert is_fetchable(address, development=False) is in_production
    assert is_fetchable(address, development=True) is in_development


def test_a_sound_issuer_has_no_problems():
    issuer = Issuer(iss="https://id.example/realms/p", kind="partner", jwks_uri="https://id.example/c", audience="us")
    assert problems_of([issuer]) == []


def test_an_empty_issuer_has_all_of_them():
    issuer = Issuer(iss="", kind="partner", jwks_uri="", audience="", algorithms=())
    assert problems_of([issuer]) == [
        "an issuer needs its exact `iss`",
        "issuer `` needs the audience its tokens must name",
        "issuer `` allows no algorithm; name at least one of "
        "RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA",
        "issuer `` needs an https address of its keys; `` will not be fetched",
    ]
