"""The words of `counters.lua`: what is asked of it and what it answers, as bytes."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from policies.charges import AtOnce, Charge, Charges, Counted, Pace, Quota, State

SCRIPT = (Path(__file__).parent / "counters.lua").read_text()
_SHA = hashlib.sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest().encode()

LEASE_SECONDS = 20
"""How long a lease lives that nobody renews: until then a gateway that died holds its part of `concurrency`."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[int]).decode

_PACE, _QUOTA, _AT_ONCE, _RENEW, _RELEASE, _PACE_BACK, _QUOTA_BACK = range(1, 8)
_LEASE_US = LEASE_SECONDS * 1_000_000


class Ask(Struct, frozen=True):
    """A part of a call: its keys as the protocol sends them, its values as MessagePack, without the number of the
    request, which comes before them.
    """

    keys: bytes
    key_count: int
    values: bytes
    value_count: int


class Packed(Struct, frozen=True):
    """Charges made ready to be sent again and again: to be counted, and to let go of their leases."""

    asked: Ask
    release: Ask


def of_charges(charges: Charges) -> Packed:
    """The same charges are packed once."""
    packed = charges.packed
    if packed is None:
        asked = _ask([_charge(one) for one in charges])
        # What holds no lease loses none.
        release = _ask([(_key(one), _RELEASE, []) for one in charges if type(one.measure) is AtOnce])
        packed = charges.packed = Packed(asked, release)
    assert isinstance(packed, Packed)
    return packed


def renewal(counted: Counted) -> Ask:
    leases = [one for one in made(counted) if type(one.measure) is AtOnce]
    return _ask([(_key(one), _RENEW, [_LEASE_US]) for one in leases])


def undoing(counted: Counted) -> Ask:
    """Takes back everything that was counted, leases excepted."""
    return _ask([_undo(one, counted.at_us) for one in made(counted) if type(one.measure) is not AtOnce])


def made(counted: Counted) -> list[Charge]:
    """The charges that were counted."""
    if not counted.admitted:
        return []
    return [charge for charge, state in zip(counted.charges, counted.states, strict=True) if state.allowed]


def call(asks: Sequence[tuple[int, Ask]], gateway: bytes, *, whole: bool = False) -> bytes:
    """One call for all of them, each with the number of its request; `whole` sends the script instead of its hash."""
    keys = b"".join([ask.keys for _, ask in asks])
    values = b"".join([(_encode(number) if number else b"\x00") + ask.values for number, ask in asks])
    key_count = sum([ask.key_count for _, ask in asks])
    # An array of MessagePack with a head of four bytes holds any number of them.
    values = b"\xdd" + (sum([ask.value_count for _, ask in asks]) + len(asks)).to_bytes(4, "big") + values
    script = b"$4\r\nEVAL\r\n" + _bulk(SCRIPT.encode()) if whole else _EVALSHA
    count = _bulk(b"%d" % key_count)
    return b"*%d\r\n%b%b%b%b%b" % (key_count + 5, script, count, keys, _bulk(values), _bulk(gateway))


def command(words: Sequence[str | int]) -> bytes:
    """Any other command."""
    return b"*%d\r\n%b" % (len(words), b"".join(_bulk(str(word).encode()) for word in words))


def answers(reply: bytes) -> list[int]:
    """The time; then for each request with charges whether it is admitted, and three numbers for each charge."""
    return _decode(reply)


def counted_of(charges: Charges, numbers: list[int], at: int, lease: int) -> Counted:
    """What became of `charges`, whose numbers begin at `at`."""
    first, end = at + 1, at + 1 + 3 * len(charges)
    states = tuple([State(numbers[n] == 1, numbers[n + 1], numbers[n + 2]) for n in range(first, end, 3)])
    return Counted(charges, states, numbers[at] == 1, numbers[0], lease)


def _bulk(text: bytes) -> bytes:
    return b"$%d\r\n%b\r\n" % (len(text), text)


_EVALSHA = b"$7\r\nEVALSHA\r\n" + _bulk(_SHA)

_Item = tuple[str, int, list[int | str]]
"""The key it is about, what it asks, and the rest of its values."""


def _ask(items: list[_Item]) -> Ask:
    places: dict[str, int] = {}
    values: list[int | str] = []
    for key, kind, rest in items:
        values += [kind, places.setdefault(key, len(places) + 1), *rest]
    keys = b"".join(_bulk(f"limit:{key}".encode()) for key in places)
    return Ask(keys, len(places), b"".join(map(_encode, [len(places), len(items), *values])), len(values) + 2)


def _key(one: Charge) -> str:
    """Leases have a key of their own, other counts lie in their sender's account."""
    return one.key if type(one.measure) is AtOnce else one.account or one.key


def _field(one: Charge) -> str:
    return one.key.removeprefix(f"{one.account}:") if one.account else one.key


def _charge(one: Charge) -> _Item:
    measure, enforced = one.measure, int(one.enforced)
    if isinstance(measure, AtOnce):
        return _key(one), _AT_ONCE, [enforced, measure.most, _LEASE_US]
    if isinstance(measure, Pace):
        return _key(one), _PACE, [enforced, one.units, _field(one), measure.interval_us, measure.most]
    return _key(one), _QUOTA, [enforced, one.units, _field(one), measure.most, *measure.bounds]


def _undo(one: Charge, at_us: int) -> _Item:
    measure = one.measure
    if isinstance(measure, Pace):
        return _key(one), _PACE_BACK, [one.units, _field(one), measure.interval_us, measure.most, at_us]
    assert isinstance(measure, Quota)
    return _key(one), _QUOTA_BACK, [one.units, _field(one), *measure.bounds, at_us]
