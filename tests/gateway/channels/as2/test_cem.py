"""Exchanges of certificates: what others send is read, what is wrong is one refusal, what we write is read again."""

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from support.certificates import certificate, key, pem

from gateway.channels.as2.cem.exchanges import MEDIA_TYPE, Request, Response, answer_to
from gateway.channels.as2.cem.reading import read_cem
from gateway.channels.as2.cem.writing import Written, write_request, write_response
from gateway.channels.as2.mime import outermost
from gateway.channels.as2.refusing import Unacceptable
from gateway.channels.as2.windows import Spools, held

AT = datetime(2027, 4, 1, 8, 30, tzinfo=UTC)
NEW = certificate("acme", of=key(2048, "acme"), begins=datetime(2027, 5, 1, tzinfo=UTC))
SERVER = certificate("as2.acme.example", of=key(256, "server"))
WEAK = certificate("acme", of=key(1024))

THEIRS = f"""\
<?xml version="1.0" encoding="UTF-8"?>
<EDIINTCertificateExchangeRequest xmlns="urn:ietf:params:xml:ns:ediintcertificateexchange"
 xmlns:ds="http://www.w3.org/2000/09/xmldsig#" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" requestId="r-17">
 <TradingPartnerInfo>
  <Name qualifier="AS2">ACME</Name>
  <MessageOriginated>2027-04-01T10:30:00+02:00</MessageOriginated>
 </TradingPartnerInfo>
 <TrustRequest>
  <CertUsage>keyEncipherment</CertUsage>
  <CertUsage>digitalSignature</CertUsage>
  <RespondByDate>2027-04-20T00:00:00Z</RespondByDate>
  <ResponseURL>http://169.254.169.254/mdn</ResponseURL>
  <EndEntity>
   <CertificateIdentifier>
    <ds:X509IssuerName>CN=acme</ds:X509IssuerName>
    <ds:X509SerialNumber>{NEW.serial_number}</ds:X509SerialNumber>
   </CertificateIdentifier>
   <CertificateContentID>new@acme.example</CertificateContentID>
  </EndEntity>
 </TrustRequest>
</EDIINTCertificateExchangeRequest>
"""


def message(text: str = THEIRS, attached: bytes | None = None, content_id: str = "<new@acme.example>") -> Written:
    content = attached if attached is not None else pkcs7.serialize_certificates([NEW], Encoding.DER)
    body = (
        f"--b\r\nContent-Type: {MEDIA_TYPE}; charset=utf-8\r\n\r\n{text}\r\n--b\r\n"
        f"Content-Type: application/pkcs7-mime; smime-type=certs-only\r\nContent-ID: {content_id}\r\n\r\n"
    ).encode() + content
    return Written(f'multipart/related; type="{MEDIA_TYPE}"; boundary=b', body + b"\r\n--b--\r\n")


def read(written: Written) -> Request | Response:
    with Spools() as spools:
        return read_cem(outermost([("content-type", written.media_type)], held(written.content)), spools)


@pytest.mark.parametrize(
    "attached", [pkcs7.serialize_certificates([NEW], Encoding.DER), NEW.public_bytes(Encoding.DER), pem(NEW)]
)
def test_a_request_as_others_write_it_is_read_with_its_certificate(attached: bytes) -> None:
    found = read(message(attached=attached))
    assert isinstance(found, Request)
    assert (found.request_id, found.sender, found.originated) == ("r-17", "ACME", AT)
    (asked,) = found.certificates
    assert asked.certificate == NEW
    assert asked.uses == ("encrypt", "verify")
    assert asked.respond_by == datetime(2027, 4, 20, tzinfo=UTC)
    assert (asked.response_url, asked.weakness) == ("http://169.254.169.254/mdn", None)


def test_what_we_ask_for_is_read_again_with_every_use() -> None:
    written = write_request(
        [(NEW, ("verify", "encrypt")), (SERVER, ("tls-server", "tls-client"))],
        request_id="r&1", ours='HO<US>E"', at=AT, respond_by=AT, response_url="https://as2.house.example/?a=1&b=2",
    )  # fmt: skip
    found = read(written)
    assert isinstance(found, Request)
    assert [(one.certificate, one.uses) for one in found.certificates] == [
        (NEW, ("verify", "encrypt")), (SERVER, ("tls-server", "tls-client")),
    ]  # fmt: skip
    assert (found.request_id, found.sender) == ("r&1", 'HO<US>E"')
    assert found.certificates[0].response_url == "https://as2.house.example/?a=1&b=2"


def test_an_answer_goes_to_each_certificate_and_is_read_again() -> None:
    asked = read(write_request([(NEW, ("verify",)), (SERVER, ("tls-server",)), (WEAK, ("verify",))], request_id="r-1",
                               ours="ACME", at=AT, respond_by=AT, response_url="https://acme.example"))  # fmt: skip
    assert isinstance(asked, Request)
    response = answer_to(asked, "HOUSE", AT, lambda one: None if "verify" in one.uses else "not <used> here")
    written = write_response(response)
    assert read(written) == response
    assert [(one.serial, one.accepted, one.reason) for one in response.answers] == [
        (NEW.serial_number, True, ""),
        (SERVER.serial_number, False, "not <used> here"),
        (WEAK.serial_number, False, "its RSA key has 1024 bits; 2048 are needed"),
    ]
    assert written.media_type.startswith(f'multipart/related; type="{MEDIA_TYPE}"')


def test_a_response_may_come_without_a_multipart_around_it() -> None:
    text = write_response(Response(request_id="r-1", sender="ACME", originated=AT, answers=(
        answer_to(read(message()), "ACME", AT, lambda _: None).answers))).content  # type: ignore[arg-type] # fmt: skip
    bare = text[text.index(b"<?xml") : text.rindex(b"\r\n--")]
    found = read(Written(MEDIA_TYPE, bare))
    assert isinstance(found, Response)
    assert found.answers[0].accepted


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        (message("<a"), "the exchange of certificates cannot be read"),
        (message("<a/>"), "neither a request nor a response"),
        (message('<!DOCTYPE a [<!ENTITY b "c">]>' + THEIRS.partition("\n")[2]), "cannot be read"),
        (message(THEIRS.replace(' requestId="r-17"', "")), "`requestId` is missing"),
        (message(THEIRS.replace("<Name qualifier=\"AS2\">ACME</Name>", "")), "`TradingPartnerInfo/Name` is missing"),
        (message(THEIRS.replace("2027-04-01T10:30:00+02:00", "yesterday")), "`yesterday` is no date and time"),
        (message(THEIRS.replace("keyEncipherment", "codeSigning")), "`CertUsage` `codeSigning` is none that is known"),
        (message(THEIRS.replace(str(NEW.serial_number), "17")), "has another serial number than the request says"),
        (message(THEIRS.replace(str(NEW.serial_number), "-1")), "`X509SerialNumber` is no whole number"),
        (message(content_id="<old@acme.example>"), "`new@acme.example` is named and not attached"),
        (message(attached=b"a certificate"), "it is no certificate in PEM, DER or P7B"),
        (message(attached=pem(NEW, SERVER)), "it holds 2 certificates that are nobody's issuer"),
        (message(attached=b"0" * 300_000), "is larger than 256 KiB"),
        (Written("multipart/related; boundary=b", b"--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b--\r\n"),
         f"no part is {MEDIA_TYPE}"),
    ],
)  # fmt: skip
def test_what_is_no_exchange_is_refused_with_the_reason(written: Written, sentence: str) -> None:
    with pytest.raises(Unacceptable) as refused:
        read(written)
    assert refused.value.code == "as2.malformed"
    assert sentence in refused.value.detail
