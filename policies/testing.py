"""Tests of rules, written beside them in `tests/*.yaml`: facts, and what must be said about them.

kind: tests
cases:
- name: a distributor orders
  given: {sender: nordlicht, plan: standard, roles: [orders.send], document: purchase_order}
  expect: {verdict: allowed, rule: distributors-send-orders, routes: [orders-to-odoo]}
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct

from policies.deciding import Counting
from policies.explaining import ASKED, Explanation, explain
from policies.given import Given, facts_of
from policies.policyset import PolicySet
from policies.verdicts import Code, RuleRef
from policies.written import Name
from translators.yamlfiles import FileProblem, FileProblems, YamlFile, convert, load

TESTS = "tests"
"""The folder of tests inside the folder of rules."""


class Expected(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out is not looked at. Names of rules; `default` is the rule that decides when no other does."""

    verdict: Literal["allowed", "refused"]
    rule: Name | None = None
    code: Code | None = None
    limits: tuple[Name, ...] | None = None
    """Every limit that was counted, in any order."""
    schema: Name | None = None
    routes: tuple[Name, ...] | None = None
    """Every route that was taken, in any order."""
    observed: tuple[Name, ...] | None = None
    """Every rule in observe mode that would have refused."""


class Case(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`after`: so many of the same have just been accepted."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    given: Given
    after: Annotated[int, Meta(ge=0, le=100_000)] = 0
    expect: Expected


class TestsFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`tests/*.yaml`."""

    kind: Literal["tests"]
    cases: Annotated[tuple[Case, ...], Meta(min_length=1)]


class Outcome(Struct, frozen=True, kw_only=True):
    """`failures` are problems at the place of what was expected; none when the case holds."""

    name: str
    file: str
    line: int
    failures: tuple[FileProblem, ...]
    explanation: Explanation


class Coverage(Struct, frozen=True, kw_only=True):
    """Which rules took part in a case: all their conditions held in at least one."""

    rules: int
    uncovered: tuple[RuleRef, ...]

    @property
    def percent(self) -> int:
        """Rounded down: 100 means all."""
        return 100 if not self.rules else 100 * (self.rules - len(self.uncovered)) // self.rules


class Report(Struct, frozen=True, kw_only=True):
    outcomes: tuple[Outcome, ...]
    coverage: Coverage

    @property
    def failures(self) -> tuple[FileProblem, ...]:
        return tuple(problem for one in self.outcomes for problem in one.failures)


def run_tests(rules: PolicySet, folder: Path, counting: Callable[[], Counting]) -> Report:
    """Every case under `folder`/tests; `counting` makes counters that nothing was counted with yet.

    Raises FileProblems for tests that cannot be read.
    """
    problems: list[FileProblem] = []
    outcomes: list[Outcome] = []
    for path in sorted((folder / TESTS).glob("*.yaml")):
        try:
            file = load(path)
            cases = convert(file, TestsFile).cases
        except FileProblems as found:
            problems += found.problems
            continue
        named: set[str] = set()
        for number, case in enumerate(cases):
            place = f"$.cases[{number}]"
            if case.name in named:
                problems.append(file.problem(f"{place}.name", f"the case `{case.name}` is already in this file"))
            named.add(case.name)
            outcomes.append(_run(rules, case, file, place, folder, counting()))
    if problems:
        raise FileProblems(problems)
    return Report(outcomes=tuple(outcomes), coverage=coverage(rules, [one.explanation for one in outcomes]))


def coverage(rules: PolicySet, explanations: list[Explanation]) -> Coverage:
    covered = {rule for one in explanations for rule in one.matched}
    # A flow decides nothing by itself: the routes that name it do.
    every = [one.ref for one in rules.written if one.ref.kind in ASKED - {"flows"}]
    return Coverage(rules=len(every), uncovered=tuple(rule for rule in every if rule not in covered))


def _run(rules: PolicySet, case: Case, file: YamlFile, place: str, folder: Path, counting: Counting) -> Outcome:
    request, documents = facts_of(case.given)
    for _ in range(case.after):
        counting(rules.charges(request))
        counting(rules.document_charges(documents))
    explanation = explain(rules, request, documents, counting)
    return Outcome(
        name=case.name,
        file=file.path.relative_to(folder).as_posix(),
        line=file.places[place][0],
        failures=tuple(_failures(case.expect, explanation, file, f"{place}.expect")),
        explanation=explanation,
    )


def _failures(expect: Expected, explanation: Explanation, file: YamlFile, place: str) -> Iterator[FileProblem]:
    decision = explanation.decision
    verdict = "allowed" if decision.allowed else "refused"
    if expect.verdict != verdict:
        why = f" ({decision.text})" if decision.text else ""
        by = f" by {decision.rule}" if decision.rule is not None else ""
        yield file.problem(f"{place}.verdict", f"expected `{expect.verdict}`, but it is {verdict}{by}{why}")
        return
    name = decision.rule.name if decision.rule is not None else None
    if expect.rule is not None and expect.rule != name:
        yield file.problem(f"{place}.rule", f"expected rule `{expect.rule}`, but `{name}` decided")
    if expect.code is not None and expect.code != decision.code:
        yield file.problem(f"{place}.code", f"expected code `{expect.code}`, but it is `{decision.code}`")
    found: dict[str, tuple[RuleRef, ...]] = {
        "limits": decision.limits,
        "routes": tuple(route.rule for route in decision.routes),
        "observed": decision.observed,
    }
    for field, rules in found.items():
        wanted = getattr(expect, field)
        names = sorted({one.name for one in rules})
        if wanted is not None and sorted(wanted) != names:
            text = f"expected {_listed(sorted(wanted))}, but it is {_listed(names)}"
            yield file.problem(f"{place}.{field}", text)
    schema = next((one.name for one in decision.schemas), None)
    if expect.schema is not None and expect.schema != schema:
        yield file.problem(f"{place}.schema", f"expected schema `{expect.schema}`, but it is `{schema}`")


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"
