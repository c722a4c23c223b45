"""Receipts that hold, and the sentence for each way one can fail to."""

import base64
import hashlib
import itertools
from functools import partial

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from gateway.ledger.checkpoints import SigningKey, cosign, sign
from gateway.ledger.merkle import Frontier, inclusion_proof, leaf_hash, needed_rows, root_of, subtree_over
from gateway.ledger.receipts import BadReceipt, VerifiedReceipt, verify_receipt, write_receipt

ORIGIN = "gateway.example.com/audit"
ORDER = b"UNB+UNOC:3+4012345000009:14+4098765000008:14+261123:0930+1'"


def key_of(seed, name=ORIGIN):
    return SigningKey(name, Ed25519PrivateKey.from_private_bytes(hashlib.sha256(seed).digest()))


KEY = key_of(b"a")
VKEYS = [KEY.verifier.vkey]
SAID = {
    "event": "message.accepted",
    "message": "019ab2f0-5d5e-7c3a-9d0e-3c1f5a7b9e21",
    "sender": "acme-retail",
    "content": f"sha256:{hashlib.sha256(ORDER).hexdigest()}",
    "at": "2026-11-23T09:30:00Z",
    "verdict": "accepted",
    "policy": "7f3a9c21",
}
STATEMENT = msgspec.json.encode(SAID, order="sorted")


def receipt_of(statement=STATEMENT, index=5, size=11, key=KEY):
    """A receipt for a leaf of a small log."""
    leaves = [b"event %d" % number for number in range(size)]
    leaves[index] = statement
    hashes, frontier = {}, Frontier()
    for number, leaf in enumerate(leaves):
        hashes[0, number] = leaf_hash(leaf)
        hashes.update({(tile.level, tile.number): tile.hash for tile in frontier.append(leaf_hash(leaf))})
    subtree = subtree_over(hashes)
    checkpoint = sign(key.name, size, frontier.root(), key)
    return write_receipt(statement, index, inclusion_proof(index, size, subtree), checkpoint)


RECEIPT = receipt_of()
LINES = RECEIPT.decode().split("\n")


def refusal_of(content, vkeys=VKEYS):
    with pytest.raises(BadReceipt) as caught:
        verify_receipt(content, vkeys)
    return str(caught.value)


def with_line(number, line):
    """The receipt with one line replaced, counted from 1, or left out."""
    lines = LINES[: number - 1] + ([] if line is None else [line]) + LINES[number:]
    return "\n".join(lines).encode()


def test_a_receipt_holds_offline():
    receipt = verify_receipt(RECEIPT, VKEYS)
    assert isinstance(receipt, VerifiedReceipt)
    assert receipt.statement == STATEMENT
    assert msgspec.to_builtins(receipt.said) == SAID
    assert (receipt.index, receipt.size, receipt.origin, receipt.signers) == (5, 11, ORIGIN, (ORIGIN,))


def test_a_receipt_is_for_its_own_message_only():
    receipt = verify_receipt(RECEIPT, VKEYS)
    assert receipt.is_for(ORDER)
    assert not receipt.is_for(ORDER + b"\n")


def test_it_reads_as_a_transparency_log_proof():
    assert LINES[0] == "c2sp.org/tlog-proof@v1"
    assert LINES[1] == f"extra {base64.b64encode(STATEMENT).decode()}"
    assert LINES[2] == "index 5"
    assert [len(base64.b64decode(line)) for line in LINES[3:7]] == [32] * 4
    assert LINES[7:10] == ["", ORIGIN, "11"]
    assert LINES[11] == LINES[13] == ""
    assert len(LINES) == 14


@given(st.data(), st.integers(1, 300))
def test_every_leaf_of_every_tree_has_a_receipt_that_holds(data, size):
    index = data.draw(st.integers(0, size - 1))
    receipt = verify_receipt(receipt_of(index=index, size=size), VKEYS)
    assert (receipt.index, receipt.size) == (index, size)


def test_a_receipt_can_be_made_from_the_rows_a_proof_needs():
    hashes = {(0, number): leaf_hash(b"event %d" % number) for number in range(11)} | {(0, 5): leaf_hash(STATEMENT)}
    prove = partial(inclusion_proof, 5, 11)
    read = {(row.level, at): hashes[row.level, at] for row in needed_rows(prove) for at in range(row.start, row.end)}
    checkpoint = sign(ORIGIN, 11, root_of(11, subtree_over(hashes)), KEY)
    assert write_receipt(STATEMENT, 5, prove(subtree_over(read)), checkpoint) == RECEIPT


def test_every_flipped_bit_is_found():
    for at in range(len(RECEIPT)):
        for bit in range(8):
            changed = bytearray(RECEIPT)
            changed[at] ^= 1 << bit
            with pytest.raises(BadReceipt):
                verify_receipt(bytes(changed), VKEYS)


def test_every_lost_and_every_added_byte_is_found():
    for at in range(len(RECEIPT)):
        for changed in (RECEIPT[:at] + RECEIPT[at + 1 :], RECEIPT[:at] + b"A" + RECEIPT[at:], RECEIPT[:at]):
            with pytest.raises(BadReceipt):
                verify_receipt(changed, VKEYS)
    refusal_of(RECEIPT + b"\n")


@given(st.binary(max_size=200))
def test_any_other_file_is_not_a_receipt(content):
    assert refusal_of(content).startswith("not a receipt: ")


CHANGED = "its statement is not under the signed head: the statement, its index or a hash of its proof was changed"


def test_another_statement_is_found():
    forged = msgspec.json.encode(SAID | {"verdict": "refused"}, order="sorted")
    assert refusal_of(with_line(2, f"extra {base64.b64encode(forged).decode()}")) == CHANGED


def test_another_place_is_found():
    assert refusal_of(with_line(3, "index 4")) == CHANGED
    assert refusal_of(with_line(3, "index 11")) == (
        "its statement is said to be leaf 11, but the checkpoint is of 11 leaves only"
    )


def test_another_proof_is_found():
    assert refusal_of(with_line(4, LINES[4])) == CHANGED
    assert refusal_of(with_line(5, None)) == "its proof has 3 hashes; from leaf 5 to the head of 11 it takes 4"
    assert refusal_of(with_line(4, f"{LINES[3]}\n{LINES[3]}")) == (
        "its proof has 5 hashes; from leaf 5 to the head of 11 it takes 4"
    )


def test_another_head_is_found():
    assert refusal_of(with_line(10, "12")) == (
        f"its checkpoint cannot be trusted: the signature of `{ORIGIN}` is not over this text: "
        "the checkpoint was changed"
    )
    other = receipt_of(statement=STATEMENT.replace(b"7f3a9c21", b"00000000")).decode().partition("\n\n")[2]
    assert refusal_of(f"{RECEIPT.decode().partition(chr(10) * 2)[0]}\n\n{other}".encode()) == CHANGED


def test_a_receipt_of_an_unknown_log_is_refused():
    for vkeys in ([], [key_of(b"b").verifier.vkey], [key_of(b"a", "other.example.com").verifier.vkey]):
        assert refusal_of(RECEIPT, vkeys) == (
            f"its checkpoint cannot be trusted: signed by `{ORIGIN}`, with none of the keys given"
        )


def test_a_log_cannot_speak_for_another():
    other = key_of(b"b", "other.example.com")
    head, _, _ = RECEIPT.decode().partition("\n\n")
    body = RECEIPT.decode().partition("\n\n")[2].partition("\n\n")[0] + "\n"
    forged = f"{head}\n\n{body}\n{other.signature_line(body)}".encode()
    assert refusal_of(forged, [*VKEYS, other.verifier.vkey]) == (
        f"its checkpoint cannot be trusted: the log is `{ORIGIN}`, but the keys that signed are of `other.example.com`"
    )


def test_a_receipt_with_signatures_of_a_rotation_and_a_witness_holds_for_each_reader():
    witness, next_key = key_of(b"w", "witness.example.net"), key_of(b"n")
    head, _, checkpoint = RECEIPT.decode().partition("\n\n")
    content = f"{head}\n\n{cosign(cosign(checkpoint, witness), next_key)}".encode()
    assert verify_receipt(content, VKEYS).signers == (ORIGIN,)
    assert verify_receipt(content, [next_key.verifier.vkey]).signers == (ORIGIN,)
    assert verify_receipt(content, [*VKEYS, witness.verifier.vkey]).signers == (ORIGIN, "witness.example.net")


@pytest.mark.parametrize(
    "leaf",
    [
        b"event 5",
        b"\xff",
        b"[]",
        msgspec.json.encode({"event": "policy.published", "at": "2026-11-23T09:30:00Z"}),
        msgspec.json.encode(SAID | {"content": 5}),
    ],
)
def test_a_leaf_that_is_no_statement_is_not_passed_for_one(leaf):
    assert refusal_of(receipt_of(statement=leaf)) == "its leaf is in the log, but is not a statement about a message"


def test_a_statement_may_say_more():
    more = msgspec.json.encode(SAID | {"test": True}, order="sorted")
    receipt = verify_receipt(receipt_of(statement=more), VKEYS)
    assert (receipt.statement, receipt.said.sender) == (more, "acme-retail")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "its first line is not `c2sp.org/tlog-proof@v1`"),
        (with_line(1, "c2sp.org/tlog-proof@v2"), "its first line is not `c2sp.org/tlog-proof@v1`"),
        (b"\xff" + RECEIPT, "not a text in UTF-8"),
        (RECEIPT + b"x" * 262_144, "longer than 262144 bytes"),
        (LINES[0].encode(), "line 2 does not read `extra` and the statement in base64"),
        (with_line(2, None), "line 2 does not read `extra` and the statement in base64"),
        (with_line(2, "extra "), "line 2 does not read `extra` and the statement in base64"),
        (with_line(2, "extra AAA"), "line 2 is not base64"),
        (with_line(2, "extra AB=="), "line 2 is not base64"),
        (with_line(3, "index 05"), "line 3 does not read `index` and the place of the leaf"),
        (with_line(3, "index -1"), "line 3 does not read `index` and the place of the leaf"),
        (with_line(3, "index " + "9" * 5000), "line 3 does not read `index` and the place of the leaf"),
        (with_line(3, None), "line 3 does not read `index` and the place of the leaf"),
        (with_line(5, "é"), "line 5 is not base64"),
        (with_line(5, "MTIz"), "line 5 is not a hash of 32 bytes"),
        (with_line(4, "\n".join([LINES[3]] * 61)), "more than 63 hashes"),
        (RECEIPT.replace(b"\n", b"\r\n"), "its first line is not `c2sp.org/tlog-proof@v1`"),
    ],
    ids=itertools.count(),
)
def test_what_is_not_a_receipt_says_why(content, sentence):
    assert refusal_of(content) == f"not a receipt: {sentence}"


def test_a_receipt_without_a_checkpoint_is_refused():
    head = RECEIPT.partition(b"\n\n")[0]
    sentence = "not a signed note: a text, an empty line and signature lines are expected"
    assert refusal_of(head) == f"its checkpoint cannot be trusted: {sentence}"
    assert refusal_of(head + b"\n\n") == f"its checkpoint cannot be trusted: {sentence}"


def test_a_damaged_verifier_key_is_not_blamed_on_the_receipt():
    with pytest.raises(ValueError, match=r"^a verifier key reads `name\+8 hexadecimal digits\+base64`$"):
        verify_receipt(RECEIPT, ["gateway.example.com"])
