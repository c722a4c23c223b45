"""What every rule has, whatever its kind, and where it was written."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Annotated, Generic, Literal, TypeVar

from msgspec import Meta, Struct

from policies.verdicts import RuleRef
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


R = TypeVar("R", bound=Rule)


class Written(Struct, Generic[R], frozen=True):
    """A rule with its place in a file."""

    rule: R
    ref: RuleRef
    file: YamlFile
    path: str

    def problem(self, field: str | None, text: str) -> FileProblem:
        """A problem at one of the rule's fields (`until`, `roles[1]`), or at the rule."""
        return self.file.problem(f"{self.path}.{field}" if field else self.path, text)


class Window(Struct, frozen=True):
    """When a rule is in force: from `start` (included) to `end` (excluded)."""

    start: datetime | None
    end: datetime | None

    def holds(self, at: datetime) -> bool:
        return (self.start is None or at >= self.start) and (self.end is None or at < self.end)


def window_of(rule: Rule) -> Window | None:
    """None when it is always in force, so that the usual rule costs no comparison."""
    if rule.from_ is None and rule.until is None:
        return None
    return Window(rule.from_.at if rule.from_ else None, rule.until.at if rule.until else None)


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
