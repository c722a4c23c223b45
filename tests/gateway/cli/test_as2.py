"""`as2 open` as support people use it: what it prints for right and for wrong messages."""

import json
from base64 import b64encode
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    pkcs12,
)
from msgspec.structs import replace
from support.as2_keys import NOW, holder
from support.as2_trials import As2Trial
from support.as2_worlds import theirs
from support.certificates import key
from support.openssl import openssl
from support.partner_profiles import whole_house

from gateway.channels.as2.building import Outgoing, build, build_receipt
from gateway.channels.as2.dispositions import Disposition, written
from gateway.channels.as2.inspecting.receipts import in_words
from gateway.channels.as2.mdn import Receipted
from gateway.channels.as2.mic import Mic
from gateway.cli.main import main
from partners.certificatefiles import read_certificate
from partners.ownkeys import KeyPair

ORDER = b"UNB+UNOA:2+NORDWIND+WERK+260314:0926+1'UNZ+1+1'"
US, THEM = holder("us"), holder("them")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GATEWAY_AS2_PASSPHRASE", raising=False)
    for name, one in (("us", US), ("them", THEM), ("stranger", holder("stranger"))):
        Path(f"{name}.crt").write_bytes(one.pem)
        Path(f"{name}.key").write_bytes(one.key_pem)
    return tmp_path


def message(**send: Any) -> bytes:
    outgoing = Outgoing(
        message_id="<7@nordwind.example>", content=ORDER, media_type="application/edifact", file_name="order.edi",
        receipt_url="https://as2.nordwind.example/mdn",
    )  # fmt: skip
    built = build(outgoing, theirs(send=send))
    return captured("POST /as2 HTTP/1.1", built.headers, built.body)


def captured(line: str, headers: Any, body: bytes) -> bytes:
    fields = "".join(f"{name}: {value}\r\n" for name, value in (*headers, ("Content-Length", len(body))))
    return f"{line}\r\n{fields}\r\n".encode() + body


def look(capsys: pytest.CaptureFixture[str], content: bytes, *options: str) -> tuple[int, dict[str, Any]]:
    Path("message").write_bytes(content)
    status = main(["as2", "open", "message", "--at", "2026-03-14T09:26:53", "--json", *options])
    said = capsys.readouterr()
    assert said.err == ""
    return status, json.loads(said.out)


def problems(told: dict[str, Any]) -> list[str]:
    return [problem for step in told["steps"] for problem in step["problems"]]


def facts(told: dict[str, Any], title: str) -> dict[str, str]:
    return dict(next(step["facts"] for step in told["steps"] if step["title"].startswith(title)))


KEYS = ("--key", "us.key", "--cert", "us.crt", "--partner-cert", "them.crt")


def test_a_right_message_is_told_layer_by_layer(folder, capsys):
    status, told = look(capsys, message(compress="after-signing"), *KEYS, "--extract", "out")
    assert (status, told["holds"], problems(told)) == (0, True, [])
    assert [step["title"] for step in told["steps"]] == [
        "The file is an HTTP request: POST /as2 HTTP/1.1",
        "Encryption (CMS AuthEnvelopedData)",
        "Compression (CMS CompressedData, zlib)",
        "Signature (CMS SignedData)",
        "Content",
        "Attachment 1",
    ]
    headers, sealed, signed = (facts(told, title) for title in ("The file", "Encryption", "Signature"))
    assert headers["AS2-From"] == "nordwind-edi"
    assert headers["receipt"] == "signed, in the answer, digest one of sha-256"
    serial = f"{US.certificate.serial_number:x}"
    assert sealed["algorithm"] == "aes-256-gcm"
    assert sealed["encrypted for"] == (
        f"CN=us, serial number {serial}, valid 2025-12-04 to 2026-09-30, key by rsa-oaep-sha256"
    )
    assert signed["algorithm"] == "rsa-pkcs1 with sha256"
    assert signed["signed sha256"] == signed["sha256 of the content"]
    digest = bytes.fromhex(signed["signed sha256"])
    assert signed["message integrity check"] == f"{b64encode(digest).decode()}, sha-256"
    assert told["steps"][3]["proofs"] == [
        "the content is the one that was signed",
        "the signature was made with the key of CN=them",
        "that certificate is one of the partner's",
    ]
    assert told["attachments"] == [{"name": "order.edi", "media_type": "application/edifact", "bytes": len(ORDER)}]
    assert (folder / "out" / "order.edi").read_bytes() == ORDER


def test_people_read_the_same_in_lines(folder, capsys):
    Path("message").write_bytes(message())
    assert main(["as2", "open", "message", "--at", "2026-03-14", *KEYS]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "1. The file is an HTTP request: POST /as2 HTTP/1.1"
    assert lines[-1] == "all that was checked holds"
    assert "   ✓ that certificate is one of the partner's" in lines


def test_without_a_key_it_stays_shut(folder, capsys):
    status, told = look(capsys, message())
    assert status == 1
    assert problems(told) == ["no key was given, so it stays shut: --key with --cert, or --profile"]


def test_another_key_than_the_one_it_is_for(folder, capsys):
    status, told = look(capsys, message(), "--key", "stranger.key", "--cert", "stranger.crt")
    serial = f"{US.certificate.serial_number:x}"
    assert status == 1
    assert problems(told) == [f"it is encrypted for serial number {serial}; none of our certificates is that"]


def test_another_signer_than_the_partner(folder, capsys):
    status, told = look(capsys, message(cipher="none"), "--partner-cert", "stranger.crt")
    serial = f"{THEM.certificate.serial_number:x}"
    assert status == 1
    assert problems(told) == [f"the certificate with serial number {serial} signed, which is not one of this partner's"]
    assert facts(told, "Signature")["signer"].startswith("CN=them, serial number ")


def test_an_expired_certificate(folder, capsys):
    old = holder("them", ends=NOW - timedelta(days=3))
    Path("old.crt").write_bytes(old.pem)
    relation = theirs(send={"cipher": "none"})
    outgoing = Outgoing(message_id="<8@n>", content=ORDER, media_type="text/plain", file_name="a.txt", receipt_url="")
    built = build(outgoing, replace(relation, signer=KeyPair("old", old.key, old.certificate)))
    status, told = look(capsys, captured("POST / HTTP/1.1", built.headers, built.body), "--partner-cert", "old.crt")
    assert status == 1
    assert problems(told) == ["the signer's certificate is valid from 2025-12-04 until 2026-03-11, not on 2026-03-14"]


def test_content_that_was_changed(folder, capsys):
    status, told = look(capsys, message(cipher="none").replace(b"WERK+", b"WORK+"), "--partner-cert", "them.crt")
    assert status == 1
    assert problems(told) == ["the sha256 of the content is not the signed one"]
    signed = facts(told, "Signature")
    assert signed["signed sha256"] != signed["sha256 of the content"]
    assert told["attachments"][0]["bytes"] == len(ORDER), "it is looked into all the same"


def test_an_envelope_that_was_changed(folder, capsys):
    content = bytearray(message())
    content[-20] ^= 1
    status, told = look(capsys, bytes(content), *KEYS)
    assert (status, problems(told)) == (1, ["the content does not decrypt: the key or the content is damaged"])


def test_a_capture_that_was_cut(folder, capsys):
    whole = message(cipher="none", digest="none")
    status, told = look(capsys, whole[:-4])
    assert status == 1
    assert problems(told) == [
        f"Content-Length says {len(ORDER)} bytes and {len(ORDER) - 4} are there: the capture is cut or changed"
    ]


def test_without_the_partners_certificate_it_is_said_what_was_not_checked(folder, capsys):
    status, told = look(capsys, message(cipher="none"))
    assert status == 1
    assert problems(told) == ["whose certificate that is was not checked: --partner-cert, or --profile"]


def receipt(*, disposition: str, mic: Mic | None = None) -> bytes:
    about = Receipted(
        message_id="<7@werk.example>", sender="WERK ULM", receiver="nordwind-edi", subject="", date="",
        disposition=written(disposition, modern=True), mic=mic,
    )  # fmt: skip
    made = build_receipt(about, theirs(), is_signed=True)
    fields = (("Content-Type", made.content_type), ("AS2-From", "nordwind-edi"), ("AS2-To", '"WERK ULM"'))
    return captured("HTTP/1.1 200 OK", fields, made.body)


def test_a_receipt_is_told_in_words(folder, capsys):
    content = receipt(disposition="processed", mic=Mic("sha256", b"\1" * 32))
    status, told = look(capsys, content, "--partner-cert", "them.crt")
    assert (status, problems(told)) == (0, [])
    said = facts(told, "Receipt")
    assert said["for the message"] == "<7@werk.example>"
    assert said["that means"] == "the receiver took the message"
    assert said["message integrity check"] == str(Mic("sha256", b"\1" * 32))


@pytest.mark.parametrize(
    ("disposition", "words"),
    [
        (Disposition("processed", "error", "decryption-failed"),
         "the receiver did not take the message: the receiver could not open it: most often it was encrypted to "
         "an old certificate"),
        (Disposition("processed", "error", "Grund 7"),
         "the receiver did not take the message: in the receiver's words: Grund 7"),
        (Disposition("processed", "warning", "duplicate-document"),
         "the receiver took the message, with a warning: the receiver had it already"),
        (Disposition("failed"), "the receiver did not take it: no reason is told"),
        (Disposition("displayed"), "`displayed` says neither that it was taken nor that it was not"),
    ],
)  # fmt: skip
def test_dispositions_in_words(disposition, words):
    assert in_words(disposition) == words


def test_cms_alone_is_opened_in_der_pem_and_base64(folder, capsys):
    body = message().partition(b"\r\n\r\n")[2]
    letters = b64encode(body)
    for content in (body, letters, b"-----BEGIN CMS-----\n" + letters + b"\n-----END CMS-----\n"):
        status, told = look(capsys, content, *KEYS)
        assert (status, problems(told)) == (0, [])


def test_a_signature_alone_tells_its_signer(folder, capsys):
    body = message(cipher="none").partition(b"Content-Transfer-Encoding: binary\r\n\r\n0")[2]
    status, told = look(capsys, b"0" + body.rpartition(b"\r\n--")[0], "--partner-cert", "them.crt")
    assert (status, problems(told)) == (1, ["the signed content is not in this file"])
    assert facts(told, "Signature")["signer"].startswith("CN=them, ")


def test_a_chunked_capture(folder, capsys):
    head, _, body = message(cipher="none").partition(b"\r\n\r\n")
    head = head.rpartition(b"\r\n")[0] + b"\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunked = b"a\r\n" + body[:10] + b"\r\n" + f"{len(body) - 10:x};x=1\r\n".encode() + body[10:] + b"\r\n"
    status, told = look(capsys, head + chunked + b"0\r\n\r\n", "--partner-cert", "them.crt")
    assert (status, problems(told)) == (0, [])
    _, told = look(capsys, head + chunked, "--partner-cert", "them.crt")
    assert problems(told) == ["the last chunk is missing: the capture is cut"]


@pytest.mark.parametrize("given", ["file", "variable", "p12"])
def test_a_key_with_a_passphrase(given, folder, capsys, monkeypatch):
    locked = BestAvailableEncryption(b"geheim")
    Path("locked.key").write_bytes(US.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked))
    Path("us.p12").write_bytes(pkcs12.serialize_key_and_certificates(b"us", US.key, US.certificate, None, locked))
    Path("word").write_text("geheim\n")
    options = ["--key", "us.p12"] if given == "p12" else ["--key", "locked.key", "--cert", "us.crt"]
    if given == "variable":
        monkeypatch.setenv("GATEWAY_AS2_PASSPHRASE", "geheim")
    else:
        options += ["--passphrase-file", "word"]
    assert look(capsys, message(), *options, "--partner-cert", "them.crt")[0] == 0


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["message", "--key", "us.key"], "us.key: no certificate given with --cert belongs to this key"),
        (["message", "--key", "us.key", "--cert", "them.crt"],
         "us.key: no certificate given with --cert belongs to this key"),
        (["message", "--key", "us.crt", "--cert", "us.crt"], "us.crt: it is no private key in PEM"),
        (["message", "--key", "locked.key"],
         "locked.key: the key has a passphrase: --passphrase-file, or GATEWAY_AS2_PASSPHRASE"),
        (["message", "--partner-cert", "message"], "message: it is no certificate in PEM, DER or P7B"),
        (["absent"], "absent: no such file or directory"),
        (["us.crt"], "us.crt: it is no HTTP message, no MIME with a Content-Type and no CMS in DER, PEM or base64"),
        (["message", "--profile", "nobody"], "there is no profile `nobody` in "),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_said_in_a_sentence(options, sentence, folder, capsys):
    Path("message").write_bytes(message())
    locked = BestAvailableEncryption(b"geheim")
    Path("locked.key").write_bytes(US.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked))
    assert main(["as2", "open", *options]) == 2
    assert capsys.readouterr().err.startswith(sentence)


def test_nothing_is_written_over(folder, capsys):
    look(capsys, message(), *KEYS, "--extract", "out")
    assert main(["as2", "open", "message", *KEYS, "--extract", "out"]) == 2
    assert capsys.readouterr().err == "out/order.edi: file exists\n"


def test_no_damaged_message_makes_it_stumble(folder, capsys):
    trial = As2Trial(11)
    for _ in range(60):
        part = trial.damaged()
        content = f"Content-Type: {part.kind}\r\n\r\n".encode("latin-1") + part.body
        Path("message").write_bytes(content)
        assert main(["as2", "open", "message", *KEYS]) in (0, 1, 2)
        assert "Traceback" not in capsys.readouterr().err


def test_a_profile_brings_our_keys_and_their_certificates(folder, capsys, monkeypatch):
    monkeypatch.setenv("GATEWAY_PARTNERS", str(whole_house(folder)))
    monkeypatch.setenv("GATEWAY_PARTNER_KEYS", str(folder / "keys"))
    house = read_certificate(folder / "keys" / "house-2026.crt")
    acme = read_certificate(folder / "partners" / "certificates" / "acme-2026.pem")
    relation = replace(theirs(send={}), encrypt_to=house, signer=KeyPair("acme", key(2048, "acme"), acme))
    outgoing = Outgoing(message_id="<9@a>", content=ORDER, media_type="text/plain", file_name="a.txt", receipt_url="")
    built = build(outgoing, relation)
    content = captured("POST /as2 HTTP/1.1", built.headers, built.body)
    at = acme.not_valid_before_utc + timedelta(days=1)
    assert look(capsys, content, "--profile", "acme", "--at", at.isoformat())[0] == 0
    status, told = look(capsys, content, "--profile", "acme", "--at", "2028-01-01")
    assert status == 1
    assert any("acme" in fact for fact in facts(told, "Signature").values())
    assert any(problem.startswith("the signer's certificate is valid from ") for problem in problems(told))


def test_several_attachments_are_listed_and_a_name_that_is_a_path_is_not_used(folder, capsys):
    first = b"Content-Type: application/edifact\r\nContent-Disposition: attachment; filename=a.edi\r\n\r\n" + ORDER
    second = b"Content-Type: application/pdf; name=../b.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERg=="
    body = b"".join(b"--x\r\n" + part + b"\r\n" for part in (first, second)) + b"--x--\r\n"
    content = b"Content-Type: multipart/related; boundary=x\r\n\r\n" + body
    status, told = look(capsys, content, "--extract", "out")
    assert status == 1
    assert problems(told) == ["the file name has characters that no file name here may have"]
    assert [(one["name"], one["bytes"]) for one in told["attachments"]] == [("a.edi", len(ORDER)), (None, 4)]
    assert told["written"] == ["out/a.edi", "out/attachment-2"]
    assert (folder / "out" / "attachment-2").read_bytes() == b"%PDF"


def test_what_needs_a_legacy_exception_is_named_with_it(folder, capsys):
    Path("content").write_bytes(b"Content-Type: text/plain\r\n\r\nhello")
    openssl(folder, "cms", "-sign", "-binary", "-in", "content", "-md", "sha1", "-nodetach", "-outform", "DER",
            "-signer", "them.crt", "-inkey", "them.key", "-out", "signed")  # fmt: skip
    openssl(folder, "cms", "-encrypt", "-binary", "-in", "content", "-des3", "-outform", "DER", "-out", "sealed",
            "-recip", "us.crt", "-keyopt", "rsa_padding_mode:oaep")  # fmt: skip
    _, told = look(capsys, Path("signed").read_bytes(), *KEYS)
    assert facts(told, "Signature")["needs"] == "the legacy exception `sha-1`"
    status, told = look(capsys, Path("sealed").read_bytes(), *KEYS)
    needs = [value for label, value in told["steps"][1]["facts"] if label == "needs"]
    assert (status, needs) == (0, ["the legacy exception `3des`", "the legacy exception `oaep-sha-1`"])
