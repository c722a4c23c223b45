"""The kill switch does not grow for ever."""

from gateway.identity.revocations import Revocation, Revocations

NOW = 1_795_000_000


def test_an_order_is_forgotten_once_no_token_it_could_catch_is_alive(clock):
    revocations = Revocations(clock)
    revocations.add(Revocation(epoch=NOW, client="acme-edi"))
    clock.now = NOW + 3600 + 119
    revocations.add(Revocation(epoch=NOW + 3600, client="nordwind-api"))
    assert revocations.cover(issuer="i", client="acme-edi", token_id=None, issued_at=NOW)
    clock.now = NOW + 3600 + 120
    revocations.add(Revocation(epoch=NOW + 3600, client="third"))
    assert not revocations.cover(issuer="i", client="acme-edi", token_id=None, issued_at=NOW)
    assert revocations.cover(issuer="i", client="nordwind-api", token_id=None, issued_at=NOW)


def test_a_token_issued_in_the_same_second_is_caught_and_one_issued_after_is_not(clock):
    revocations = Revocations(clock)
    revocations.add(Revocation(epoch=NOW))
    assert revocations.cover(issuer="i", client="c", token_id="t", issued_at=NOW)
    assert not revocations.cover(issuer="i", client="c", token_id="t", issued_at=NOW + 1)
