"""A guideline only narrows: what of a rule takes more than the directory, or than the guideline it extends."""

from collections.abc import Iterator

from translators.edifact.directory import Directory
from translators.edifact.guidelinepaths import Target
from translators.edifact.guidelinespecs import RuleSpec

_SAY_WHY = "say why under `widens`"


def widenings(
    rule: RuleSpec, target: Target, tables: Directory, inherited: RuleSpec | None
) -> Iterator[tuple[str, str]]:
    """(field of the rule, sentence) for everything wrong with it; widening is right where a reason is given."""
    yield from _contradictions(rule, target)
    if rule.widens is not None:
        if not rule.widens.strip():
            yield "widens", "a widening needs a reason"
        return
    yield from _counts(rule, target, inherited)
    yield from _lengths(rule, target, inherited)
    yield from _values(rule, target, tables, inherited)


def _contradictions(rule: RuleSpec, target: Target) -> Iterator[tuple[str, str]]:
    if rule.required and rule.not_used:
        yield "not_used", "what is required is used"
    if rule.required and rule.optional:
        yield "optional", "what is required is not optional"
    if rule.fixed is not None and rule.codes:
        yield "fixed", "a fixed value leaves no choice of codes"
    if target.element is None and (rule.values or rule.longest or rule.shortest):
        field = (
            "codes" if rule.codes else "fixed" if rule.fixed is not None else "longest" if rule.longest else "shortest"
        )
        yield field, f"`{rule.at}` is a group or segment; values stand in its elements"
    if target.element is not None and target.element.component is None and (rule.values or rule.longest):
        yield (
            "at",
            f"`{rule.at}` is a composite; name a component, as in `{rule.at}.{target.element.rule.components[0].id}`",
        )
    says_something = (
        rule.required, rule.not_used, rule.optional, rule.most, rule.longest, rule.shortest, rule.values,
    )  # fmt: skip
    if not any(says_something):
        yield "", "the rule says nothing: required, not_used, most, longest, shortest, codes or fixed"


def _counts(rule: RuleSpec, target: Target, inherited: RuleSpec | None) -> Iterator[tuple[str, str]]:
    allowed = target.step.repeats if target.step is not None else target.element.rule.repeats if target.element else 1
    mandatory = target.step.mandatory if target.step is not None else _is_mandatory(target)
    by = "in the directory"
    if inherited is not None and inherited.most is not None and inherited.most < allowed:
        allowed, by = inherited.most, "in the guideline it extends"
    if rule.most is not None and rule.most > allowed:
        times = "time" if allowed == 1 else "times"
        yield "most", f"`{rule.at}` may occur {allowed} {times} {by}; {rule.most} is more, so {_SAY_WHY}"
    if rule.not_used and mandatory and not target.is_conditioned:
        yield "not_used", f"`{rule.at}` is mandatory in the directory; {_SAY_WHY}"
    if rule.optional and (mandatory or (inherited is not None and inherited.required)):
        by = "in the directory" if mandatory else "in the guideline it extends"
        yield "optional", f"`{rule.at}` is mandatory {by}; {_SAY_WHY}"
    if inherited is not None and inherited.not_used and not rule.not_used:
        yield "at", f"`{rule.at}` is not used in the guideline it extends; {_SAY_WHY}"


def _lengths(rule: RuleSpec, target: Target, inherited: RuleSpec | None) -> Iterator[tuple[str, str]]:
    component = target.element.component if target.element is not None else None
    if component is None:
        return
    longest, by = component.longest, "in the directory"
    if inherited is not None and inherited.longest is not None and inherited.longest < longest:
        longest, by = inherited.longest, "in the guideline it extends"
    if rule.longest is not None and rule.longest > longest:
        yield "longest", f"`{rule.at}` has at most {longest} characters {by}; {rule.longest} is more, so {_SAY_WHY}"
    shortest = max(component.shortest, (inherited.shortest or 0) if inherited is not None else 0)
    if rule.shortest is not None and rule.shortest < shortest:
        yield "shortest", f"`{rule.at}` has at least {shortest} characters; {rule.shortest} is fewer, so {_SAY_WHY}"
    if rule.shortest is not None and rule.shortest > (rule.longest or longest):
        yield "shortest", f"no value has {rule.shortest} characters at least and {rule.longest or longest} at most"


def _values(rule: RuleSpec, target: Target, tables: Directory, inherited: RuleSpec | None) -> Iterator[tuple[str, str]]:
    component = target.element.component if target.element is not None else None
    if component is None or not rule.values:
        return
    field = "fixed" if rule.fixed is not None else "codes"
    known, by = tables.codes(component.id), f"a code of {component.id} in {tables.release}"
    if inherited is not None and inherited.values:
        known, by = inherited.values, "taken by the guideline it extends"
    strange = sorted(rule.values - known) if known is not None else []
    if strange:
        yield field, f"`{strange[0]}` is not {by}; {_SAY_WHY}"
    long = [value for value in sorted(rule.values) if len(value) > component.longest]
    if long:
        yield field, f"`{long[0]}` has {len(long[0])} characters; {component.id} has at most {component.longest}"


def _is_mandatory(target: Target) -> bool:
    element = target.element
    if element is None:
        return False
    if element.component is not None and element.rule.is_composite:
        return element.rule.mandatory and element.component.mandatory
    return element.rule.mandatory
