"""The Merkle tree over audit events: heads, inclusion and consistency proofs (RFC 6962 §2.1, RFC 9162 §2.1).

All functions are pure. Ranges are half open, `[start, end)`, and count leaves from 0; hashes are 32 bytes of SHA-256.
A *subtree* function answers with the hash of a complete aligned range: `end - start` is a power of two that divides
`start`. Where the hashes lie in a database, prove in two steps:

    prove = partial(inclusion_proof, index, size)
    rows = needed_rows(prove)                       # what to read, a few hundred rows however large the tree
    proof = prove(subtree_over({...}))              # the hashes read, by (level, number)

Level 0 holds the hashes of leaves, level 1 one hash for every complete 256 leaves, level 2 one for every complete 256
of level 1, and so on; `Frontier.append` says when one is complete.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Self

HASH_SIZE = 32
TILE_HEIGHT = 8
EMPTY_ROOT = hashlib.sha256(b"").digest()

Subtree = Callable[[int, int], bytes]
Prove = Callable[[Subtree], object]


class Tile(NamedTuple):
    """The hash of a complete range of 256^level leaves; `number` counts within the level from 0."""

    level: int
    number: int
    hash: bytes


class Rows(NamedTuple):
    """Hashes to read: those numbered `[start, end)` of one level."""

    level: int
    start: int
    end: int


def leaf_hash(leaf: bytes) -> bytes:
    """The hash of a leaf; the prefix 0x00 keeps a leaf from passing for a node (RFC 6962 §2.1)."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node from those of its two children."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """All that must be remembered to append: the roots of the complete subtrees of a tree, largest first."""

    def __init__(self) -> None:
        self._size = 0
        self._peaks: list[bytes] = []

    @property
    def size(self) -> int:
        """How many leaves the tree has."""
        return self._size

    def append(self, leaf_hash: bytes) -> tuple[Tile, ...]:
        """Add the hash of the next leaf; returns the tiles this leaf completed, mostly none."""
        if len(leaf_hash) != HASH_SIZE:
            raise ValueError(f"the hash of a leaf has {HASH_SIZE} bytes, not {len(leaf_hash)}")
        tiles: tuple[Tile, ...] = ()
        subtree, height, rest = leaf_hash, 0, self._size
        while rest & 1:
            subtree = node_hash(self._peaks.pop(), subtree)
            height += 1
            rest >>= 1
            if height % TILE_HEIGHT == 0:
                tiles += (Tile(height // TILE_HEIGHT, self._size >> height, subtree),)
        self._peaks.append(subtree)
        self._size += 1
        return tiles

    def root(self) -> bytes:
        """The tree head: the hash of nothing for an empty tree."""
        return _fold(self._peaks)

    def copy(self) -> Self:
        """A second frontier that grows on its own, e.g. while a transaction may still fail."""
        twin = type(self)()
        twin._size, twin._peaks = self._size, self._peaks.copy()
        return twin

    def to_bytes(self) -> bytes:
        """The size as 8 bytes, most significant first, then the hashes of the subtrees, largest first."""
        return self._size.to_bytes(8, "big") + b"".join(self._peaks)

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """The frontier that `to_bytes` wrote, or of an empty tree for b""; ValueError when it is damaged."""
        if not content:
            return cls()
        size = int.from_bytes(content[:8], "big")
        if len(content) != 8 + HASH_SIZE * size.bit_count():
            raise ValueError(f"a frontier of {size} leaves cannot have {len(content)} bytes")
        frontier = cls()
        frontier._size = size
        frontier._peaks = [content[at : at + HASH_SIZE] for at in range(8, len(content), HASH_SIZE)]
        return frontier


def root_of(size: int, subtree: Subtree) -> bytes:
    """The head of the tree of the first `size` leaves."""
    return _range_hash(0, size, subtree)


def inclusion_proof(index: int, size: int, subtree: Subtree) -> list[bytes]:
    """The hashes that lead from leaf `index` to the head of the first `size` leaves, the leaf's sibling first."""
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size} leaves")
    proof: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            proof.append(_range_hash(middle, end, subtree))
            end = middle
        else:
            proof.append(_range_hash(start, middle, subtree))
            start = middle
    proof.reverse()
    return proof


def inclusion_proof_length(index: int, size: int) -> int:
    """How many hashes the inclusion proof of this leaf has."""
    below = (index ^ (size - 1)).bit_length()
    return below + (index >> below).bit_count()


def verify_inclusion(leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the proof leads from the leaf to the root (RFC 9162 §2.1.3.2). Takes anything, raises nothing."""
    if not 0 <= index < size or not _are_hashes(leaf_hash, *proof, root):
        return False
    node, last, computed = index, size - 1, leaf_hash
    for sibling in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            computed = node_hash(sibling, computed)
            node, last = _skip_lone(node, last)
        else:
            computed = node_hash(computed, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and computed == root


def consistency_proof(old: int, new: int, subtree: Subtree) -> list[bytes]:
    """The hashes that show the first `old` of `new` leaves unchanged; none for an empty or an equal old tree."""
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {new} leaves cannot continue one of {old}")
    proof: list[bytes] = []
    start, end = 0, new
    while old not in (0, end):
        middle = start + _split(end - start)
        if old <= middle:
            proof.append(_range_hash(middle, end, subtree))
            end = middle
        else:
            proof.append(_range_hash(start, middle, subtree))
            start = middle
    if start > 0:  # otherwise the old head itself is the first hash, and the verifier has it
        proof.append(_range_hash(start, end, subtree))
    proof.reverse()
    return proof


def verify_consistency(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the new tree continues the old one (RFC 9162 §2.1.4.2). Takes anything, raises nothing."""
    if not 0 <= old <= new or not _are_hashes(old_root, new_root, *proof):
        return False
    if old == new:
        return not proof and old_root == new_root
    if old == 0:
        return not proof and old_root == EMPTY_ROOT
    return _continues(old, old_root, new, new_root, proof)


def needed_rows(prove: Prove) -> list[Rows]:
    """Which stored hashes a proof will ask for, as few ranges as possible, sorted by level and number."""
    asked: list[Rows] = []

    def note(start: int, end: int) -> bytes:
        asked.append(_rows_of(start, end))
        return b""

    prove(note)
    return list(_joined(sorted(asked)))


def subtree_from(
    leaves: Callable[[int, int], Sequence[bytes]], tiles: Callable[[int, int, int], Sequence[bytes]]
) -> Subtree:
    """A subtree function over stored hashes: `leaves(start, end)` and `tiles(level, start, end)` read them in order.

    It raises LookupError when they answer with another number of hashes than asked for.
    """

    def subtree(start: int, end: int) -> bytes:
        rows = _rows_of(start, end)
        hashes = tiles(*rows) if rows.level else leaves(start, end)
        if len(hashes) != rows.end - rows.start:
            raise LookupError(f"hashes {rows.start} to {rows.end} of level {rows.level} are not all there")
        return _complete(hashes)

    return subtree


def subtree_over(hashes: Mapping[tuple[int, int], bytes]) -> Subtree:
    """A subtree function over hashes already read, by level and number; LookupError when one is missing."""

    def read(level: int, start: int, end: int) -> list[bytes]:
        return [hashes[level, number] for number in range(start, end) if (level, number) in hashes]

    return subtree_from(lambda start, end: read(0, start, end), read)


def _split(size: int) -> int:
    """The largest power of two smaller than `size`."""
    return 1 << ((size - 1).bit_length() - 1)


def _range_hash(start: int, end: int, subtree: Subtree) -> bytes:
    """The hash over leaves `[start, end)`, where only the right edge may be incomplete."""
    peaks: list[bytes] = []
    while start < end:
        width = 1 << ((end - start).bit_length() - 1)
        peaks.append(subtree(start, start + width))
        start += width
    return _fold(peaks)


def _fold(peaks: Sequence[bytes]) -> bytes:
    if not peaks:
        return EMPTY_ROOT
    computed = peaks[-1]
    for peak in reversed(peaks[:-1]):
        computed = node_hash(peak, computed)
    return computed


def _complete(hashes: Sequence[bytes]) -> bytes:
    while len(hashes) > 1:
        hashes = [node_hash(left, right) for left, right in zip(hashes[::2], hashes[1::2], strict=True)]
    return hashes[0]


def _rows_of(start: int, end: int) -> Rows:
    """The highest stored level that covers a complete range, and its rows there."""
    level = ((end - start).bit_length() - 1) // TILE_HEIGHT
    height = level * TILE_HEIGHT
    return Rows(level, start >> height, end >> height)


def _joined(rows: Iterable[Rows]) -> Iterator[Rows]:
    """Sorted rows with neighbours and overlaps made one."""
    current: Rows | None = None
    for row in rows:
        if current is not None and row.level == current.level and row.start <= current.end:
            current = current._replace(end=max(current.end, row.end))
            continue
        if current is not None:
            yield current
        current = row
    if current is not None:
        yield current


def _are_hashes(*hashes: bytes) -> bool:
    return all(len(one) == HASH_SIZE for one in hashes)


def _skip_lone(node: int, last: int) -> tuple[int, int]:
    """Climb past the levels where the last node of an incomplete tree has no sibling."""
    while node and not node & 1:
        node, last = node >> 1, last >> 1
    return node, last


def _continues(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    if old & (old - 1) == 0:  # a complete old tree is a subtree of the new one: its head begins the proof
        proof = [old_root, *proof]
    if not proof:
        return False
    node, last = old - 1, new - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old_computed = new_computed = proof[0]
    for sibling in proof[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            old_computed = node_hash(sibling, old_computed)
            new_computed = node_hash(sibling, new_computed)
            node, last = _skip_lone(node, last)
        else:
            new_computed = node_hash(new_computed, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and old_computed == old_root and new_computed == new_root
