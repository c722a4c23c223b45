"""What is lost or changed when a document is written: told by canonical path, never dropped without a word."""

from typing import Any

import msgspec

from translators.canonical.documents import encode
from translators.differences import differences
from translators.findings import Finding, Place
from translators.mapping.running import Map
from translators.mapping.unwritten import Unwritten


def told_losses(before: Any, after: Any, unwritten: tuple[Unwritten, ...], compiled: Map) -> tuple[Finding, ...]:
    """What of `before` is not in the message, or reads back otherwise, as `after`."""
    name = f"{compiled.spec.message} {compiled.spec.version}"
    findings = [unwritten_finding(each, name, compiled) for each in unwritten]
    lost = [each.pointer for each in unwritten]
    for pointer, now in differences(msgspec.json.decode(encode(before)), msgspec.json.decode(encode(after))):
        if not any(_is_below(pointer, other) or _is_below(other, pointer) for other in lost):
            text = f"in {name} this reads `{now[:60]}`" if now else f"{name} does not say this"
            findings.append(Finding("map.changed", text, Place(path=pointer), "warning", act="operator"))
    return tuple(findings)


def unwritten_finding(each: Unwritten, name: str, compiled: Map) -> Finding:
    """What has no place, as information where the map leaves it out on purpose."""
    field = _field(each.pointer)
    for waiver in compiled.spec.waived:
        if waiver.to is not None and (field == waiver.to or field.startswith((waiver.to + ".", waiver.to + "["))):
            text = f"left out of {name}: {waiver.reason}"
            return Finding("map.unwritten", text, Place(path=each.pointer), "information", act="operator")
    text = f"{name} has no place for this" + (f": {each.reason}" if each.reason else "")
    return Finding("map.unwritten", text, Place(path=each.pointer), "warning", act="operator")


def _field(pointer: str) -> str:
    """`lines[].quantity` for `/lines/0/quantity`."""
    steps = [("[]" if step.isdigit() else f".{step}") for step in pointer.split("/")[1:]]
    return "".join(steps).removeprefix(".")


def _is_below(pointer: str, other: str) -> bool:
    return pointer == other or pointer.startswith(other + "/")
