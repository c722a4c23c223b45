"""Everything of AS2 that can be tried without the partner, with the keys and certificates that hold at a moment."""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from gateway.channels.as2.building import Built, Outgoing, build
from gateway.channels.as2.cms.rules import Caps
from gateway.channels.as2.headers import read_headers
from gateway.channels.as2.mime import outermost
from gateway.channels.as2.refusing import Unacceptable
from gateway.channels.as2.relation import Relation
from gateway.channels.as2.stations import Stations
from gateway.channels.as2.unwrapping import Unwrapping
from gateway.channels.as2.windows import Spools, held
from partners.as2relations import As2Receive, As2Send
from partners.profile import Partner

_PROBE = Outgoing(
    message_id="<rehearsal@gateway.invalid>",
    content=b"UNB+UNOA:2+REHEARSAL+REHEARSAL+260101:0000+1++++++1'UNZ+0+1'",
    media_type="application/edifact",
    file_name="rehearsal.edi",
    receipt_url="https://gateway.invalid/as2/mdn",
)


class Probe(Struct, frozen=True, kw_only=True):
    what: str
    outcome: Literal["works", "fails"]
    why: str = ""


def rehearsed(stations: Stations, partner: Partner, at: datetime) -> Iterator[Probe]:
    """Everything that can be tried without the partner, over AS2; other channels hold no certificates of ours."""
    agreed = partner.as2
    if agreed is None:
        return
    try:
        relation = stations.towards(partner, at)
    except Unacceptable as refused:
        yield Probe(what="our keys can be read", outcome="fails", why=refused.detail)
        return
    if agreed.send is not None:
        yield _tried("we sign and encrypt to them as agreed", partial(build, _PROBE, relation))
        if agreed.send.digest is not None:
            yield _tried("our signature verifies with our certificate", partial(_sign, relation, agreed.send))
    if any("decrypt" in key.use for key in agreed.keys):
        yield _tried("what they encrypt to us is opened", partial(_open, relation))
    if agreed.receive.signed:
        yield _tried("a certificate of theirs verifies what they sign", partial(_verify, relation))


def _tried(what: str, attempt: Callable[[], object]) -> Probe:
    try:
        attempt()
    except Unacceptable as refused:
        return Probe(what=what, outcome="fails", why=refused.detail)
    except ValueError as problem:  # a key of a kind that cannot do it
        return Probe(what=what, outcome="fails", why=str(problem))
    return Probe(what=what, outcome="works")


def _sign(relation: Relation, send: As2Send) -> None:
    """As the partner will verify it: with nothing but our certificate."""
    plain = replace(relation.agreed, send=replace(send, cipher=None), receive=As2Receive(signed=True, encrypted=False))
    message = build(_PROBE, replace(relation, agreed=plain))
    pinned = (relation.signer.certificate,) if relation.signer is not None else ()
    _opened(message, replace(relation, agreed=plain, pinned=pinned))


def _open(relation: Relation) -> None:
    """As the partner will encrypt it: to the certificate of the key that is ours then."""
    sending = As2Send(url="https://gateway.invalid/as2", digest=None, receipt="none")
    mirrored = replace(relation.agreed, send=sending, receive=As2Receive(signed=False, encrypted=True))
    ours = next((one.certificate for one in relation.openers), None)
    message = build(_PROBE, replace(relation, agreed=mirrored, encrypt_to=ours))
    _opened(message, replace(relation, agreed=mirrored))


def _verify(relation: Relation) -> None:
    if not relation.pinned:
        raise Unacceptable("as2.keys", "none of their certificates holds for `verify` then")


def _opened(message: Built, relation: Relation) -> None:
    headers = read_headers((name.encode(), text.encode("latin-1")) for name, text in message.headers)
    with Spools() as spools:
        found = Unwrapping(outermost(headers.content_fields, held(message.body)), relation, spools, Caps()).open()
        assert found.content.read() == _PROBE.content
