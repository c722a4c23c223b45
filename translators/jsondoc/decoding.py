"""JSON bytes to a canonical object, or every mistake in them with its pointer, line and column."""

import json
import re
from typing import Any

import msgspec

from translators.canonical.documents import KINDS, Kind, encode, kind_named
from translators.canonical.faults import Fault, Number, faults
from translators.canonical.upcasting import STEPS, upcast
from translators.findings import Finding, Place, Unreadable
from translators.jsondoc.scanning import Mistake, Walk
from translators.yamlsentences import suggest

_KIND = re.compile(rb'"kind"\s*:\s*"([^"\\]{1,64})"')
_KIND_FIRST = re.compile(rb'\s*\{\s*"kind"\s*:')
_MAX_FINDINGS = 100
_MOST_EXPLAINED = 1024 * 1024
"""Bytes up to which every fault is looked for; beyond it the first must do, or a hostile sender buys seconds."""


def kind_of(head: bytes) -> Kind:
    """The kind named in the first bytes of a JSON document. Raises Unreadable when it is missing or unknown."""
    for tag in _KIND.finditer(head):
        name = tag[1].decode("utf-8", "replace")
        known = kind_named(name)
        if known is not None:
            return known
        if "/" in name:
            raise Unreadable((_finding("json.kind", f"unknown kind `{name}`; {suggest(name, KINDS)}", "/kind"),))
    text = f"the field `kind` is missing near the start; put it first, as in {next(iter(KINDS))}"
    raise Unreadable((_finding("json.kind", text, "/kind"),))


def tags_in(head: bytes) -> list[str]:
    """What the first bytes of a JSON document call a `kind`, known or not, in their order."""
    return [tag.decode("utf-8", "replace") for tag in _KIND.findall(head)]


def decode(content: bytes, kind: Kind, max_depth: int) -> tuple[Any, bytes]:
    """The canonical object in `content`, and its one JSON form. Raises Unreadable with every mistake found.

    The fast way is msgspec. A name that occurs twice, of which msgspec takes the last, shows in the number of quotes:
    encoding the object again gives exactly as many unless something was lost (or left out because it is a default,
    which a slower look then tells apart). What comes in an older major version is held to that version's rules, and
    comes out in the newest.
    """
    try:
        canonical = kind.decode(content)
        body = encode(canonical)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise Unreadable(_explained(content, kind, max_depth, str(error))) from None
    lost_none = content.count(b'"') == body.count(b'"') and _KIND_FIRST.match(content) and rb"\u0022" not in content
    if not lost_none and (mistake := _hidden_mistake(content, kind)):
        raise Unreadable(_explained(content, kind, max_depth, mistake))
    return _in_newest_version(canonical) if kind.tag in STEPS else (canonical, body)


def _in_newest_version(older: Any) -> tuple[Any, bytes]:
    try:
        canonical = upcast(older)
    except ValueError as error:
        raise Unreadable((_finding("document.value", str(error), ""),)) from None
    return canonical, encode(canonical)


def _hidden_mistake(content: bytes, kind: Kind) -> str | None:
    """A mistake msgspec does not see: a name that occurs twice, a missing `kind`."""
    twice = False

    def look(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal twice
        names = dict(pairs)
        twice = twice or len(names) != len(pairs)
        return names

    document = json.loads(content, object_pairs_hook=look)
    if twice:
        return "a field occurs twice"
    return None if document.get("kind") == kind.tag else f"`kind` must be {kind.tag}"


def _explained(content: bytes, kind: Kind, max_depth: int, otherwise: str) -> tuple[Finding, ...]:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8")
        line, column = _line_and_column(before, len(before))
        place = Place(line=line, column=column, offset=error.start)
        return (Finding("json.encoding", f"byte {error.start} is not valid UTF-8", place),)
    walk = Walk(text, max_depth).run()
    if walk.mistakes:
        return tuple(_of_mistake(mistake, text) for mistake in walk.mistakes[:_MAX_FINDINGS])
    if len(content) > _MOST_EXPLAINED:
        return (_first_fault(otherwise),)
    found = _faults_of(text, kind)[:_MAX_FINDINGS]
    if not found:
        return (_finding("json.value", otherwise, ""),)
    offsets = Walk(text, max_depth, frozenset(fault.pointer for fault in found)).run().offsets
    return tuple(_of_fault(fault, text, offsets.get(fault.pointer)) for fault in found)


def _first_fault(error: str) -> Finding:
    """What msgspec said, in the house's words."""
    text, _, path = error.partition(" - at `$")
    text = text.replace("Object contains", "there is an").replace("Object missing", "the object lacks the")
    return _finding(
        "document.value", text[:1].lower() + text[1:], re.sub(r"[.\[]", "/", path).replace("]", "").rstrip("`")
    )


def _faults_of(text: str, kind: Kind) -> list[Fault]:
    value = json.loads(text, parse_int=Number, parse_float=Number)
    found = faults(value, kind.struct)
    if isinstance(value, dict) and value.get("kind") != kind.tag:
        found.insert(0, Fault("value", f"`kind` must be {kind.tag}", "/kind" if "kind" in value else ""))
    return found


def _of_mistake(mistake: Mistake, text: str) -> Finding:
    line, column = _line_and_column(text, mistake.offset)
    return Finding(mistake.code, mistake.text, Place(line=line, column=column, path=mistake.pointer))


def _of_fault(fault: Fault, text: str, offset: int | None) -> Finding:
    line, column = _line_and_column(text, offset) if offset is not None else (None, None)
    return Finding(f"document.{fault.code}", fault.text, Place(line=line, column=column, path=fault.pointer))


def _line_and_column(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def _finding(code: str, text: str, pointer: str) -> Finding:
    return Finding(code, text, Place(path=pointer))
