"""Which shard of a destination a delivery lies in.

A lane stays in its shard, and a shard is worked off in order; so what is urgent has shards of its own, whose work does
not lie behind that of others. Deliveries of one lane therefore have one urgency: `policies/routing.py` sees to it.
"""

from zlib import crc32

PER_URGENCY = 8
"""Shards of each urgency; fixed, because a lane must stay in its shard."""
SHARDS = 3 * PER_URGENCY

_URGENT_UP_TO = 2
_BULK_FROM = 7
_NORMAL, _URGENT, _BULK = range(3)
"""The blocks of shards in their order; the first is that of ledgers from before there was urgency."""
_RANKS = {_URGENT: 0, _NORMAL: 1, _BULK: 2}


def shard_of(lane: str, priority: int = 5) -> int:
    """`priority` as routing rules write it: 0 goes first, 9 last."""
    block = _URGENT if priority <= _URGENT_UP_TO else _BULK if priority >= _BULK_FROM else _NORMAL
    return block * PER_URGENCY + crc32(lane.encode()) % PER_URGENCY


def rank_of(shard: int) -> int:
    """0 for the shards that go first, then 1, then 2."""
    return _RANKS[shard // PER_URGENCY]


def evenly(shard: int) -> tuple[int, int]:
    """Shards in this order, cut anywhere, leave each worker its part of every urgency."""
    return shard % PER_URGENCY, shard
