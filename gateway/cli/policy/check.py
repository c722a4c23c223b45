"""`policy check` tells all that is wrong and what deserves a look; `policy test` runs the tests of the rules."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gateway.cli.policy.telling import known_of, named, profiles, rules_option
from gateway.cli.telling import (
    carefully,
    console,
    json_option,
    partners_option,
    place_of,
    row,
    safe,
    table,
    tell_json,
    tell_problems,
)
from gateway.local_counters import LocalCounters
from partners.directory import load as load_partners
from policies.checking import LISTS, Warned, warnings
from policies.loading import load
from policies.policyset import PolicySet
from policies.testing import Report, run_tests
from translators.fileproblems import FileProblem, FileProblems


def add_commands(verbs: Any) -> None:
    check = verbs.add_parser(
        "check", help="read rules and profiles as the service would, and tell what deserves a look"
    )
    rules_option(check)
    partners_option(check)
    check.add_argument("--strict", action="store_true", help="warnings count as mistakes")
    json_option(check)
    check.set_defaults(run=carefully(_check))
    test = verbs.add_parser("test", help="run the tests beside the rules")
    rules_option(test)
    test.add_argument("--coverage", type=int, metavar="PERCENT", help="fail when fewer rules are covered")
    test.add_argument("--verbose", action="store_true", help="tell the cases that hold, too")
    json_option(test)
    test.set_defaults(run=carefully(_test))


def tests_of(rules: PolicySet, folder: Any) -> Report:
    """Every case with counters of its own, whose clock stands still."""
    return run_tests(rules, folder, lambda: LocalCounters(clock=lambda: 0).charge)


def warnings_of(rules: PolicySet, report: Report, partners: Path) -> list[Warned]:
    """What deserves a look in rules whose tests ran with this report, beside the profiles of that folder."""
    # Without a single case the absence of tests is said once, not for every rule.
    untested = report.coverage.uncovered if report.outcomes else ()
    return warnings(rules, datetime.now(UTC), known_of(profiles(partners)), untested)


def tell_warnings(warned: list[Warned]) -> None:
    for one in warned:
        print(safe(f"{one.problem} [{one.kind}]"))


def warnings_told(warned: list[Warned]) -> list[dict[str, Any]]:
    """For programs."""
    return [{"kind": one.kind, "rule": one.rule.name, **place_of(one.problem)} for one in warned]


def _check(chosen: argparse.Namespace) -> int:
    problems: list[FileProblem] = []
    revisions: dict[str, str] = {}
    warned: list[Warned] = []
    not_told = 0
    try:
        revisions["partners"] = load_partners(chosen.partners).revision
    except FileProblems as found:
        problems += found.problems
    try:
        rules = load(chosen.rules)
        report = tests_of(rules, chosen.rules)
        revisions["rules"] = rules.revision
        warned = warnings_of(rules, report, chosen.partners)
        causes, warned = _causes(warned) if report.failures else ([], warned)
        not_told = sum(bool(one.failures) for one in report.outcomes) if causes else 0
        problems += causes or report.failures
    except FileProblems as found:
        problems += found.problems
    failed = bool(problems) or (chosen.strict and bool(warned))
    if chosen.json:
        told = warnings_told(warned)
        found_here = [place_of(one) for one in problems]
        tell_json({"ok": not failed, "revisions": revisions, "problems": found_here, "warnings": told,
                   "failing_cases_not_told": not_told})  # fmt: skip
        return 1 if failed else 0
    tell_problems(problems)
    if not_told:
        print(f"{not_told} cases fail, which may follow from this; `policy test` tells each", file=sys.stderr)
    tell_warnings(warned)
    if not problems:
        for name in ("rules", "partners"):
            print(f"{name} ok, revision {revisions[name]}")
    return 1 if failed else 0


def _causes(warned: list[Warned]) -> tuple[list[FileProblem], list[Warned]]:
    """Where cases fail, a name that nobody has is told as the mistake it probably is, without what follows from it; and
    the other warnings."""
    # A list of addresses that lies idle is seldom why a case fails, and would hide the one that does.
    dead = [one for one in warned if one.kind == "dead" and one.rule.kind != LISTS]
    others = [one for one in warned if one not in dead and not (dead and one.kind == "untested")]
    return [one.problem for one in dead], others


def _test(chosen: argparse.Namespace) -> int:
    rules = load(chosen.rules)
    report = tests_of(rules, chosen.rules)
    too_few = chosen.coverage is not None and report.coverage.percent < chosen.coverage
    failed = bool(report.failures) or too_few or not report.outcomes
    if chosen.json:
        tell_json(_told(rules, report, ok=not failed))
        return 1 if failed else 0
    tell_problems(report.failures)
    if chosen.verbose:
        shown = table("cases", "", "case", "decided by", "where")
        for one in report.outcomes:
            decider = named(one.explanation.decision.rule)
            row(shown, "failed" if one.failures else "holds", one.name, decider, f"{one.file}:{one.line}")
        console().print(shown)
    held = sum(not one.failures for one in report.outcomes)
    cover = report.coverage
    covered = cover.rules - len(cover.uncovered)
    print(f"{held} of {len(report.outcomes)} cases hold; {covered} of {cover.rules} rules covered")
    if cover.uncovered:
        print(f"not covered: {', '.join(named(rule) for rule in cover.uncovered)}")
    if too_few:
        print(f"{cover.percent} % of the rules are covered; {chosen.coverage} % are asked for")
    if not report.outcomes:
        print(f"there is no case in {chosen.rules / 'tests'}")
    return 1 if failed else 0


def _told(rules: PolicySet, report: Report, *, ok: bool) -> dict[str, Any]:
    cases = [
        {
            "name": one.name,
            "file": one.file,
            "line": one.line,
            "holds": not one.failures,
            "rule": one.explanation.decision.rule.name if one.explanation.decision.rule else None,
            "failures": [place_of(problem) for problem in one.failures],
        }
        for one in report.outcomes
    ]
    uncovered = [
        {"kind": one.kind, "name": one.name, "file": one.file, "line": one.line} for one in report.coverage.uncovered
    ]
    coverage = {"rules": report.coverage.rules, "percent": report.coverage.percent, "uncovered": uncovered}
    return {"ok": ok, "revision": rules.revision, "cases": cases, "coverage": coverage}
