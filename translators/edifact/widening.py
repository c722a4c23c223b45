"""A directory with what a guideline widens: more repeats, longer elements, other codes, optional where mandatory.

Structure is widened at its place in the message; an element wherever its segment stands, a code wherever its element.
"""

from collections.abc import Sequence

from msgspec import structs

from translators.edifact.directory import Component, Directory, ElementRule, Step
from translators.edifact.guidelinerules import GuidelineRule


class WidenedDirectory(Directory):
    """A directory in which some answers are others."""

    def __init__(self, base: Directory) -> None:
        self.__dict__.update(base.__dict__)
        self._rules = dict(base._rules)
        self._structures = dict(base._structures)
        self._codes = dict(base._codes)

    def widen(self, rule: GuidelineRule, message: str) -> None:
        """Take what the rule takes."""
        if rule.target.step is not None:
            root = self.structure(message)
            if root is not None:
                self._structures[message] = _replaced(root, rule.target.way, rule)
            return
        element = rule.target.element
        assert element is not None
        rules = self.segment(element.tag) or ()
        places = dict(element.places)
        self._rules[element.tag] = tuple(
            _widened(each, places[index], rule) if index in places else each for index, each in enumerate(rules, 1)
        )
        if element.component is not None and rule.spec.values:
            known = self.codes(element.component.id)
            if known is not None:
                self._codes[element.component.id] = known | rule.spec.values


def widened(base: Directory, message: str, rules: Sequence[GuidelineRule]) -> Directory:
    """The directory for a guideline; `base` itself when nothing is widened."""
    widening = [rule for rule in rules if rule.spec.widens is not None]
    if not widening:
        return base
    tables = WidenedDirectory(base)
    for rule in widening:
        tables.widen(rule, message)
    return tables


def _replaced(step: Step, way: tuple[str, ...], rule: GuidelineRule) -> Step:
    """The structure with the place at the end of the way as the rule takes it."""
    name, *rest = way
    steps = list(step.steps)
    at = next(index for index, each in enumerate(steps) if each.name == name)
    steps[at] = _replaced(steps[at], tuple(rest), rule) if rest else _wider_step(steps[at], rule)
    return structs.replace(step, steps=tuple(steps))


def _wider_step(step: Step, rule: GuidelineRule) -> Step:
    mandatory = step.mandatory and not (rule.spec.optional or rule.spec.not_used)
    return structs.replace(step, mandatory=mandatory, repeats=max(step.repeats, rule.spec.most or 0))


def _widened(rule: ElementRule, number: int, by: GuidelineRule) -> ElementRule:
    optional = by.spec.optional or by.spec.not_used
    components = tuple(
        _wider_component(each, by) if at == number or not rule.is_composite else each
        for at, each in enumerate(rule.components)
    )
    whole = number < 0 or not rule.is_composite
    return structs.replace(
        rule,
        mandatory=rule.mandatory and not (optional and whole),
        repeats=max(rule.repeats, (by.spec.most or 0) if whole else 0),
        components=components,
    )


def _wider_component(component: Component, by: GuidelineRule) -> Component:
    optional = by.spec.optional or by.spec.not_used
    shortest = component.shortest if by.spec.shortest is None else min(component.shortest, by.spec.shortest)
    return structs.replace(
        component,
        mandatory=component.mandatory and not optional,
        longest=max(component.longest, by.spec.longest or 0),
        shortest=shortest,
    )
