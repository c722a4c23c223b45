"""Checks the elements of a segment against the directory: mandatory, number, repeats, characters and length."""

import re

from translators.edifact.characters import outside
from translators.edifact.directory import Component, Directory, ElementRule
from translators.edifact.faults import Faults
from translators.edifact.structure import Placed

_NUMBER = re.compile(r"-?[0-9]+(?:[.,][0-9]+)?\Z")
_NO_DIGIT_BEFORE = re.compile(r"-?[.,][0-9]+\Z")


def check_contents(placed: Placed, directory: Directory, faults: Faults) -> None:
    """Tell everything wrong inside one segment."""
    segment = placed.segment
    elements = segment.elements
    rules = directory.segment(elements[0][0][0])
    if rules is None:
        return
    given = len(elements) - 1
    for index, rule in enumerate(rules, 1):
        if index > given or _is_empty(elements[index]):
            if rule.mandatory:
                _tell(faults, "missing", f"the mandatory {_named(rule)} is missing", placed, index)
            continue
        _check_element(elements[index], rule, placed, index, faults)
    for index in range(len(rules) + 1, given + 1):
        if not _is_empty(elements[index]):
            tag = elements[0][0][0]
            _tell(faults, "constituents", f"{tag} has {len(rules)} elements, this is number {index}", placed, index)


def check_characters(placed: Placed, faults: Faults) -> bool:
    """Whether the segment's bytes are of its character set; tell where they are not."""
    segment = placed.segment
    bad = segment.syntax.fault(segment.raw)
    if bad is not None:
        text = f"byte {segment.offset + bad} is not valid {segment.syntax.encoding.upper()}"
        faults.tell("character", "edifact.character", text, segment, position=placed.position or None)
        return False
    needless = segment.syntax.needless_release(segment.raw)
    if needless is not None:
        text = f"the release character at byte {segment.offset + needless} stands before an ordinary character"
        faults.warn("edifact.release", text, segment)
    at = outside(segment.syntax.repertoire, segment.raw)
    if at is not None:
        _tell_odd_byte(placed, at, faults)
    return True


def _tell_odd_byte(placed: Placed, at: int, faults: Faults) -> None:
    """A byte beyond the declared repertoire is kept and told; a control character other than a line break refuses."""
    segment = placed.segment
    byte, offset = segment.raw[at], segment.offset + at
    if byte in b"\r\n\t":
        text, severity = f"a line break or tab stands inside the segment, at byte {offset}", "warning"
    elif byte < 0x20:
        text, severity = f"a control character stands inside the segment, at byte {offset}", "error"
    else:
        text, severity = f"byte {offset} is a character that {segment.syntax.repertoire} does not have", "warning"
    is_error = severity == "error"
    faults.tell(
        "character",
        "edifact.character",
        text,
        segment,
        position=placed.position,
        severity="error" if is_error else "warning",
    )


def _check_element(element: list[list[str]], rule: ElementRule, placed: Placed, index: int, faults: Faults) -> None:
    if len(element) > rule.repeats:
        text = f"the {_named(rule)} occurs {len(element)} times; at most {rule.repeats} may"
        _tell(faults, "constituents", text, placed, index)
    for repetition, components in enumerate(element, 1):
        if len(components) > len(rule.components) and any(components[len(rule.components) :]):
            what = f"has {len(rule.components)} components" if rule.is_composite else "is not a composite"
            _tell(faults, "constituents", f"the {_named(rule)} {what}, this is number {len(components)}", placed, index)
        for number, component in enumerate(rule.components, 1):
            value = components[number - 1] if number <= len(components) else ""
            if value:
                if len(value) > component.longest or component.kind != "an" or len(value) < component.shortest:
                    _check_value(
                        value, component, placed, index, number if rule.is_composite else 0, repetition, faults
                    )
            elif component.mandatory and rule.is_composite:
                text = f"the mandatory component {component.id} of {rule.id} is missing"
                _tell(faults, "missing", text, placed, index, number, repetition)


def _check_value(
    value: str, rule: Component, placed: Placed, index: int, number: int, repetition: int, faults: Faults
) -> None:
    found = _value_fault(value, rule)
    if found is not None:
        kind, text = found
        _tell(faults, kind, f"{rule.id} {text}", placed, index, number, repetition)


def _value_fault(value: str, rule: Component) -> tuple[str, str] | None:
    length = len(value)
    if rule.kind == "n":
        if not _NUMBER.match(value):
            if _NO_DIGIT_BEFORE.match(value):
                return "decimal_sign", f"`{value[:20]}` has no digit before the decimal mark"
            return ("notation" if any(c.isdigit() for c in value) else "type"), f"`{value[:20]}` is not a number"
        length = sum(character.isdigit() for character in value)
    elif rule.kind == "a" and any(character.isdigit() for character in value):
        return "type", f"`{value[:20]}` holds digits; letters are expected"
    if length > rule.longest:
        return "long", f"has {length} characters; at most {rule.longest} may stand here"
    if length < rule.shortest:
        return "short", f"has {length} characters; {rule.shortest} must stand here"
    return None


def _is_empty(element: list[list[str]]) -> bool:
    return not any(value for components in element for value in components)


def _named(rule: ElementRule) -> str:
    return f"composite {rule.id}" if rule.is_composite else f"element {rule.id}"


_CODES = {"missing": "missing", "constituents": "constituents"}


def _tell(
    faults: Faults, kind: str, text: str, placed: Placed, index: int, number: int = 0, repetition: int = 1
) -> None:
    code = f"edifact.element.{_CODES.get(kind, 'value')}"
    faults.tell(kind, code, text, placed.segment, index, number, position=placed.position, repetition=repetition)
