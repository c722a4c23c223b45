"""Payloads sealed, opened, moved, damaged and rewrapped."""

import hashlib
import os
import pickle
from uuid import UUID

import msgspec
import pytest
import zstandard
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from gateway.ledger import sealing
from gateway.ledger.sealing import DataKey, PayloadKey, Sealed, Sealer, Unopenable

SECRET = hashlib.sha256(b"a payload key").digest()
OLD_SECRET = hashlib.sha256(b"an older payload key").digest()
KEY = PayloadKey("2026-b", SECRET)
OLD_KEY = PayloadKey("2026-a", OLD_SECRET)
ORDER = b"UNA:+.? 'UNB+UNOC:3+4012345000009:14+4098765000008:14+261123:0930+1'" + b"".join(
    b"LIN+%d++4000000000%03d:EN'QTY+21:%d:PCE'PRI+AAA:%d.50'" % (line, line, line * 7, line) for line in range(40)
)


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def digest_of(content):
    return hashlib.sha256(content).digest()


def seal(sealer, content=ORDER, owner="acme-retail"):
    """A sealed payload and its data key."""
    sealed = sealer.seal(content, owner=owner, digest=digest_of(content))
    return sealed, next(key for key in sealer.unstored() if key.id == sealed.data_key_id)


@given(st.binary(max_size=3000))
def test_whatever_is_sealed_opens_again(content):
    sealer = Sealer([KEY])
    sealed, data_key = seal(sealer, content)
    assert sealer.open(sealed, data_key) == content
    assert Sealer([KEY]).open(sealed, data_key) == content  # another process
    assert (sealed.size, sealed.digest) == (len(content), digest_of(content))


@pytest.mark.parametrize("size", [0, 1, 511, 512, 4096, 4097, 65535, 65536, 3_000_000])
def test_every_size_opens_again(size):
    sealer = Sealer([KEY])
    for content in ((ORDER * (size // len(ORDER) + 1))[:size], os.urandom(size)):
        assert sealer.open(*seal(sealer, content)) == content


def test_text_is_compressed_and_what_does_not_shrink_is_not():
    sealer = Sealer([KEY])
    order, _ = seal(sealer)
    assert (order.encoding, len(order.ciphertext) < len(ORDER) / 3) == ("zstd", True)
    for content in (ORDER[:511], os.urandom(2000), os.urandom(200_000), zstandard.compress(os.urandom(100_000))):
        sealed, _ = seal(sealer, content)
        assert (sealed.encoding, len(sealed.ciphertext)) == ("raw", len(content) + 16)


def test_large_content_that_does_not_shrink_is_only_probed(monkeypatch):
    asked = []
    compress = sealing._compress
    monkeypatch.setattr(sealing, "_compress", lambda content: asked.append(len(content)) or compress(content))
    seal(Sealer([KEY]), os.urandom(1_000_000))
    assert asked == [4096]


def test_nothing_of_the_content_is_in_the_row():
    sealed, data_key = seal(Sealer([KEY]), b"secret order 4711" * 10)
    assert b"4711" not in sealed.ciphertext + sealed.nonce + data_key.wrapped


def test_the_same_content_never_looks_the_same_twice():
    sealer = Sealer([KEY])
    first, second = seal(sealer)[0], seal(sealer)[0]
    assert first.data_key_id == second.data_key_id
    assert first.nonce != second.nonce
    assert first.ciphertext != second.ciphertext


def test_each_owner_has_a_data_key_of_its_own():
    sealer = Sealer([KEY])
    assert seal(sealer, owner="acme-retail")[0].data_key_id != seal(sealer, owner="borg-parts")[0].data_key_id
    assert {key.owner for key in sealer.unstored()} == {"acme-retail", "borg-parts"}


def test_a_data_key_serves_for_a_day():
    clock = Clock()
    sealer = Sealer([KEY], clock)
    first, data_key = seal(sealer)
    clock.now = 24 * 3600 - 1
    assert seal(sealer)[0].data_key_id == first.data_key_id
    clock.now = 24 * 3600
    assert seal(sealer)[0].data_key_id != first.data_key_id
    assert sealer.open(first, data_key) == ORDER


def test_a_data_key_serves_a_limited_number_of_times(monkeypatch):
    assert sealing.SERVES_USES == 2**20
    monkeypatch.setattr(sealing, "SERVES_USES", 3)
    sealer = Sealer([KEY])
    keys = [seal(sealer)[0].data_key_id for _ in range(7)]
    assert keys == [keys[0]] * 3 + [keys[3]] * 3 + [keys[6]]
    assert len(set(keys)) == 3


def test_data_keys_are_announced_until_they_are_stored():
    sealer = Sealer([KEY])
    _, first = seal(sealer, owner="acme-retail")
    assert sealer.unstored() == [first]
    _, second = seal(sealer, owner="borg-parts")
    sealer.mark_stored([first])
    assert sealer.unstored() == [second]
    sealer.mark_stored([first, second])
    assert sealer.unstored() == []


def test_a_forgotten_owner_gets_a_new_data_key():
    sealer = Sealer([KEY])
    first, data_key = seal(sealer)
    sealer.forget("acme-retail")
    sealer.forget("nobody")
    assert seal(sealer)[0].data_key_id != first.data_key_id
    assert data_key in sealer.unstored()  # a payload sealed with it may still be on its way to the database


def test_keys_held_in_memory_are_bounded(monkeypatch):
    monkeypatch.setattr(sealing, "MOST_KEYS_HELD", 3)
    sealer = Sealer([KEY])
    sealed = [seal(sealer, owner=f"partner-{number}") for number in range(10)]
    assert len(sealer._serving) == len(sealer._opened) == 3
    assert [sealer.open(*one) for one in sealed] == [ORDER] * 10
    assert len(sealer._opened) == 3


def refusal_of(sealer, sealed, data_key):
    with pytest.raises(Unopenable) as caught:
        sealer.open(sealed, data_key)
    return str(caught.value)


@given(st.data())
def test_any_changed_byte_of_a_row_is_noticed(data):
    sealer = Sealer([KEY])
    sealed, data_key = seal(sealer)
    field = data.draw(st.sampled_from(["nonce", "ciphertext", "digest"]))
    content = bytearray(getattr(sealed, field))
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    assert refusal_of(sealer, replace(sealed, **{field: bytes(content)}), data_key) == (
        f"the payload does not open with data key {data_key.id}: its row was changed or moved"
    )


@pytest.mark.parametrize(("field", "content"), [("nonce", b""), ("nonce", b"12345"), ("ciphertext", b"")])
def test_a_truncated_row_does_not_open(field, content):
    sealer = Sealer([KEY])
    sealed, data_key = seal(sealer)
    assert refusal_of(sealer, replace(sealed, **{field: content}), data_key).endswith("was changed or moved")


def test_the_payload_of_another_owner_does_not_open():
    sealer = Sealer([KEY])
    sealed, data_key = seal(sealer)
    moved = replace(data_key, owner="borg-parts")
    assert refusal_of(sealer, sealed, moved).endswith("its row was changed or moved")
    assert refusal_of(Sealer([KEY]), sealed, moved) == (
        f"data key {data_key.id} does not open with payload key `2026-b`: its row or that file was changed"
    )


def test_a_payload_opens_with_its_own_data_key_only():
    sealer = Sealer([KEY])
    sealed, data_key = seal(sealer)
    _, other = seal(sealer, owner="borg-parts")
    assert refusal_of(sealer, sealed, other) == (
        f"the payload was sealed with data key {data_key.id}, not with {other.id}"
    )
    assert refusal_of(sealer, replace(sealed, data_key_id=other.id), other).endswith("was changed or moved")


@pytest.mark.parametrize(
    ("field", "value"), [("size", len(ORDER) - 1), ("size", len(ORDER) + 1), ("size", 0), ("encoding", "raw")]
)
def test_a_row_with_another_size_or_encoding_does_not_open(field, value):
    sealer = Sealer([KEY])
    sealed, data_key = seal(sealer)
    assert refusal_of(sealer, replace(sealed, **{field: value}), data_key) == (
        f"the payload opened with data key {data_key.id}, but its hash or size is not what its row says"
    )


def test_raw_content_called_compressed_does_not_open():
    sealer = Sealer([KEY])
    sealed, data_key = seal(sealer, b"short")
    assert refusal_of(sealer, replace(sealed, encoding="zstd"), data_key).endswith("not what its row says")


def sealed_by_hand(data_key, encoded, size, digest):
    """What someone who holds the keys could write."""
    cipher, nonce = AESGCM(KEY.unwrap(data_key)), bytes(12)
    ciphertext = cipher.encrypt(nonce, encoded, sealing._bound_to(data_key) + digest)
    return Sealed(
        data_key_id=data_key.id, nonce=nonce, ciphertext=ciphertext, encoding="zstd", size=size, digest=digest
    )


def test_content_that_is_not_what_its_digest_says_does_not_open():
    sealer = Sealer([KEY])
    _, data_key = seal(sealer)
    for encoded in (
        zstandard.compress(b"x" * len(ORDER)),
        zstandard.compress(ORDER) + b"more",
        zstandard.compress(ORDER)[:-1],
    ):
        wrong = sealed_by_hand(data_key, encoded, len(ORDER), digest_of(ORDER))
        assert refusal_of(sealer, wrong, data_key).endswith("not what its row says")
    assert (
        sealer.open(sealed_by_hand(data_key, zstandard.compress(ORDER), len(ORDER), digest_of(ORDER)), data_key)
        == ORDER
    )


def test_unpacking_stops_at_the_recorded_size():
    bomb = zstandard.compress(bytes(50_000_000))
    assert sealing._expanded(bomb, 1000) is None
    _, data_key = seal(sealer := Sealer([KEY]))
    wrong = sealed_by_hand(data_key, bomb, 1000, digest_of(bytes(1000)))
    assert refusal_of(sealer, wrong, data_key).endswith("not what its row says")


def test_a_digest_of_another_length_is_refused_before_sealing():
    with pytest.raises(ValueError, match=r"^a SHA-256 digest has 32 bytes, not 64$"):
        Sealer([KEY]).seal(ORDER, owner="acme-retail", digest=hashlib.sha256(ORDER).hexdigest().encode())


def test_rotation_rewraps_data_keys_and_leaves_payloads_alone():
    sealed, data_key = seal(Sealer([OLD_KEY]))
    rotating = Sealer([KEY, OLD_KEY])
    assert rotating.open(sealed, data_key) == ORDER
    rewrapped = rotating.rewrap(data_key)
    assert (rewrapped.id, rewrapped.owner, rewrapped.kek_id) == (data_key.id, "acme-retail", "2026-b")
    assert Sealer([KEY]).open(sealed, rewrapped) == ORDER
    assert Sealer([OLD_KEY]).open(sealed, rotating.rewrap(rewrapped, OLD_KEY)) == ORDER
    assert seal(rotating)[1].kek_id == "2026-b"


def test_without_its_payload_key_a_payload_does_not_open():
    sealed, data_key = seal(Sealer([OLD_KEY]))
    sentence = f"data key {data_key.id} needs payload key `2026-a`, which was not in the key folder when this process "
    sentence += "started; put it there and restart"
    assert refusal_of(Sealer([KEY]), sealed, data_key) == sentence
    with pytest.raises(Unopenable) as caught:
        Sealer([KEY]).rewrap(data_key)
    assert str(caught.value) == sentence


@pytest.mark.parametrize("change", ["wrapped", "truncated", "empty", "id", "kek_id", "other secret"])
def test_a_changed_data_key_does_not_open(change):
    sealed, data_key = seal(Sealer([KEY]))
    other = UUID(int=data_key.id.int ^ 1)
    impostor = PayloadKey("2026-b", OLD_SECRET)
    sealer = Sealer([impostor if change == "other secret" else KEY, PayloadKey("2026-c", SECRET)])
    changed = {
        "wrapped": replace(data_key, wrapped=data_key.wrapped[:-1] + bytes([data_key.wrapped[-1] ^ 1])),
        "truncated": replace(data_key, wrapped=data_key.wrapped[:20]),
        "empty": replace(data_key, wrapped=b""),
        "id": replace(data_key, id=other),
        "kek_id": replace(data_key, kek_id="2026-c"),
        "other secret": data_key,
    }[change]
    assert refusal_of(sealer, replace(sealed, data_key_id=changed.id), changed) == (
        f"data key {changed.id} does not open with payload key `{changed.kek_id}`: its row or that file was changed"
    )


def test_a_payload_key_has_32_bytes():
    with pytest.raises(ValueError, match=r"^a payload key has 32 bytes, not 16$"):
        PayloadKey("short", bytes(16))


def test_sealing_needs_a_payload_key():
    with pytest.raises(ValueError, match=r"^payloads cannot be sealed without a payload key$"):
        Sealer([])


def test_keys_never_show_their_secrets():
    assert repr(KEY) == "PayloadKey('2026-b')"
    for shown in (repr(KEY), str(vars(KEY))):
        assert SECRET.hex() not in shown
        assert str(SECRET) not in shown
    with pytest.raises(TypeError):
        pickle.dumps(KEY)
    with pytest.raises(TypeError):
        msgspec.json.encode(KEY)


def test_the_layout_of_stored_rows_stays_readable():
    """Written once; a change of the layout must keep opening what older versions stored."""
    data_key = DataKey(
        id=UUID("0b9f7f4e-5f43-4f0e-9d6a-3a1f6f6a2f10"),
        owner="acme-retail",
        kek_id="2026-b",
        wrapped=bytes.fromhex(
            "8489e5d2c7aea67917d9fdf874169ac2a36a867cb9684b533c1f5f84030cfcb0370b7650efa354c47cd9f43a7afd228144659976e30fd519ca0d30c1"
        ),
    )
    sealed = Sealed(
        data_key_id=data_key.id,
        nonce=bytes.fromhex("0bd6d6ba2bf0ed0c15aee80b"),
        ciphertext=bytes.fromhex("2e9ed12964e35662ad9b53cfa91b6080310a5429db7ad1a638c29eefc6a339b1e8db4183eaf386"),
        encoding="zstd",
        size=600,
        digest=digest_of(b"order " * 100),
    )
    assert Sealer([KEY]).open(sealed, data_key) == b"order " * 100
