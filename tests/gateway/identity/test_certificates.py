"""A certificate from a header counts only when our own proxy wrote it."""

import base64
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.identity.callers import Unauthenticated
from gateway.identity.certificates import thumbprint_from

PROXIES = (ip_network("10.2.0.0/16"), ip_network("fd00:2::/32"))


@pytest.fixture(scope="module")
def certificate() -> x509.Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "acme-edi")])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )


@pytest.fixture(scope="module")
def pem(certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


@pytest.fixture(scope="module")
def der(certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


@pytest.fixture(scope="module")
def thumbprint(certificate) -> str:
    return base64.urlsafe_b64encode(certificate.fingerprint(hashes.SHA256())).rstrip(b"=").decode()


def escaped(pem: bytes) -> tuple[bytes, bytes]:
    return b"ssl-client-cert", quote(pem, safe="").encode()


def standard(der: bytes) -> tuple[bytes, bytes]:
    return b"client-cert", b":" + base64.b64encode(der) + b":"


@pytest.mark.parametrize("peer", ["10.2.3.4", "::ffff:10.2.3.4", "fd00:2::1"])
def test_both_forms_give_the_thumbprint_when_a_listed_proxy_wrote_them(pem, der, thumbprint, peer):
    assert thumbprint_from([(b"host", b"x"), escaped(pem)], peer, PROXIES) == thumbprint
    assert thumbprint_from([standard(der), (b"host", b"x")], peer, PROXIES) == thumbprint


@pytest.mark.parametrize("peer", ["10.3.0.1", "203.0.113.7", "::1", "::ffff:10.3.0.1", "", "proxy", None])
def test_anybody_else_writes_them_in_vain(pem, der, peer):
    assert thumbprint_from([escaped(pem)], peer, PROXIES) is None
    assert thumbprint_from([standard(der)], peer, PROXIES) is None
    assert thumbprint_from([(b"client-cert", b"rubbish")], peer, PROXIES) is None


def test_without_listed_proxies_no_header_counts(der):
    assert thumbprint_from([standard(der)], "10.2.3.4", ()) is None


@pytest.mark.parametrize("headers", [[], [(b"x-forwarded-for", b"10.2.3.4")], [(b"ssl-client-cert", b"")]])
def test_a_connection_without_a_certificate_has_no_thumbprint(headers):
    assert thumbprint_from(headers, "10.2.3.4", PROXIES) is None


SPOILT = {
    "no colons": lambda pem, der: [(b"client-cert", base64.b64encode(der))],
    "one colon": lambda pem, der: [(b"client-cert", b":")],
    "nothing between the colons": lambda pem, der: [(b"client-cert", b"::")],
    "an empty standard header": lambda pem, der: [(b"client-cert", b"")],
    "not base64": lambda pem, der: [(b"client-cert", b":***:")],
    "not a certificate": lambda pem, der: [standard(b"0\x03\x02\x01\x05")],
    "a byte after it": lambda pem, der: [standard(der + b"\0")],
    "cut": lambda pem, der: [standard(der[:-1])],
    "twice": lambda pem, der: [standard(der), standard(der)],
    "in both forms": lambda pem, der: [standard(der), escaped(pem)],
    "two in one": lambda pem, der: [escaped(pem + pem)],
    "not PEM": lambda pem, der: [(b"ssl-client-cert", b"certificate")],
    "a key": lambda pem, der: [escaped(pem.replace(b"CERTIFICATE", b"PRIVATE KEY"))],
    "huge": lambda pem, der: [(b"ssl-client-cert", b"%20" * 6000)],
}


@pytest.mark.parametrize("name", SPOILT)
def test_what_a_listed_proxy_hands_on_unreadable_is_refused_not_ignored(pem, der, name):
    with pytest.raises(Unauthenticated) as caught:
        thumbprint_from(SPOILT[name](pem, der), "10.2.3.4", PROXIES)
    assert caught.value.code == "certificate.malformed"
    assert caught.value.text == "the client certificate handed on by the proxy cannot be read"
