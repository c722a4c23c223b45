"""What a newer guideline takes no more than an older one."""

from collections.abc import Iterator

from translators.changes import Change
from translators.edifact.guidelines import Guideline
from translators.edifact.guidelinespecs import RuleSpec

_NOTHING = RuleSpec(at="")


def guideline_changes(older: Guideline, newer: Guideline) -> list[Change]:
    """Of two guidelines for the same message and release. Raises ValueError for others."""
    if (older.message, older.release) != (newer.message, newer.release):
        meant = f"{older.message} {older.release} and {newer.message} {newer.release}"
        raise ValueError(f"guidelines for {meant} cannot be compared")
    before = {rule.spec.at: rule.spec for rule in older.rules if rule.spec.severity == "error"}
    changes: list[Change] = []
    if newer.association and not older.association <= newer.association:
        gone = ", ".join(f"`{code}`" for code in sorted(older.association - newer.association)) or "any other"
        changes.append(Change("UNH/S009.0057", f"association code {gone} is not taken any more"))
    for rule in newer.rules:
        if rule.spec.severity == "error":
            changes += _stricter(before.get(rule.spec.at, _NOTHING), rule.spec)
    return changes


def _stricter(older: RuleSpec, newer: RuleSpec) -> Iterator[Change]:
    at = newer.at
    only = f" where there is `{newer.when}`" if newer.when else ""
    if newer.required and not older.required:
        yield Change(at, f"it is required now{only}")
    if newer.not_used and not older.not_used:
        yield Change(at, f"it is not used any more{only}")
    if newer.most is not None and (older.most is None or newer.most < older.most):
        yield Change(at, f"at most {newer.most} now{only}{_was(older.most)}")
    if newer.longest is not None and (older.longest is None or newer.longest < older.longest):
        yield Change(at, f"at most {newer.longest} characters now{only}{_was(older.longest)}")
    if newer.shortest is not None and (older.shortest is None or newer.shortest > older.shortest):
        yield Change(at, f"at least {newer.shortest} characters now{only}{_was(older.shortest)}")
    if newer.values and (not older.values or not older.values <= newer.values):
        gone = sorted(older.values - newer.values)
        listed = ", ".join(f"`{code}`" for code in gone) if gone else "anything else than certain codes"
        yield Change(at, f"{listed} {'are' if len(gone) > 1 else 'is'} not taken any more{only}")
    if older.when is not None and newer.when != older.when and newer.when is None:
        yield Change(at, f"it holds always now, not only where there is `{older.when}`")


def _was(before: int | None) -> str:
    return f" instead of {before}" if before is not None else ""
