"""One text, one meaning: whatever is read is written back the same, and nothing else breaks the reader."""

import contextlib
import json

from hypothesis import given
from hypothesis import strategies as st

from gateway.identity.compact import Malformed, decode_base64url, encode_base64url, read_compact

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8"), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=4)
    ),
    max_leaves=12,
)
objects = st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=10), json_values, max_size=5)


@given(st.binary(max_size=200))
def test_base64url_goes_both_ways(content):
    assert decode_base64url(encode_base64url(content)) == content


@given(st.text("ABCDEFGHabcdefgh0123456789-_=+/ \n", max_size=24))
def test_only_the_canonical_text_of_some_bytes_is_read(text):
    with contextlib.suppress(Malformed):
        assert encode_base64url(decode_base64url(text)) == text


@given(objects, objects, st.binary(max_size=64))
def test_a_compact_token_gives_its_parts(header, payload, signature):
    head, body = (encode_base64url(json.dumps(part).encode()) for part in (header, payload))
    compact = read_compact(f"{head}.{body}.{encode_base64url(signature)}")
    assert (compact.header, compact.payload, compact.signature) == (header, payload, signature)
    assert compact.signed == f"{head}.{body}".encode()


@given(st.text(max_size=200) | st.lists(st.binary(max_size=40).map(encode_base64url), max_size=5).map(".".join))
def test_no_text_breaks_the_reader(text):
    with contextlib.suppress(Malformed):
        read_compact(text)
