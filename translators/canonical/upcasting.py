"""From an older major version of a canonical object to the newest, one step per major.

Inside a major version a shape only grows (new fields that may be left out), so nothing has to be done. When a field
must go, change its meaning or become mandatory, the shape gets the next major:

1. the struct as it was moves to a module of its own, with its old tag (`purchase_order/1`);
2. the struct gets the new tag (`purchase_order/2`) and changes;
3. a `step(...)` is added to `STEPS`: a pure function from the old object to the next. It invents nothing: what the old
   shape did not say stays unsaid, and what has no place any more goes to `ext`.

From then on senders may use either, mistakes are told in the words of the major the sender used, stored documents of
the old major can still be read, and everybody behind the reader sees the newest only. Both JSON Schemas stay published.
"""

import re
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct

from translators.canonical.figures import decode_figure

_TAG = re.compile(rb'\s*\{\s*"kind"\s*:\s*"([^"\\]{1,64})"').match


class Step(Struct, frozen=True, kw_only=True):
    """An older major version that is still taken, and the way from it to the `next`."""

    tag: str
    next: str
    struct: type[Any]
    decode: Callable[[bytes], Any]
    change: Callable[[Any], Any]


def step(struct: type[Any], following: type[Any], change: Callable[[Any], Any]) -> Step:
    """How objects of `struct` become objects of `following`, the next major version of the same type.

    Raises ValueError when the two tags are not neighbours.
    """
    old, new = str(struct.__struct_config__.tag), str(following.__struct_config__.tag)
    name, _, version = old.partition("/")
    if new != (wanted := f"{name}/{int(version) + 1}"):
        raise ValueError(f"after {old} comes {wanted}, not {new}")
    decode = msgspec.json.Decoder(struct, dec_hook=decode_figure).decode
    return Step(tag=old, next=new, struct=struct, decode=decode, change=change)


STEPS: dict[str, Step] = {}
"""Tag of an older major -> its step. Empty as long as every kind is in its first major."""


def upcast(canonical: Any) -> Any:
    """The object in the newest major version; itself when it is that already."""
    while (known := STEPS.get(str(canonical.__struct_config__.tag))) is not None:
        canonical = known.change(canonical)
    return canonical


def tag_of(body: bytes) -> str:
    """The `kind` of a JSON document that names it first, as all bodies do; empty when it does not."""
    found = _TAG(body)
    return found[1].decode("utf-8", "replace") if found else ""
