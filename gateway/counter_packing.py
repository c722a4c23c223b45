"""The words of `counters.lua`: what is asked of it and what it answers, as bytes."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from policies.charges import AtOnce, Charge, Charges, Counted, Pace, State

SCRIPT = (Path(__file__).parent / "counters.lua").read_text()
_SHA = hashlib.sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest().encode()

LEASE_SECONDS = 20
"""How long a lease lives that nobody renews: until then a gateway that died holds its part of `concurrency`."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[int]).decode

_PACE, _QUOTA, _AT_ONCE, _RENEW, _RELEASE, _PACE_BACK, _QUOTA_BACK = range(1, 8)
_LEASE_US = LEASE_SECONDS * 1_000_000


class Ask(Struct, frozen=True):
    """A part of a call: its keys as the protocol sends them, its numbers as MessagePack, without the number of the
    request, which comes before them.
    """

    keys: bytes
    key_count: int
    numbers: bytes
    number_count: int


def of_charges(charges: Charges) -> Ask:
    """The same charges are packed once."""
    packed = charges.packed
    if packed is None:
        packed = charges.packed = _ask([(one.key, _charge(one)) for one in charges])
    assert isinstance(packed, Ask)
    return packed


def renewal(counted: Counted) -> Ask:
    return _ask([(one.key, [_RENEW, _LEASE_US]) for one in _leases(counted)])


def give_back(counted: Counted, *, leases: bool) -> Ask:
    """Releases the leases of `counted`, or takes back everything else that was counted."""
    if leases:
        return _ask([(one.key, [_RELEASE]) for one in _leases(counted)])
    return _ask([(one.key, _undoing(one, counted.at_us)) for one in made(counted) if type(one.measure) is not AtOnce])


def made(counted: Counted) -> list[Charge]:
    """The charges that were counted."""
    if not counted.admitted:
        return []
    return [charge for charge, state in zip(counted.charges, counted.states, strict=True) if state.allowed]


def call(asks: Sequence[tuple[int, Ask]], gateway: bytes, *, whole: bool = False) -> bytes:
    """One call for all of them, each with the number of its request; `whole` sends the script instead of its hash."""
    keys = b"".join([ask.keys for _, ask in asks])
    numbers = b"".join([(_encode(number) if number else b"\x00") + ask.numbers for number, ask in asks])
    key_count = sum([ask.key_count for _, ask in asks])
    # An array of MessagePack with a head of four bytes holds any number of them.
    numbers = b"\xdd" + (sum([ask.number_count for _, ask in asks]) + len(asks)).to_bytes(4, "big") + numbers
    script = b"$4\r\nEVAL\r\n" + _bulk(SCRIPT.encode()) if whole else _EVALSHA
    count = _bulk(b"%d" % key_count)
    return b"*%d\r\n%b%b%b%b%b" % (key_count + 5, script, count, keys, _bulk(numbers), _bulk(gateway))


def command(words: Sequence[str | int]) -> bytes:
    """Any other command."""
    return b"*%d\r\n%b" % (len(words), b"".join(_bulk(str(word).encode()) for word in words))


def answers(reply: bytes) -> list[int]:
    """The time, and three numbers for each charge."""
    return _decode(reply)


def states_of(charges: Charges, numbers: list[int], at: int) -> tuple[State, ...]:
    """The states of `charges`, whose numbers begin at `at`."""
    if len(charges) == 1:
        return (State(numbers[at] == 1, numbers[at + 1], numbers[at + 2]),)
    return tuple([State(numbers[n] == 1, numbers[n + 1], numbers[n + 2]) for n in range(at, at + 3 * len(charges), 3)])


def _bulk(text: bytes) -> bytes:
    return b"$%d\r\n%b\r\n" % (len(text), text)


_EVALSHA = b"$7\r\nEVALSHA\r\n" + _bulk(_SHA)


def _ask(items: list[tuple[str, list[int]]]) -> Ask:
    keys = b"".join(_bulk(f"limit:{key}".encode()) for key, _ in items)
    numbers = [number for _, item in items for number in item]
    packed = b"".join(map(_encode, [len(items), *numbers]))
    return Ask(keys, len(items), packed, len(numbers) + 1)


def _charge(one: Charge) -> list[int]:
    measure, enforced = one.measure, int(one.enforced)
    if isinstance(measure, Pace):
        return [_PACE, enforced, one.units, measure.interval_us, measure.most]
    if isinstance(measure, AtOnce):
        return [_AT_ONCE, enforced, measure.most, _LEASE_US]
    return [_QUOTA, enforced, one.units, measure.most, *measure.bounds]


def _undoing(one: Charge, at_us: int) -> list[int]:
    measure = one.measure
    if isinstance(measure, Pace):
        return [_PACE_BACK, one.units, measure.interval_us, measure.most, at_us]
    assert not isinstance(measure, AtOnce)
    return [_QUOTA_BACK, one.units, *measure.bounds, at_us]


def _leases(counted: Counted) -> list[Charge]:
    return [one for one in made(counted) if type(one.measure) is AtOnce]
