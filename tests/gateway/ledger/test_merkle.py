"""Heads and proofs against the reference vectors of Certificate Transparency and a naive tree."""

import hashlib
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ledger.merkle import (
    EMPTY_ROOT,
    Frontier,
    Rows,
    Tile,
    consistency_proof,
    inclusion_proof,
    inclusion_proof_length,
    leaf_hash,
    needed_rows,
    node_hash,
    root_of,
    subtree_from,
    subtree_over,
    verify_consistency,
    verify_inclusion,
)

# Leaves, heads and proofs of the reference tests of Certificate Transparency (merkle_tree_test.cc).
LEAVES = [
    bytes.fromhex(leaf)
    for leaf in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSION = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
CONSISTENCY = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}

MANY = [leaf_hash(number.to_bytes(4, "big")) for number in range(70_000)]


def naive_root(hashes):
    """RFC 6962 §2.1, word for word."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return node_hash(naive_root(hashes[:split]), naive_root(hashes[split:]))


def naive_path(index, hashes):
    """RFC 6962 §2.1.1, word for word."""
    if len(hashes) == 1:
        return []
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    if index < split:
        return [*naive_path(index, hashes[:split]), naive_root(hashes[split:])]
    return [*naive_path(index - split, hashes[split:]), naive_root(hashes[:split])]


def naive_subproof(old, hashes, is_whole):
    """RFC 6962 §2.1.2, word for word."""
    if old == len(hashes):
        return [] if is_whole else [naive_root(hashes)]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    if old <= split:
        return [*naive_subproof(old, hashes[:split], is_whole), naive_root(hashes[split:])]
    return [*naive_subproof(old - split, hashes[split:], False), naive_root(hashes[:split])]


def subtree_of(hashes):
    def subtree(start, end):
        width = end - start
        assert width & (width - 1) == 0
        assert start % width == 0
        assert end <= len(hashes)
        return naive_root(hashes[start:end])

    return subtree


def frontier_of(hashes):
    frontier = Frontier()
    for one in hashes:
        frontier.append(one)
    return frontier


def stored(hashes):
    """What a ledger would hold: the leaves, and every tile the frontier announced."""
    frontier, rows = Frontier(), {}
    for number, one in enumerate(hashes):
        rows[0, number] = one
        for tile in frontier.append(one):
            rows[tile.level, tile.number] = tile.hash
    return rows


def flipped(content, bit):
    changed = bytearray(content)
    changed[bit // 8 % len(content)] ^= 1 << bit % 8
    return bytes(changed)


sizes = st.integers(1, 600)


def test_the_empty_tree_has_the_hash_of_nothing():
    assert Frontier().root() == EMPTY_ROOT == root_of(0, subtree_of([]))
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize("size", range(1, 9))
def test_heads_are_those_of_the_reference(size):
    hashes = [leaf_hash(leaf) for leaf in LEAVES[:size]]
    assert frontier_of(hashes).root().hex() == root_of(size, subtree_of(hashes)).hex() == ROOTS[size - 1]


@pytest.mark.parametrize("leaf_and_size", INCLUSION)
def test_inclusion_proofs_are_those_of_the_reference(leaf_and_size):
    index, size = leaf_and_size
    hashes = [leaf_hash(leaf) for leaf in LEAVES]
    proof = inclusion_proof(index, size, subtree_of(hashes))
    assert [one.hex() for one in proof] == INCLUSION[leaf_and_size]
    assert verify_inclusion(hashes[index], index, size, proof, bytes.fromhex(ROOTS[size - 1]))


@pytest.mark.parametrize("old_and_new", CONSISTENCY)
def test_consistency_proofs_are_those_of_the_reference(old_and_new):
    old, new = old_and_new
    proof = consistency_proof(old, new, subtree_of([leaf_hash(leaf) for leaf in LEAVES]))
    assert [one.hex() for one in proof] == CONSISTENCY[old_and_new]
    assert verify_consistency(old, bytes.fromhex(ROOTS[old - 1]), new, bytes.fromhex(ROOTS[new - 1]), proof)


def test_every_small_tree_agrees_with_the_words_of_the_standard():
    for size in range(1, 40):
        hashes = MANY[:size]
        root = naive_root(hashes)
        assert frontier_of(hashes).root() == root
        for index in range(size):
            proof = inclusion_proof(index, size, subtree_of(hashes))
            assert proof == naive_path(index, hashes)
            assert len(proof) == inclusion_proof_length(index, size)
            assert verify_inclusion(hashes[index], index, size, proof, root)
        for old in range(1, size + 1):
            proof = consistency_proof(old, size, subtree_of(hashes))
            assert proof == naive_subproof(old, hashes, True)
            assert verify_consistency(old, naive_root(hashes[:old]), size, root, proof)


@given(st.data(), sizes)
def test_a_proof_holds_for_its_own_leaf_index_size_and_root_only(data, size):
    index = data.draw(st.integers(0, size - 1))
    hashes = MANY[:size]
    root = naive_root(hashes)
    proof = inclusion_proof(index, size, subtree_of(hashes))
    assert verify_inclusion(hashes[index], index, size, proof, root)

    bit = data.draw(st.integers(0, 255))
    assert not verify_inclusion(flipped(hashes[index], bit), index, size, proof, root)
    assert not verify_inclusion(hashes[index], index, size, proof, flipped(root, bit))
    other = data.draw(st.integers(-1, size + 1).filter(lambda number: number != index))
    assert not verify_inclusion(hashes[index], other, size, proof, root)
    assert not verify_inclusion(hashes[index], index, size, [*proof, root], root)
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        assert not verify_inclusion(hashes[index], index, size, proof[:at] + proof[at + 1 :], root)
        proof[at] = flipped(proof[at], bit)
        assert not verify_inclusion(hashes[index], index, size, proof, root)


@given(st.data(), sizes)
def test_a_consistency_proof_finds_any_other_past(data, new):
    old = data.draw(st.integers(1, new))
    hashes = MANY[:new]
    old_root, new_root = naive_root(hashes[:old]), naive_root(hashes)
    proof = consistency_proof(old, new, subtree_of(hashes))
    assert verify_consistency(old, old_root, new, new_root, proof)

    bit = data.draw(st.integers(0, 255))
    assert not verify_consistency(old, flipped(old_root, bit), new, new_root, proof)
    assert not verify_consistency(old, old_root, new, flipped(new_root, bit), proof)
    assert not verify_consistency(old, old_root, new, new_root, [*proof, new_root])
    rewritten = list(hashes)
    rewritten[data.draw(st.integers(0, old - 1))] = flipped(hashes[0], bit)
    forged = consistency_proof(old, new, subtree_of(rewritten))
    assert not verify_consistency(old, old_root, new, naive_root(rewritten), forged)
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        assert not verify_consistency(old, old_root, new, new_root, proof[:at] + proof[at + 1 :])


def test_any_tree_continues_the_empty_one_and_itself():
    root = naive_root(MANY[:5])
    assert consistency_proof(0, 5, subtree_of(MANY[:5])) == consistency_proof(5, 5, subtree_of(MANY[:5])) == []
    assert verify_consistency(0, EMPTY_ROOT, 5, root, [])
    assert verify_consistency(5, root, 5, root, [])
    assert not verify_consistency(0, root, 5, root, [])
    assert not verify_consistency(0, EMPTY_ROOT, 5, root, [root])
    assert not verify_consistency(5, EMPTY_ROOT, 5, root, [])
    assert not verify_consistency(6, root, 5, root, [])
    assert not verify_consistency(3, root, 5, root, [])


def test_hashes_of_another_length_prove_nothing():
    hashes = MANY[:3]
    proof = inclusion_proof(1, 3, subtree_of(hashes))
    assert not verify_inclusion(hashes[1], 1, 3, [proof[0][:31], proof[1]], naive_root(hashes))
    assert not verify_inclusion(hashes[1][:31], 1, 3, proof, naive_root(hashes))
    assert not verify_consistency(2, b"", 3, naive_root(hashes), [hashes[2]])


def test_hashes_cut_elsewhere_prove_nothing():
    left, right = MANY[:2]
    root = node_hash(left, right)
    assert node_hash(left[:31], left[31:] + right) == root
    assert not verify_inclusion(left[:31], 0, 2, [left[31:] + right], root)
    assert not verify_inclusion(left + right[:1], 0, 2, [right[1:]], root)


def test_an_inner_node_does_not_pass_for_a_leaf():
    left, right = naive_root(MANY[:2]), naive_root(MANY[2:4])
    assert not verify_inclusion(left, 0, 4, [right], node_hash(left, right))


def test_a_larger_tree_does_not_pass_for_a_smaller_one():
    assert not verify_inclusion(MANY[1], 0, 1, [MANY[0]], node_hash(MANY[0], MANY[1]))


def test_one_head_does_not_pass_for_two_sizes():
    root = naive_root(MANY[:4])
    assert not verify_consistency(3, root, 4, root, [root])
    assert not verify_consistency(2, root, 4, root, [])
    assert not verify_consistency(3, root, 4, root, [])


def test_a_leaf_outside_the_tree_has_no_proof():
    with pytest.raises(ValueError, match=r"^leaf 3 is not in a tree of 3 leaves$"):
        inclusion_proof(3, 3, subtree_of(MANY[:3]))
    with pytest.raises(ValueError, match=r"^leaf -1 is not in a tree of 3 leaves$"):
        inclusion_proof(-1, 3, subtree_of(MANY[:3]))


def test_a_smaller_tree_continues_no_larger_one():
    with pytest.raises(ValueError, match=r"^a tree of 3 leaves cannot continue one of 4$"):
        consistency_proof(4, 3, subtree_of(MANY[:4]))


@given(sizes, sizes)
def test_a_frontier_survives_being_written_down(first, more):
    frontier = frontier_of(MANY[:first])
    restored = Frontier.from_bytes(frontier.to_bytes())
    assert (restored.size, restored.root()) == (first, frontier.root())
    for one in MANY[first : first + more]:
        restored.append(one)
    assert restored.root() == frontier_of(MANY[: first + more]).root()


def test_a_damaged_frontier_is_refused():
    content = frontier_of(MANY[:3]).to_bytes()
    with pytest.raises(ValueError, match=r"^a frontier of 3 leaves cannot have 71 bytes$"):
        Frontier.from_bytes(content[:-1])
    with pytest.raises(ValueError, match=r"^a frontier of 7 leaves cannot have 72 bytes$"):
        Frontier.from_bytes(bytes(7) + b"\x07" + content[8:])
    with pytest.raises(ValueError, match=r"^a frontier of 0 leaves cannot have 7 bytes$"):
        Frontier.from_bytes(bytes(7))


def test_a_tree_never_written_down_is_empty():
    assert Frontier.from_bytes(b"").root() == Frontier.from_bytes(Frontier().to_bytes()).root() == EMPTY_ROOT


def test_a_frontier_takes_hashes_only():
    with pytest.raises(ValueError, match=r"^the hash of a leaf has 32 bytes, not 5$"):
        Frontier().append(b"leaf!")


def test_a_copy_grows_on_its_own():
    frontier = frontier_of(MANY[:3])
    frontier.copy().append(MANY[3])
    assert frontier.root() == naive_root(MANY[:3])


def test_the_frontier_announces_each_complete_tile_once():
    frontier = Frontier()
    tiles = [tile for one in MANY for tile in frontier.append(one)]
    assert [(tile.level, tile.number) for tile in tiles if tile.level > 1] == [(2, 0)]
    level_1 = [tile for tile in tiles if tile.level == 1]
    assert [tile.number for tile in level_1] == list(range(len(MANY) // 256))
    assert level_1[3] == Tile(1, 3, naive_root(MANY[768:1024]))
    assert next(tile for tile in tiles if tile.level == 2).hash == naive_root([tile.hash for tile in level_1[:256]])


STORED = stored(MANY)


@given(st.data(), st.integers(1, len(MANY)))
def test_proofs_over_stored_tiles_hold_and_read_only_what_they_announced(data, size):
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(1, size))
    head = prove_from_stored(partial(root_of, size))
    assert head == frontier_of_stored(size)
    inclusion = prove_from_stored(partial(inclusion_proof, index, size))
    assert verify_inclusion(MANY[index], index, size, inclusion, head)
    consistency = prove_from_stored(partial(consistency_proof, old, size))
    assert verify_consistency(old, prove_from_stored(partial(root_of, old)), size, head, consistency)


def prove_from_stored(prove):
    rows = needed_rows(prove)
    numbers = [(row.level, number) for row in rows for number in range(row.start, row.end)]
    assert len(numbers) == len(set(numbers)) <= 3 * 2 * 256
    return prove(subtree_over({number: STORED[number] for number in numbers}))


def frontier_of_stored(size):
    """The head of the first leaves, folded from whole tiles and single leaves."""
    whole = [STORED[1, number] for number in range(size // 256)]
    rest = MANY[size // 256 * 256 : size]
    if not rest:
        return naive_root(whole)
    peaks, at = [], 0
    while at < len(whole):
        width = 1 << ((len(whole) - at).bit_length() - 1)
        peaks.append(naive_root(whole[at : at + width]))
        at += width
    computed = naive_root(rest)
    for peak in reversed(peaks):
        computed = node_hash(peak, computed)
    return computed


def test_needed_rows_join_neighbours_and_prefer_tiles():
    assert needed_rows(partial(inclusion_proof, 5, 8)) == [Rows(0, 0, 5), Rows(0, 6, 8)]
    assert needed_rows(partial(inclusion_proof, 256, 1024)) == [Rows(0, 257, 512), Rows(1, 0, 1), Rows(1, 2, 4)]
    assert needed_rows(partial(root_of, 65_536 + 256 + 3)) == [
        Rows(0, 65_792, 65_795),
        Rows(1, 256, 257),
        Rows(2, 0, 1),
    ]
    assert needed_rows(partial(root_of, 0)) == []
    assert needed_rows(lambda subtree: (subtree(0, 8), subtree(2, 4), subtree(16, 32))) == [
        Rows(0, 0, 8),
        Rows(0, 16, 32),
    ]


def test_a_missing_row_is_named_rather_than_guessed():
    held = dict(STORED)
    del held[1, 1]
    with pytest.raises(LookupError, match=r"^hashes 0 to 2 of level 1 are not all there$"):
        root_of(512, subtree_over(held))
    with pytest.raises(LookupError, match=r"^hashes 0 to 4 of level 0 are not all there$"):
        root_of(4, subtree_from(lambda start, end: MANY[start : end - 1], lambda level, start, end: []))
