"""Two stations, us and an invented partner, with what each knows of the other."""

from datetime import datetime
from typing import Any

import msgspec
from support.as2_keys import NOW, Holder, holder

from gateway.channels.as2.cms.recipients import Recipient
from gateway.channels.as2.relation import Relation
from partners.as2relations import As2Relation
from partners.ownkeys import KeyPair

OURS, THEIRS = "WERK ULM", "nordwind-edi"


def as_recipient(one: Holder) -> Recipient:
    return Recipient(one.certificate, one.key)  # type: ignore[arg-type]  # tests decrypt with RSA


def ours(*, at: datetime = NOW, **agreed: Any) -> Relation:
    """The relation as we have it: they are pinned, we sign and decrypt."""
    return _relation(OURS, THEIRS, holder("us"), holder("them"), at, agreed)


def theirs(*, at: datetime = NOW, **agreed: Any) -> Relation:
    """The same from the other side, with our own code as the partner's product."""
    return _relation(THEIRS, OURS, holder("them"), holder("us"), at, agreed)


def _relation(me: str, other: str, mine: Holder, his: Holder, at: datetime, agreed: dict[str, Any]) -> Relation:
    written = {"theirs": other, "ours": me, "version": "1.3", **agreed}
    if written.get("send") is not None:
        written["send"] = {"url": "https://as2.nordwind.example/as2", **written["send"]}
    return Relation(
        partner="nordwind",
        agreed=msgspec.convert(written, As2Relation, dec_hook=_from_text),
        at=at,
        pinned=(his.certificate,),
        encrypt_to=his.certificate,
        openers=(as_recipient(mine),),
        signer=KeyPair("mine", mine.key, mine.certificate),
    )


def _from_text(wanted: Any, text: str) -> Any:
    return wanted.from_text(text)
