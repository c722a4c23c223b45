"""What every rule has, whatever its kind, and where it was written."""

from collections.abc import Callable, Iterable, Iterator
from typing import Annotated, Generic, Literal, TypeVar

from msgspec import Meta, Struct

from policies.conditions import LONGEST, Condition, Facts
from policies.hours import Hours
from policies.verdicts import Refused, RuleRef
from translators.moments import Moment
from translators.yamlfiles import FileProblem, YamlFile

Mode = Literal["enforce", "observe"]
Name = Annotated[
    str,
    Meta(
        pattern="^[a-z0-9][a-z0-9_.-]*$",
        max_length=80,
        description="use small letters, digits, `-`, `_` and `.`, beginning with a letter or digit",
    ),
]
Why = Annotated[str, Meta(min_length=1, max_length=300)]
When = Annotated[str, Meta(min_length=1, max_length=LONGEST)]


class Rule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """A rule in `observe` mode changes nothing; what it would have refused is told in `observed`."""

    name: Name
    why: Why
    """One line for whoever reads a refusal at night."""
    mode: Mode
    from_: Moment | None = None
    """In force from this moment on."""
    until: Moment | None = None
    """In force before this moment."""
    during: tuple[Hours, ...] = ()
    """In force in these hours alone."""
    when: When | None = None
    """In force where this condition (CEL) over the facts holds."""

    def is_early(self) -> bool:
        """Whether it is judged before the document is read; then its condition may look at the request alone."""
        return False


R = TypeVar("R", bound=Rule)


class Written(Struct, Generic[R], frozen=True):
    """A rule with its place in a file."""

    rule: R
    ref: RuleRef
    file: YamlFile
    path: str
    condition: Condition | None = None
    """Its `when`, made ready."""

    def problem(self, field: str | None, text: str) -> FileProblem:
        """A problem at one of the rule's fields (`until`, `roles[1]`), or at the rule."""
        return self.file.problem(f"{self.path}.{field}" if field else self.path, text)


class Force:
    """When a rule is in force: from `start` (included) to `end` (excluded), in its hours, where its condition holds.

    A condition may fail to be judged. What then holds is said by whoever asks, so that it is never forgotten: a rule
    that forbids or limits applies when unsure, a rule that grants does not, and where neither is safe the answer is
    `not_judged`.
    """

    __slots__ = ("_condition", "_during", "_end", "_start")

    def __init__(self, written: Written[R]) -> None:
        rule = written.rule
        self._start = rule.from_.at if rule.from_ else None
        self._end = rule.until.at if rule.until else None
        self._during = rule.during
        self._condition = written.condition

    def judge(self, facts: Facts) -> bool | None:
        """None when nobody can tell."""
        if self._start is not None and facts.at < self._start:
            return False
        if self._end is not None and facts.at >= self._end:
            return False
        if self._during and not any(hours.hold(facts.at) for hours in self._during):
            return False
        return True if self._condition is None else self._condition.judge(facts)

    def holds(self, facts: Facts, *, unsure: bool) -> bool:
        """`unsure` is the answer when nobody can tell."""
        judged = self.judge(facts)
        return unsure if judged is None else judged


def force_of(written: Written[R]) -> Force | None:
    """None when it is always in force, so that the usual rule costs no comparison."""
    rule = written.rule
    if rule.from_ is None and rule.until is None and not rule.during and written.condition is None:
        return None
    return Force(written)


def limited_by(rule: Rule) -> Iterator[str]:
    """The fields that keep the rule from being in force always, as they are written."""
    given = {"from": rule.from_, "until": rule.until, "during": rule.during, "when": rule.when}
    return (field for field, value in given.items() if value)


def not_judged(ref: RuleRef, revision: str = "") -> Refused:
    """The verdict of a rule whose condition failed, where it can neither be applied nor left out."""
    text = f"the condition of rule `{ref.name}` could not be judged, and what cannot be judged is refused"
    return Refused(ref, "rule.not_judged", text, "send it again once we have corrected the rule", revision=revision)


def check_window(written: Written[R]) -> Iterator[FileProblem]:
    rule = written.rule
    if rule.from_ is not None and rule.until is not None and rule.until.at <= rule.from_.at:
        text = f"`until` must be later than `from`; {rule.until.text} is not after {rule.from_.text}"
        yield written.problem("until", text)


def check_twice(
    written: Iterable[Written[R]], subject: Callable[[R], str | None], field: str, what: str
) -> Iterator[FileProblem]:
    """No two rules of a kind speak of the same subject; the second is told where the first stands."""
    seen: dict[str, Written[R]] = {}
    for one in written:
        key = subject(one.rule)
        if key is None:
            continue
        first = seen.setdefault(key, one)
        if first is not one:
            yield one.problem(field, f"{what} `{key}` is already in {first.ref.file}:{first.ref.line}")
