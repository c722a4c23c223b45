"""What is wrong with the rules about versions, told before they come into force."""

from collections.abc import Iterator
from typing import Any

from policies.olderversions import check_older, successor_of
from policies.versionrules import VersionException, VersionRule, subject
from policies.written import Written, check_twice
from translators.fileproblems import FileProblem


def check_versions(written: list[Written[VersionRule]]) -> Iterator[FileProblem]:
    known = {subject(one.rule) for one in written}
    for one in written:
        if (one.rule.api is None) == (one.rule.document is None):
            yield one.problem(None, "a version rule is about either `api` or `document`")
            continue
        yield from _check_states(one)
        yield from _check_dates(one)
        yield from _check_successor(one, known)
        yield from _check_brownouts(one)
        yield from check_older(one)
    yield from check_twice(written, lambda rule: rule.api, "api", "API version")
    yield from check_twice(written, lambda rule: str(rule.document) if rule.document else None, "document", "document")


def check_exceptions(
    exceptions: list[Written[VersionException]], versions: list[Written[VersionRule]]
) -> Iterator[FileProblem]:
    known = {subject(one.rule): one for one in versions}
    for one in exceptions:
        yield from _check_exception(one, known)


def _check_states(written: Written[VersionRule]) -> Iterator[FileProblem]:
    rule = written.rule
    if rule.state == "deprecated" and rule.deprecated_from is None:
        yield written.problem("state", "a deprecated version needs `deprecated_from`")
    if rule.state == "sunset" and rule.sunset is None:
        yield written.problem("state", "a version in `sunset` says since when: `sunset`")
    if rule.state == "retired" and rule.successor is None and rule.information is None:
        yield written.problem(
            "state", "a retired version needs `successor` or `information`, so that the refusal can help"
        )
    if (rule.state == "preview") != bool(rule.open_to):
        yield written.problem("state", "`open_to` and the state `preview` belong together: name who is invited")


def _check_dates(written: Written[VersionRule]) -> Iterator[FileProblem]:
    """Each date needs the one before it and is not earlier."""
    rule = written.rule
    if rule.sunset is not None and rule.deprecated_from is None:
        yield written.problem("sunset", "a sunset needs `deprecated_from`: nobody may lose a version unwarned")
    if rule.sunset and rule.deprecated_from and rule.sunset.at < rule.deprecated_from.at:
        yield written.problem("sunset", "`sunset` must not be earlier than `deprecated_from`")
    if rule.retired_from is not None and rule.sunset is None:
        yield written.problem("retired_from", "`retired_from` needs `sunset`: it ends the exceptions from that")
    if rule.retired_from and rule.sunset and rule.retired_from.at < rule.sunset.at:
        yield written.problem("retired_from", "`retired_from` must not be earlier than `sunset`")


def _check_successor(written: Written[VersionRule], known: set[str]) -> Iterator[FileProblem]:
    rule = written.rule
    if rule.successor is None:
        return
    if successor_of(rule) not in known:
        yield written.problem("successor", f"`{rule.successor}` has no version rule of its own")
    if successor_of(rule) == subject(rule):
        yield written.problem("successor", "a version cannot follow itself")


def _check_brownouts(written: Written[VersionRule]) -> Iterator[FileProblem]:
    rule = written.rule
    brownouts = rule.brownouts
    if brownouts is None:
        return
    if rule.sunset is None or rule.deprecated_from is None:
        yield written.problem("brownouts", "brownouts lead to a `sunset`; write it and `deprecated_from`")
        return
    if not rule.deprecated_from.at <= brownouts.from_.at < rule.sunset.at:
        yield written.problem("brownouts.from", "brownouts begin between `deprecated_from` and `sunset`")
    if brownouts.growing_to.seconds < brownouts.lasting.seconds:
        yield written.problem("brownouts.growing_to", "brownouts never shrink; `growing_to` is at least `lasting`")
    if brownouts.every.seconds <= brownouts.growing_to.seconds:
        yield written.problem("brownouts.every", "`every` must be longer than `growing_to`, or they meet")


def _check_exception(
    written: Written[VersionException], known: dict[str, Written[VersionRule]]
) -> Iterator[FileProblem]:
    rule = written.rule
    if (rule.api is None) == (rule.document is None):
        yield written.problem(None, "an exception is about either `api` or `document`")
        return
    if not rule.partners and not rule.plants:
        yield written.problem(None, "an exception names its `partners` or `plants`")
    if rule.until is None:
        yield written.problem(None, "an exception ends; write `until`")
    if rule.mode == "observe":
        yield written.problem("mode", "an exception holds or it does not; remove it instead of observing it")
    about: str = "api" if rule.api else "document"
    version: Any = known.get(subject(rule))
    if version is None:
        yield written.problem(about, f"`{rule.api or rule.document}` has no version rule")
    elif version.rule.sunset is None:
        text = f"`{rule.api or rule.document}` has no `sunset` ({version.ref.file}:{version.ref.line}) to except from"
        yield written.problem(about, text)
    elif version.rule.retired_from and rule.until and rule.until.at > version.rule.retired_from.at:
        text = f"nobody can use it after `retired_from` ({version.ref.file}:{version.ref.line})"
        yield written.problem("until", f"{rule.until.text} is too late: {text}")
