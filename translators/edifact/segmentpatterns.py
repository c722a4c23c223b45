"""The rules of a segment as one regular expression: what its text looks like when nothing is wrong.

The separators stand in no character class, so every repeat is unambiguous and matching is linear. Repeats therefore
give nothing back (`{1,35}+`), and what may be left out is a choice with nothing (`(?:...|)`): the engine looks at the
first character of a choice before it enters it, and takes half the time of `(?:...)?`.
"""

import re

from translators.edifact.directory import Component, ElementRule
from translators.edifact.separators import Separators


def segment_pattern(tag: str, rules: tuple[ElementRule, ...], separators: Separators) -> re.Pattern[str]:
    """Matches the whole text of a segment that is right; says nothing of codes and dates.

    The values of all components, one after the other, are the groups of the match. A segment with repetitions does not
    match: a group holds one of them only.
    """
    elements = [_element(rule, separators) for rule in rules]
    needed = max((index for index, rule in enumerate(rules, 1) if rule.mandatory), default=0)
    return re.compile(re.escape(tag) + _chain(elements, needed, re.escape(separators.element), leads=True) + r"\Z")


def _element(rule: ElementRule, separators: Separators) -> str:
    if rule.is_composite:
        optional = [
            _component(component, separators, is_optional=not component.mandatory) for component in rule.components
        ]
        needed = max((index for index, each in enumerate(rule.components, 1) if each.mandatory), default=0)
        written = _chain(optional, needed, re.escape(separators.component), leads=False)
        if rule.mandatory and not needed:  # any component will do, but one there must be
            component = re.escape(separators.component)
            written = f"(?={component}*[^{re.escape(separators.special)}]){written}"
        return f"(?:{written}|)" if needed and not rule.mandatory else written
    return _component(rule.components[0], separators, is_optional=not rule.mandatory)


def _chain(parts: list[str], needed: int, separator: str, *, leads: bool) -> str:
    """Parts one after the other; those after number `needed` may be left out from the end."""
    pattern = ""
    for index in range(len(parts), 0, -1):
        before = separator if leads or index > 1 else ""
        pattern = f"{before}{parts[index - 1]}{pattern}"
        if index > max(needed, 0 if leads else 1):
            pattern = f"(?:{pattern}|)"
    return pattern


def _component(rule: Component, separators: Separators, *, is_optional: bool) -> str:
    """A group with the value, empty where it is left out."""
    structure = re.escape(separators.special)
    low, high = rule.shortest, rule.longest
    if rule.kind == "n":
        number = f"({_number(low, high, ''.join(mark for mark in '.,' if mark not in separators.special))})"
        return f"(?:{number}|)" if is_optional else number
    letters = f"[^{structure}{'0-9' if rule.kind == 'a' else ''}]"
    if is_optional and low == 1:
        return f"({letters}{{0,{high}}}+)"
    return f"(?:({letters}{{{low},{high}}}+)|)" if is_optional else f"({letters}{{{low},{high}}}+)"


def _number(low: int, high: int, marks: str) -> str:
    """Sign and decimal mark do not count; both marks are taken in all versions (ISO 9735-1, 10.1)."""
    whole = f"[0-9]{{{low},{high}}}+"
    if low == high or not marks:
        return f"-?{whole}"
    fraction = rf"(?=[0-9{marks}]{{{low + 1},{high + 1}}}(?![0-9{marks}]))[0-9]++[{marks}][0-9]++"
    return rf"-?(?:{whole}(?![0-9{marks}])|{fraction})"
