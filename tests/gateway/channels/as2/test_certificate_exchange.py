"""Certificates announced over AS2: what partners announce waits for a person, what we announce waits for them."""

from argparse import Namespace
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from msgspec.structs import replace
from support.as2_keys import holder
from support.as2_serving import As2World, as2_world, outgoing
from support.certificates import certificate, key, write_pair
from support.serving import LOCAL, PUBLIC_URL

from gateway.channels.as2.building import Built, build
from gateway.channels.as2.carrier import As2Carrier
from gateway.channels.as2.cem.exchanges import Answer, ExchangedUse, Request, Response
from gateway.channels.as2.cem.reading import read_cem
from gateway.channels.as2.cem.sending import CertificateLetters
from gateway.channels.as2.cem.writing import Written, write_request, write_response
from gateway.channels.as2.hearing import Heard
from gateway.channels.as2.mime import outermost
from gateway.channels.as2.stations import Stations
from gateway.channels.as2.windows import Spools, held
from gateway.cli.demo.as2_partner import As2Partner, _open
from gateway.cli.partner_announcing import accept, announce_ours, list_announced, reject
from gateway.cli.telling import Impossible
from gateway.clock import now
from gateway.egress.client import Egress
from gateway.ledger.certificates import CertificateExchange
from gateway.ledger.ledger import Ledger
from gateway.settings import Settings
from partners.directory import load
from partners.ownkeys import KeyPair, OwnKeys

ID = "<4711@werra.example>"
SOON = datetime.now(UTC) + timedelta(days=14)
NEW = certificate("werra 2027", of=key(2048, "werra 2027"))
EXPIRED = certificate("werra old", of=key(2048, "werra 2027"), ends=datetime(2026, 2, 1, tzinfo=UTC))
WEAK = certificate("werra weak", of=key(1024))

Announced = Sequence[tuple[x509.Certificate, Sequence[ExchangedUse]]]


@pytest.fixture
async def world(ledger: Ledger, tmp_path: Path) -> AsyncIterator[As2World]:
    async with as2_world(ledger, tmp_path) as opened:
        yield opened


def request(announced: Announced, request_id: str = "r-1", ours: str = "WERRA-EDI") -> Written:
    return write_request(
        announced, request_id=request_id, ours=ours, at=now(), respond_by=SOON, response_url="http://169.254.169.254/"
    )


def written(world: As2World, content: Written, message_id: str = ID, **agreed: Any) -> Built:
    sent = replace(outgoing(content.content, message_id), media_type=content.media_type)
    return build(sent, world.theirs(**agreed))


async def said(world: As2World, content: Written, message_id: str = ID, **agreed: Any) -> Heard:
    answer = await world.post(written(world, content, message_id, **agreed))
    assert answer.status_code == 200, answer.text
    return world.receipt(answer)


async def exchanges(world: As2World) -> list[CertificateExchange]:
    return await world.served.ledger.certificates.all()


async def events(world: As2World, name: str) -> list[str]:
    rows = await world.served.ledger._pool.fetch("select body from events order by tick, id")
    return [text for row in rows if f'"event":"{name}"' in (text := bytes(row["body"]).decode())]


async def letter(world: As2World) -> Response | Request:
    """The one that waits to be sent."""
    row = await world.served.ledger._pool.fetchrow("select media_type, content from certificate_letters")
    assert row is not None
    with Spools() as spools:
        return read_cem(outermost([("content-type", row["media_type"])], held(row["content"])), spools)


async def test_an_announced_certificate_waits_and_is_accepted_once_the_profile_has_it(
    world: As2World, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    heard = await said(world, request([(NEW, ("verify", "encrypt"))]))
    assert str(heard.mdn.disposition) == "processed"
    (one,) = await exchanges(world)
    assert (one.partner, one.state, one.announced_by) == ("werra", "pending", "them")
    assert one.respond_by == SOON.replace(microsecond=0)
    assert len(await events(world, "partners.certificate.announced")) == 1
    assert await world.served.messages_kept() == 0, "it is no document"

    ledger, partners = world.served.ledger, tmp_path / "partners"
    shown = Namespace(partner=None, all=False, export=tmp_path / "out", json=False)
    assert await list_announced(ledger, shown) == 0
    assert one.certificates[0].sha256[:16] in capsys.readouterr().out
    (exported,) = (tmp_path / "out").iterdir()
    asked = Namespace(exchange=one.id, why="compared by telephone")
    with pytest.raises(Impossible, match=r"does not have certificate .* for verify, encrypt: put it there first"):
        await accept(ledger, load(partners), asked)
    (partners / "certificates" / "werra-2027.pem").write_bytes(exported.read_bytes())
    world.profile("certificates:\n", "certificates:\n- {use: [verify, encrypt], file: werra-2027.pem}\n")
    assert await accept(ledger, load(partners), asked) == 0
    answer = await letter(world)
    assert isinstance(answer, Response)
    assert (answer.request_id, answer.sender, [one.accepted for one in answer.answers]) == ("r-1", "BERGMANN", [True])
    (event,) = await events(world, "operator.certificate.accepted")
    assert "compared by telephone" in event
    assert await reject(ledger, load(partners), asked) == 1, "the first decision stands"


async def test_a_rejection_tells_its_reason(world: As2World, tmp_path: Path) -> None:
    await said(world, request([(NEW, ("verify",)), (EXPIRED, ("encrypt",))]))
    (one,) = await exchanges(world)
    assert one.state == "pending"
    asked = Namespace(exchange=one.id, why="another fingerprint was read to us")
    assert await reject(world.served.ledger, load(tmp_path / "partners"), asked) == 0
    answer = await letter(world)
    assert isinstance(answer, Response)
    assert [(each.accepted, each.reason) for each in answer.answers] == [
        (False, "another fingerprint was read to us"), (False, "it expired on 2026-02-01"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("bad", "why"),
    [(EXPIRED, "it expired on 2026-02-01"), (WEAK, "its RSA key has 1024 bits; 2048 are needed")],
)
async def test_what_nobody_may_accept_is_rejected_at_once(world: As2World, bad: x509.Certificate, why: str) -> None:
    assert str((await said(world, request([(bad, ("verify",))]))).mdn.disposition) == "processed"
    (one,) = await exchanges(world)
    assert one.state == "rejected"
    answer = await letter(world)
    assert isinstance(answer, Response)
    assert [(each.accepted, each.reason) for each in answer.answers] == [(False, why)]


async def test_an_unsigned_exchange_is_refused_whatever_is_agreed_for_documents(world: As2World) -> None:
    world.profile("keys:", "receive: {signed: false, encrypted: false}\n  keys:")
    heard = await said(world, request([(NEW, ("verify",))]), digest=None, cipher=None)
    assert str(heard.mdn.disposition) == "processed/error: insufficient-message-security"
    (event,) = await events(world, "as2.message.failed")
    assert "an exchange of certificates is not signed, and must be" in event
    assert await exchanges(world) == []


async def test_a_request_that_the_new_key_signs_itself_is_refused(world: As2World) -> None:
    """Whoever holds the new key alone is not the partner."""
    world.profile("keys:", "receive: {encrypted: false}\n  keys:")
    stranger = holder("stranger", begins=now() - timedelta(days=1), ends=now() + timedelta(days=9))
    relation = replace(world.theirs(cipher=None), signer=KeyPair("stranger", stranger.key, stranger.certificate))
    content = request([(stranger.certificate, ("verify",))])
    sent = replace(outgoing(content.content, ID), media_type=content.media_type)
    heard = world.receipt(await world.post(build(sent, relation)))
    assert str(heard.mdn.disposition) == "processed/error: authentication-failed"
    assert await exchanges(world) == []


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (request([(NEW, ("verify",))], ours="SOMEBODY"),
         "the exchange of certificates is by `SOMEBODY`, its message by `WERRA-EDI`"),
        (write_response(Response(request_id="r-9", sender="WERRA-EDI", originated=SOON,
                                 answers=(Answer(issuer="CN=us", serial=1, accepted=True),))),
         "the response is to request `r-9`, which we never sent"),
    ],
)  # fmt: skip
async def test_what_does_not_fit_is_refused_with_the_reason(world: As2World, content: Written, sentence: str) -> None:
    heard = await said(world, content)
    assert str(heard.mdn.disposition) == "processed/error: unexpected-processing-error"
    assert sentence in " ".join(heard.mdn.explanation.split())
    assert await exchanges(world) == []


async def test_the_same_request_again_is_kept_once_and_another_under_its_id_is_refused(world: As2World) -> None:
    await said(world, request([(NEW, ("verify",))]))
    again = await said(world, request([(NEW, ("verify",))]), "<2@werra.example>")
    assert str(again.mdn.disposition) == "processed"
    other = await said(world, request([(WEAK, ("verify",))]), "<3@werra.example>")
    assert "request `r-1` came with other certificates before" in " ".join(other.mdn.explanation.split())
    assert len(await exchanges(world)) == 1


async def test_a_malformed_exchange_is_refused_and_on_record(world: As2World) -> None:
    whole = request([(NEW, ("verify",))])
    broken = Written(whole.media_type, whole.content.replace(b"digitalSignature", b"codeSigning"))
    heard = await said(world, broken)
    assert heard.mdn.disposition.kind == "error"
    assert "is none that is known" in (await events(world, "as2.message.failed"))[0]


def _asked(**given: Any) -> Namespace:
    return Namespace(**{"partner": "werra", "key": ["bergmann"], "respond_by": SOON, "why": "ours ends", **given})


def _settings(world: As2World, folder: Path) -> Settings:
    return Settings(partners=folder / "partners", partner_keys=world.files.ours, public_url=PUBLIC_URL)


async def announced(world: As2World, folder: Path) -> CertificateExchange:
    settings = _settings(world, folder)
    assert await announce_ours(world.served.ledger, load(settings.partners), settings, _asked()) == 0
    (one,) = await exchanges(world)
    return one


@pytest.mark.parametrize(("accepted", "state"), [(True, "accepted"), (False, "rejected")])
async def test_what_we_announce_is_answered_by_them(
    world: As2World, tmp_path: Path, accepted: bool, state: str
) -> None:
    one = await announced(world, tmp_path)
    ours = await letter(world)
    assert isinstance(ours, Request)
    assert (ours.request_id, ours.certificates[0].uses) == (one.request_id, ("verify", "encrypt"))
    assert ours.certificates[0].response_url == f"{PUBLIC_URL}/as2"
    mine = one.certificates[0]
    reason = "" if accepted else "too long"
    answer = Answer(issuer=mine.issuer, serial=int(mine.serial), accepted=accepted, reason=reason)
    response = Response(request_id=one.request_id, sender="WERRA-EDI", originated=now(), answers=(answer,))
    assert str((await said(world, write_response(response))).mdn.disposition) == "processed"
    contrary = replace(response, answers=(replace(answer, accepted=not accepted, reason="otherwise"),))
    await said(world, write_response(contrary), "<2@werra.example>")
    (told,) = await exchanges(world)
    assert (told.state, told.certificates[0].accepted) == (state, accepted), "the first answer stands"
    assert len(await events(world, "partners.certificate.answered")) == 1
    assert len(await events(world, "operator.certificate.announced")) == 1


async def test_a_response_about_another_certificate_is_refused(world: As2World, tmp_path: Path) -> None:
    one = await announced(world, tmp_path)
    answer = Answer(issuer="CN=x", serial=17, accepted=True)
    response = Response(request_id=one.request_id, sender="WERRA-EDI", originated=now(), answers=(answer,))
    heard = await said(world, write_response(response))
    assert "the response speaks of serial number 17, which the request did not hold" in " ".join(
        heard.mdn.explanation.split()
    )
    assert (await exchanges(world))[0].state == "pending"


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (_asked(key=["nobody"]), "the profile of `werra` has no key `nobody` in `as2.keys`"),
        (_asked(respond_by=datetime(2026, 1, 1, tzinfo=UTC)), "`--respond-by` is over already"),
        (_asked(partner="aurora"), "nothing signed is sent to `aurora` over AS2"),
    ],
)
async def test_what_cannot_be_announced_is_said_at_once(
    world: As2World, tmp_path: Path, asked: Namespace, sentence: str
) -> None:
    settings = _settings(world, tmp_path)
    with pytest.raises(Impossible, match=sentence.replace("(", r"\(")):
        await announce_ours(world.served.ledger, load(settings.partners), settings, asked)
    assert await exchanges(world) == []


async def test_an_expired_key_of_ours_is_not_announced(world: As2World, tmp_path: Path) -> None:
    write_pair(world.files.ours, "old", begins=datetime(2025, 1, 1, tzinfo=UTC), ends=datetime(2026, 1, 1, tzinfo=UTC))
    world.profile("keys: [", "keys: [{use: [sign], name: old}, ")
    settings = _settings(world, tmp_path)
    with pytest.raises(Impossible, match="certificate `old` cannot be announced: it expired on 2026-01-01"):
        await announce_ours(world.served.ledger, load(settings.partners), settings, _asked(key=["old"]))


async def test_nobody_answers_in_time_and_that_is_told_once(world: As2World, tmp_path: Path) -> None:
    await announced(world, tmp_path)
    ledger = world.served.ledger
    assert await ledger.certificates.remind() == []
    await ledger._pool.execute("update certificate_exchanges set respond_by = now() - interval '1 minute'")
    assert [(partner, by) for _, partner, by in await ledger.certificates.remind()] == [("werra", "us")]
    assert await ledger.certificates.remind() == []
    assert len(await events(world, "partners.certificate.unanswered")) == 1


class _Werra(As2Partner):
    """Keeps what came as the exchange it is. `down`: so many requests are answered 503 first."""

    def __init__(self, world: As2World) -> None:
        super().__init__(world.files.werra(), ("127.0.0.1", 0))
        self.came: list[Request | Response] = []
        self.message_ids: list[str] = []
        self._theirs = world.files.werra()

    def take(self, fields, body):  # type: ignore[no-untyped-def]
        with Spools() as spools:
            opened = _open(fields, body, self._theirs(), spools)
            assert opened.signer is not None
            self.came.append(read_cem(opened.payload, spools))
        self.message_ids.append(dict(fields)["message-id"])
        return super().take(fields, body)


async def test_a_letter_travels_signed_until_their_receipt_is_here(world: As2World, tmp_path: Path) -> None:
    one = await announced(world, tmp_path)
    ledger, partners = world.served.ledger, world.served.intake._partners
    stations = Stations(lambda: partners.current, OwnKeys(world.files.ours))
    egress = Egress(LOCAL)
    carrier = As2Carrier(stations, egress, ledger.exchanges, PUBLIC_URL, "gateway.tests.example")
    letters = CertificateLetters(ledger, carrier, lambda: partners.current)
    await letters.look()
    assert (await ledger.certificates.letter_of(one.id) or ("", ""))[0] == "waiting", "nobody listens yet"
    with _Werra(world) as werra:
        world.profile('send: {url: "http://127.0.0.1:4080/as2"}', f'send: {{url: "{werra.url}"}}')
        await letters.look()
        assert werra.came == [], "it is not due yet"
        await ledger._pool.execute("update certificate_letters set due_at = now()")
        await letters.look()
        (came,) = werra.came
        assert isinstance(came, Request)
        assert came.certificates[0].certificate.public_bytes(Encoding.DER) == one.certificates[0].der
        assert await ledger.certificates.letter_of(one.id) == ("arrived", None)
        await letters.look()
        assert len(werra.message_ids) == 1
    await egress.close()


async def test_a_letter_to_a_suspended_partner_waits(world: As2World, tmp_path: Path) -> None:
    one = await announced(world, tmp_path)
    world.profile("state: active", "state: suspended")
    letters = CertificateLetters(world.served.ledger, None, lambda: world.served.intake._partners.current)  # type: ignore[arg-type]
    await letters.look()
    assert await world.served.ledger.certificates.letter_of(one.id) == ("waiting", "`werra` is suspended")
