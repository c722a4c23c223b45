"""Rules about what one document may be at most. They count nothing; the tightest of all that match wins."""

from collections.abc import Iterable, Iterator
from typing import Annotated

from msgspec import Meta

from policies.amounts import Size
from policies.facts import DocumentFacts
from policies.scopes import ScopedRule, Selection, check_scope
from policies.verdicts import Refused, RuleRef
from policies.written import Written, force_of
from translators.yamlfiles import FileProblem


class CapRule(ScopedRule, frozen=True, kw_only=True):
    """At least one of `size` and `lines`."""

    size: Size | None = None
    lines: Annotated[int, Meta(ge=1)] | None = None


def check_cap(written: Written[CapRule]) -> Iterator[FileProblem]:
    yield from check_scope(written)
    if written.rule.size is None and written.rule.lines is None:
        yield written.problem(None, "a cap needs `size` or `lines`")


class _Cap:
    def __init__(self, written: Written[CapRule]) -> None:
        self.rule = written.rule
        self.ref = written.ref
        self.force = force_of(written)
        self.size = written.rule.size.bytes if written.rule.size else None
        self.lines = written.rule.lines

    def excess(self, document: DocumentFacts) -> tuple[float, str] | None:
        """How many times too large it is, and the sentence that says so."""
        if self.force is not None and not self.force.holds(document, unsure=True):
            return None
        if self.size is not None and document.size > self.size:
            assert self.rule.size is not None
            text = f"the document has {document.size} bytes; at most {self.rule.size.text} are allowed"
            return document.size / max(1, self.size), text
        if self.lines is not None and document.lines > self.lines:
            return (
                document.lines / self.lines,
                f"the document has {document.lines} lines; at most {self.lines} are allowed",
            )
        return None


class Caps:
    """All caps of a set."""

    def __init__(self, caps: Iterable[Written[CapRule]]) -> None:
        self._selection = Selection(_Cap(cap) for cap in caps)

    def judge(self, document: DocumentFacts) -> Refused | tuple[RuleRef, ...]:
        """A refusal by the tightest cap, or the caps in observe mode that would have refused."""
        observed: tuple[RuleRef, ...] = ()
        worst: tuple[float, str, RuleRef] | None = None
        for cap in self._selection.about(document):
            excess = cap.excess(document)
            if excess is None:
                continue
            if cap.rule.mode == "observe":
                observed = (*observed, cap.ref)
            elif worst is None or excess[0] > worst[0]:
                worst = (*excess, cap.ref)
        if worst is None:
            return observed
        act = "split the document and send the parts under numbers of their own"
        return Refused(worst[2], "limit.too_large", worst[1], act, observed=observed)
