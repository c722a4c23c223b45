"""What we write and how we read it, beside pyasn1: a reader that shares nothing with ours but the standard."""

from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyasn1.codec.ber import decoder as ber
from pyasn1.codec.der import decoder as der_decoder
from pyasn1.codec.der import encoder as der_encoder
from pyasn1.error import PyAsn1Error
from pyasn1.type import char, tag, univ
from pyasn1_modules import rfc5083, rfc5084, rfc5652
from support.as2_keys import NOW, holder
from support.cms_shapes import content_type, indefinite, message_digest, sha256, signed_data, signer_info

from gateway.channels.as2.cms.algorithms import Cipher, Digest, Scheme, Transport
from gateway.channels.as2.cms.encrypting import encrypt
from gateway.channels.as2.cms.enveloped import Recipient, decrypt
from gateway.channels.as2.cms.failures import CryptographicFailure
from gateway.channels.as2.cms.rules import DEFAULT_CAPS, MODERN_CIPHERS, MODERN_ENCRYPTION, MODERN_TRANSPORTS
from gateway.channels.as2.cms.signed import read_signed_data
from gateway.channels.as2.cms.tlv import CONSTRUCTED, END, Walker
from gateway.channels.as2.cms.writing import sign

CONTENT = b"UNB+UNOC:3'" * 500
ACME, OURS = "Acme Metals", "Our House"


def theirs(blob: bytes, kind: Any, read: Any = ber) -> Any:
    """By pyasn1: the content of a ContentInfo, which must be all there is."""
    info, rest = read.decode(blob, asn1Spec=rfc5652.ContentInfo())
    assert rest == b""
    content, rest = read.decode(bytes(info["content"]), asn1Spec=kind)
    assert rest == b""
    return content


def attributes(signer: Any) -> dict[str, bytes]:
    return {str(one["attrType"]): bytes(one["attrValues"][0]) for one in signer["signedAttrs"]}


@pytest.mark.parametrize("scheme", [Scheme.RSA_PKCS1, Scheme.RSA_PSS, Scheme.ECDSA])
@pytest.mark.parametrize("digest", [Digest.SHA256, Digest.SHA384, Digest.SHA512])
def test_a_signature_that_we_write_says_the_same_to_both(scheme: Scheme, digest: Digest) -> None:
    one = holder(ACME, "secp256r1" if scheme is Scheme.ECDSA else "rsa2048")
    blob = sign(b"\x07" * digest.hash.digest_size, digest, one.key, one.certificate, scheme, NOW)
    (ours,) = read_signed_data(blob).signers
    signed = theirs(blob, rfc5652.SignedData(), der_decoder)
    (info,) = signed["signerInfos"]
    named = info["sid"]["issuerAndSerialNumber"]
    assert (
        int.from_bytes(ours.identity.serial, signed=True) == int(named["serialNumber"]) == one.certificate.serial_number
    )
    assert ours.identity.issuer == der_encoder.encode(named["issuer"])
    assert ours.signature == bytes(info["signature"])
    assert ours.attributes is not None
    told = attributes(info)
    assert set(told) == {str(rfc5652.id_contentType), str(rfc5652.id_messageDigest), str(rfc5652.id_signingTime)}
    assert der_decoder.decode(told[str(rfc5652.id_messageDigest)])[0].asOctets() == ours.attributes.message_digest
    assert der_decoder.decode(told[str(rfc5652.id_signingTime)])[0].asDateTime == NOW
    assert ours.attributes.signing_time == NOW
    # What is signed is the set with its own tag (RFC 5652, 5.4), and DER sorts it.
    retagged = univ.SetOf(componentType=rfc5652.Attribute())
    retagged.extend(info["signedAttrs"])
    assert der_encoder.encode(retagged) == ours.attributes.encoded


@pytest.mark.parametrize("segment", [1, 64, 1000])
def test_what_is_signed_and_enclosed_says_the_same_to_both(segment: int) -> None:
    """Lengths given afterwards are read by us alone: pyasn1 loses end marks inside an ANY."""
    signer = signer_info(holder(ACME), attributes=[content_type(), message_digest(sha256(CONTENT))])
    blob = signed_data(signer, certificates=[holder(ACME)], content=CONTENT)
    ours, signed = read_signed_data(blob), theirs(blob, rfc5652.SignedData())
    assert ours.content == bytes(signed["encapContentInfo"]["eContent"]) == CONTENT
    assert [one.signature for one in ours.signers] == [bytes(one["signature"]) for one in signed["signerInfos"]]
    assert ours.certificates == tuple(der_encoder.encode(one["certificate"]) for one in signed["certificates"])
    foreign = read_signed_data(indefinite(blob, segment=segment))
    assert (foreign.content, [one.signature for one in foreign.signers]) == (
        ours.content, [one.signature for one in ours.signers],
    )  # fmt: skip


@pytest.mark.parametrize("cipher", sorted(MODERN_CIPHERS))
@pytest.mark.parametrize("transport", sorted(MODERN_TRANSPORTS))
def test_an_envelope_that_we_write_says_the_same_to_both(cipher: Cipher, transport: Transport) -> None:
    sealed, opened = BytesIO(), BytesIO()
    encrypt(BytesIO(CONTENT), sealed, [holder(OURS).certificate, holder(ACME).certificate], cipher, transport)
    blob = sealed.getvalue()
    kind = rfc5083.AuthEnvelopedData() if cipher.is_authenticated else rfc5652.EnvelopedData()
    envelope = theirs(blob, kind, der_decoder)
    inner = envelope["authEncryptedContentInfo" if cipher.is_authenticated else "encryptedContentInfo"]
    hidden = bytes(inner["encryptedContent"])
    named = {int(one["ktri"]["rid"]["issuerAndSerialNumber"]["serialNumber"]) for one in envelope["recipientInfos"]}
    assert named == {holder(OURS).certificate.serial_number, holder(ACME).certificate.serial_number}
    parameters = bytes(inner["contentEncryptionAlgorithm"]["parameters"])
    if cipher.is_authenticated:
        told, _ = der_decoder.decode(parameters, asn1Spec=rfc5084.GCMParameters())
        assert (len(told["aes-nonce"]), int(told["aes-ICVlen"]), len(envelope["mac"])) == (12, 16, 16)
        assert len(hidden) == len(CONTENT)
    else:
        assert len(der_decoder.decode(parameters)[0]) == 16
        assert len(hidden) == len(CONTENT) // 16 * 16 + 16
    one = holder(OURS)
    decrypt(BytesIO(blob), opened, [Recipient(one.certificate, one.key)], MODERN_ENCRYPTION)
    assert opened.getvalue() == CONTENT


# ---- any structure -------------------------------------------------------------------------------------------------

_LEAVES = st.one_of(
    st.integers(-(2**70), 2**70).map(univ.Integer),
    st.binary(max_size=300).map(univ.OctetString),
    st.text(max_size=40).map(char.UTF8String),
    st.lists(st.integers(0, 2**30), max_size=6).map(lambda tail: univ.ObjectIdentifier((1, 3, *tail))),
    st.just(univ.Null("")),
)


def _sequence(parts: list[Any]) -> Any:
    made = univ.SequenceOf()
    for place, part in enumerate(parts):
        made.setComponentByPosition(place, part, verifyConstraints=False, matchTags=False, matchConstraints=False)
    return made


def _marked(number: int, inner: Any) -> Any:
    return inner.subtype(explicitTag=tag.Tag(tag.tagClassContext, tag.tagFormatConstructed, number))


def _nested(levels: int) -> st.SearchStrategy[Any]:
    if not levels:
        return _LEAVES
    inner = _nested(levels - 1)
    marked = st.tuples(st.integers(0, 30), inner).map(lambda two: _marked(*two))
    return st.one_of(_LEAVES, st.lists(inner, max_size=4).map(_sequence), marked)


STRUCTURES = _nested(6)


def walked(walker: Walker) -> list[Any]:
    """(tag, what is in it) for each element up to the end of what was entered."""
    found: list[Any] = []
    while (next_tag := walker.tag()) != END:
        if next_tag & CONSTRUCTED:
            walker.enter(next_tag, "a structure")
            found.append((next_tag, walked(walker)))
            walker.leave("a structure")
        else:
            found.append((next_tag, walker.value(next_tag, "a value")))
    return found


def told_by_pyasn1(encoded: bytes) -> list[Any]:
    """The same by pyasn1, which gives the element that begins some bytes, and the rest."""
    found: list[Any] = []
    while encoded:
        element, rest = der_decoder.decode(encoded, asn1Spec=univ.Any())
        content = _content(bytes(element))
        found.append((encoded[0], told_by_pyasn1(content) if encoded[0] & CONSTRUCTED else content))
        encoded = rest
    return found


def _content(element: bytes) -> bytes:
    length = element[1]
    return element[2 if length < 0x80 else 2 + (length & 0x7F) :]


@given(STRUCTURES)
def test_any_structure_that_pyasn1_writes_is_walked_as_pyasn1_reads_it(structure: Any) -> None:
    encoded = der_encoder.encode(structure)
    walker = Walker(encoded, DEFAULT_CAPS)
    assert walked(walker) == told_by_pyasn1(encoded)
    walker.finish()


@given(STRUCTURES, st.data())
def test_a_structure_that_ends_early_is_refused_by_both(structure: Any, data: st.DataObject) -> None:
    encoded = der_encoder.encode(structure)
    cut = encoded[: data.draw(st.integers(1, len(encoded) - 1))]
    with pytest.raises(PyAsn1Error):
        told_by_pyasn1(cut)
    with pytest.raises(CryptographicFailure):
        walked(Walker(cut, DEFAULT_CAPS))
