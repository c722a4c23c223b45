"""JSON of an older version, read for being reshaped: exactly, and with its mistakes where the sender wrote them."""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec
from msgspec.structs import replace

from translators.findings import Finding, Place, Unreadable
from translators.jsondoc.reshaping import Reshape, Unfitting
from translators.jsondoc.scanning import Mistake, Walk

_DEEPEST = 64
_encode = msgspec.json.Encoder(decimal_format="number").encode


def reshaped(content: bytes, reshapes: Sequence[Reshape], kind: str | None = None) -> bytes:
    """The document in the newest shape, as a `kind` where one is given. Raises Unreadable with places in `content`."""
    try:
        document = json.loads(content, object_pairs_hook=_no_name_twice, parse_float=Decimal)
    except (ValueError, RecursionError):
        raise Unreadable(_mistakes(content)) from None
    for done, reshape in enumerate(reshapes):
        try:
            reshape.forward(document)
        except Unfitting as error:
            finding = Finding("document.value", str(error), Place(path=error.pointer))
            raise Unreadable(in_older_words((finding,), reshapes[:done], content)) from None
    if kind is not None and isinstance(document, dict):
        document = {"kind": kind, **{name: value for name, value in document.items() if name != "kind"}}
    return _encode(document)


def in_older_words(findings: Sequence[Finding], reshapes: Sequence[Reshape], content: bytes) -> tuple[Finding, ...]:
    """Findings about the newest shape, at the places in what the sender wrote."""
    return tuple(_in_older_words(finding, reshapes, content) for finding in findings)


def _in_older_words(finding: Finding, reshapes: Sequence[Reshape], content: bytes) -> Finding:
    pointer = finding.place.path
    if pointer is None:
        return finding
    for reshape in reversed(reshapes):
        pointer = reshape.older_pointer(pointer)
    text = content.decode("utf-8-sig")
    offset = Walk(text, _DEEPEST, frozenset({pointer})).run().offsets.get(pointer)
    placed = replace(finding, place=Place(path=pointer))
    return placed if offset is None else _at(placed, text, offset)


def answered(content: bytes, reshapes: Sequence[Reshape]) -> bytes:
    """An answer of ours in the shape of an older version."""
    document = json.loads(content, parse_float=Decimal)
    for reshape in reversed(reshapes):
        reshape.backward(document)
    return _encode(document)


def _no_name_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) != len(pairs):
        raise ValueError("a name occurs twice")
    return names


def _mistakes(content: bytes) -> tuple[Finding, ...]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return (Finding("json.encoding", f"byte {error.start} is not valid UTF-8", Place(offset=error.start)),)
    found = Walk(text, _DEEPEST).run().mistakes or [Mistake("json.syntax", "the document is not JSON", 0, "")]
    return tuple(_at(Finding(one.code, one.text, Place(path=one.pointer)), text, one.offset) for one in found[:100])


def _at(finding: Finding, text: str, offset: int) -> Finding:
    line, column = text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)
    return replace(finding, place=replace(finding.place, line=line, column=column))
