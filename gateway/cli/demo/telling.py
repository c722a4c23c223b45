"""How the story is told: lines for people, or one JSON object a step for programs.

Lines of the set-up go to stderr, so that with JSON the output holds the story alone.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from msgspec import Struct
from rich.console import Console
from rich.markup import escape


class Told(Struct, frozen=True):
    """What a step showed: a sentence for people, facts for programs."""

    sentence: str
    facts: dict[str, Any]


class NotAsTold(Exception):  # noqa: N818 - an outcome of a step, not a defect
    """A step did not hold."""

    def __init__(self, what: str, expected: Any, seen: Any) -> None:
        super().__init__(f"{what}: expected {expected}, seen {seen}")
        self.what, self.expected, self.seen = what, expected, seen


def expect(what: str, expected: Any, seen: Any) -> None:
    """Raises NotAsTold when they differ."""
    if expected != seen:
        raise NotAsTold(what, expected, seen)


class Outcome(Struct, frozen=True, kw_only=True):
    """A step as it went; `failure` is None when it held."""

    step: str
    part: int
    title: str
    seconds: float
    told: Told | None = None
    failure: NotAsTold | None = None


class Telling:
    """Rich honours NO_COLOR and leaves colours and spinners out where nobody watches."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._out = Console(highlight=False, soft_wrap=True)
        self._aside = Console(stderr=True, highlight=False, soft_wrap=True)

    @contextmanager
    def setting_up(self, what: str) -> Iterator[None]:
        """Shows `what` while it is set up, and the time it took."""
        started = time.monotonic()
        with self._aside.status(escape(what)):
            yield
        self._aside.print(f"  · [dim]{time.monotonic() - started:5.2f} s  set up[/] {escape(what)}")

    @contextmanager
    def under_way(self, title: str) -> Iterator[None]:
        with self._aside.status(escape(title)):
            yield

    def say(self, text: str = "") -> None:
        """Something beside the story."""
        self._aside.print(escape(text))

    def tell(self, outcome: Outcome) -> None:
        if self._as_json:
            print(json.dumps(_as_fact(outcome), ensure_ascii=False, default=str), flush=True)
        else:
            self._tell_people(outcome)

    def _tell_people(self, outcome: Outcome) -> None:
        took = f"[dim]{outcome.seconds:5.2f} s[/]"
        if outcome.told is not None:
            tells = f"{escape(outcome.title)} [dim]→[/] {escape(outcome.told.sentence)}"
            self._out.print(f"[green]✓[/] {outcome.part} {took}  {tells}")
        else:
            self._out.print(f"[red]✗[/] {outcome.part} {took}  [red]{escape(outcome.title)}[/]")
        if outcome.failure is not None:
            self._out.print(f"    [red]{escape(outcome.failure.what)}[/]")
            self._out.print(f"      expected: {escape(str(outcome.failure.expected))}")
            self._out.print(f"      seen:     {escape(str(outcome.failure.seen))}")


def _as_fact(outcome: Outcome) -> dict[str, Any]:
    head = {"step": outcome.step, "ok": outcome.failure is None, "seconds": round(outcome.seconds, 3)}
    head |= {"part": outcome.part, "title": outcome.title}
    if outcome.failure is not None:
        return head | {
            "what": outcome.failure.what, "expected": outcome.failure.expected, "seen": outcome.failure.seen
        }  # fmt: skip
    assert outcome.told is not None
    return head | {"told": outcome.told.sentence} | outcome.told.facts
