"""One segment against its rules: number and kind of elements, lengths, dates, codes, conditions between elements."""

import re
from collections.abc import Iterator

from translators.edifact.directory import ElementRule
from translators.edifact.segments import Element
from translators.edifact.structure import Placed
from translators.mapping.digits import calendar_day
from translators.x12.faults import Faults, segment_of
from translators.x12.grammar import Grammar, Value
from translators.x12.segments import Fold, Segment

_NUMBER = re.compile(r"-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:E-?[0-9]+)?\Z")
_WHOLE = re.compile(r"-?[0-9]+\Z")
_TIME = re.compile(r"(?:[01][0-9]|2[0-3])[0-5][0-9](?:[0-5][0-9][0-9]{0,2})?\Z")


def check_segment(placed: Placed, grammar: Grammar, faults: Faults) -> None:
    """Tell everything wrong inside one segment; nothing of one there is no table of. Folds it on the way."""
    segment = segment_of(placed)
    rules = grammar.segment(segment.tag)
    if rules is None:
        return
    folds = grammar.folds(segment.tag)
    given = len(segment.wire) - 1
    known = sum(fold.width * (fold.repeats if fold.is_folded else 1) for fold in folds)
    if given > known:
        text = f"{segment.tag} has {known} elements, this is number {known + 1}"
        faults.element(placed, known + 1, "AK403:3", "x12.element.constituents", text)
    for rule, fold in zip(rules, folds, strict=True):
        if fold.at <= given or rule.mandatory:  # most segments end long before their last element
            _check_element(placed, segment, rule, fold, grammar, faults)
    segment.fold(folds)
    for kind, places in grammar.conditions(segment.tag):
        for element, syntax_code, text in _broken(kind, places, segment):
            faults.element(placed, element, syntax_code, "x12.element.condition", text)


def _check_element(
    placed: Placed, segment: Segment, rule: ElementRule, fold: Fold, grammar: Grammar, faults: Faults
) -> None:
    if not fold.width:
        return
    if fold.is_folded:
        _check_folded(placed, segment, rule, fold, grammar, faults)
        return
    element = segment.wire[fold.at] if fold.at < len(segment.wire) else []
    if not any(value for components in element for value in components):
        if rule.mandatory:
            text = f"the mandatory element {rule.id} ({rule.name}) is missing"
            faults.element(placed, fold.at, "AK403:1", "x12.element.missing", text)
        return
    if rule.repeats == 1 and len(element) > 1:
        element = _joined(placed, segment, rule.id, fold.at, faults)
    for repetition, components in enumerate(element, 1):
        _check_components(placed, segment, rule, fold, components, repetition, grammar, faults)


def _joined(placed: Placed, segment: Segment, name: str, at: int, faults: Faults) -> Element:
    """An element that cannot repeat: the repetition separator in it is taken as a character, as it stood there."""
    mark = segment.separators.repetition or ""
    text = mark.join(segment.separators.component.join(components) for components in segment.wire[at])
    joined = [text.split(segment.separators.component)]
    segment.wire[at] = joined
    text = f"the repetition separator `{mark}` stands in {name}, which does not repeat; it is taken as it is"
    faults.warn("x12.repetition", text, segment, at, placed.position)
    return joined


def _check_components(
    placed: Placed, segment: Segment, rule: ElementRule, fold: Fold, components: list[str], repetition: int,
    grammar: Grammar, faults: Faults,
) -> None:  # fmt: skip
    if repetition > rule.repeats:
        if repetition == rule.repeats + 1:
            text = f"{rule.id} is given more than {rule.repeats} times"
            faults.element(placed, fold.at, "AK403:3", "x12.element.constituents", text, 0, repetition)
        return
    if not rule.is_composite:
        if len(components) > 1:
            text = (
                f"the component separator `{segment.separators.component}` stands in {rule.id}, which is no composite"
            )
            faults.element(placed, fold.at, "AK403:6", "x12.character", text)
        else:
            _check_value(placed, components[0], rule, 0, fold.at, 0, grammar, faults)
        return
    if len(components) > len(rule.components):
        text = f"{rule.id} has {len(rule.components)} components, this is number {len(rule.components) + 1}"
        faults.element(placed, fold.at, "AK403:3", "x12.element.constituents", text, len(rule.components) + 1)
    for number, component in enumerate(rule.components):
        value = components[number] if number < len(components) else ""
        if value:
            _check_value(placed, value, rule, number, fold.at, number + 1, grammar, faults)
        elif component.mandatory:
            text = f"the mandatory component {number + 1} of {rule.id} ({component.name}) is missing"
            faults.element(placed, fold.at, "AK403:1", "x12.element.missing", text, number + 1)


def _check_folded(
    placed: Placed, segment: Segment, rule: ElementRule, fold: Fold, grammar: Grammar, faults: Faults
) -> None:
    end = fold.at + fold.width * fold.repeats
    given = segment.wire[fold.at : end]
    if rule.mandatory and not any(element[0][0] for element in given[: fold.width]):
        text = f"the mandatory element {rule.id} ({rule.name}) is missing"
        faults.element(placed, fold.at, "AK403:1", "x12.element.missing", text)
    for start in range(0, len(given), fold.width):
        group = given[start : start + fold.width]
        is_said = any(element[0][0] for element in group)
        for number in range(fold.width):
            at = fold.at + start + number
            element = group[number] if number < len(group) else [[""]]
            name = f"{segment.tag}{at:02}"
            if len(element) > 1:
                element = group[number] = _joined(placed, segment, name, at, faults)
            if len(element[0]) > 1:
                faults.element(placed, at, "AK403:6", "x12.character", f"the component separator stands in {name}")
            elif element[0][0]:
                _check_value(placed, element[0][0], rule, number, at, 0, grammar, faults, name)
            elif is_said and fold.width > 1:
                text = f"{name} ({rule.components[number].name}) is missing beside its other half"
                faults.element(placed, at, "AK403:2", "x12.element.condition", text)


def _check_value(
    placed: Placed, value: str, rule: ElementRule, number: int, at: int, component: int, grammar: Grammar,
    faults: Faults, name: str = "",
) -> None:  # fmt: skip
    part = rule.components[number]
    assert isinstance(part, Value)
    name = name or (f"{rule.id}-{component}" if component else rule.id)
    found = value_fault(value, part)
    codes = grammar.codes(part.id)
    if found is not None:
        syntax_code, code, text = found
        faults.element(placed, at, syntax_code, code, f"{name} {text}", component)
    elif codes is not None and value not in codes:
        text = f"{name} has the code `{value[:10]}`; known are {', '.join(sorted(codes))}"
        faults.element(placed, at, "AK403:7", "x12.element.code", text, component)


def value_fault(value: str, part: Value) -> tuple[str, str, str] | None:
    """(code of the acknowledgement, our code, what is wrong) of a value, or None."""
    length = len(value)
    if not value.isprintable() and any(ord(each) < 32 or ord(each) == 127 for each in value):
        return "AK403:6", "x12.character", "holds a control character"
    if part.type == "R":
        if not _NUMBER.match(value):
            return "AK403:6", "x12.element.value", f"is `{value[:20]}`, which is not a number"
        length = sum(each.isdigit() for each in value)
    elif part.kind == "n":
        if not _WHOLE.match(value):
            return "AK403:6", "x12.element.value", f"is `{value[:20]}`; digits without a point are expected"
        length = sum(each.isdigit() for each in value)
    elif part.type == "DT" and not _is_date(value):
        return "AK403:8", "x12.element.date", f"is `{value[:20]}`, which is not a date"
    elif part.type == "TM" and not _TIME.match(value):
        return "AK403:9", "x12.element.date", f"is `{value[:20]}`, which is not a time"
    if length > part.longest:
        return "AK403:5", "x12.element.value", f"has {length} characters; at most {part.longest} may stand here"
    if length < part.shortest:
        return "AK403:4", "x12.element.value", f"has {length} characters; at least {part.shortest} must stand here"
    return None


def _is_date(value: str) -> bool:
    return calendar_day(value if len(value) == 8 else "20" + value) is not None


def _broken(kind: str, places: tuple[int, ...], segment: Segment) -> Iterator[tuple[int, str, str]]:
    """(element, code of the acknowledgement, sentence) where a condition between elements does not hold."""
    wire = segment.wire
    said = [place for place in places if place < len(wire) and (wire[place][0][0] or any(map(any, wire[place])))]
    if len(said) == len(places) and kind != "E":
        return
    names = [f"{segment.tag}{place:02}" for place in places]
    first = places[0]
    if kind == "P" and said and len(said) < len(places):
        missing = next(place for place in places if place not in said)
        yield missing, "AK403:2", f"{' and '.join(names)} stand together or not at all"
    elif kind == "R" and not said:
        yield first, "AK403:2", f"one of {', '.join(names)} must be there"
    elif kind == "E" and len(said) > 1:
        yield said[1], "AK403:10", f"only one of {', '.join(names)} may be there"
    elif kind == "C" and first in said and len(said) < len(places):
        missing = next(place for place in places if place not in said)
        yield missing, "AK403:2", f"{names[0]} needs {' and '.join(names[1:])} beside it"
    elif kind == "L" and said == [first]:
        yield places[1], "AK403:2", f"{names[0]} needs one of {', '.join(names[1:])} beside it"
