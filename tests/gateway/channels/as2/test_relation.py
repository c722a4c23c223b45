"""What an exception for an old product opens: each word one thing, and none of it after its end."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.channels.as2.cms.algorithms import Cipher, Digest, Transport
from gateway.channels.as2.cms.rules import MODERN_ENCRYPTION, MODERN_SIGNATURES
from gateway.channels.as2.relation import Relation
from partners.as2relations import As2Relation, Legacy
from translators.moments import Moment

AT = datetime(2026, 3, 1, tzinfo=UTC)


def relation(*allows: str, at: datetime = AT) -> Relation:
    legacy = Legacy(until=Moment.from_text("2026-04-01"), why="an old server, to be replaced", allows=allows)  # type: ignore[arg-type]
    return Relation(partner="acme", agreed=As2Relation(theirs="ACME", ours="US", legacy=legacy), at=at)


@pytest.mark.parametrize(
    ("word", "digests", "ciphers", "transports", "attributes"),
    [
        ("sha-1", {Digest.SHA1}, set(), set(), "required"),
        ("3des", set(), {Cipher.DES3_CBC}, set(), "required"),
        ("oaep-sha-1", set(), set(), {Transport.RSA_OAEP_SHA1}, "required"),
        ("no-signed-attributes", set(), set(), set(), "absent"),
    ],
)
def test_each_word_opens_one_thing(word, digests, ciphers, transports, attributes) -> None:
    opened = relation(word)
    assert opened.signature_rules.digests - MODERN_SIGNATURES.digests == digests
    assert opened.signature_rules.attributes == attributes
    assert opened.encryption_rules.ciphers - MODERN_ENCRYPTION.ciphers == ciphers
    assert opened.encryption_rules.transports - MODERN_ENCRYPTION.transports == transports


def test_nothing_is_open_when_its_time_is_over() -> None:
    every = relation("sha-1", "3des", "oaep-sha-1", "no-signed-attributes", at=AT + timedelta(days=31))
    assert every.signature_rules == MODERN_SIGNATURES
    assert every.encryption_rules == MODERN_ENCRYPTION
