"""One step of a self-test: what was tried, how it ended, how long it took, and who must act."""

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal

from msgspec import Struct

Verdict = Literal["passed", "failed", "not_reached", "not_tried"]
Acts = Literal["us", "partner"]
Attempt = Callable[[], Awaitable[str]]
"""What is told where it passes. Raises Failed, NotTried."""


class Step(Struct, frozen=True, kw_only=True):
    """`not_reached` stands behind the step of its way that failed; `not_tried` was left out, the text says why.
    `acts`: who must act where it failed. `seconds` it took."""

    way: str
    step: str
    verdict: Verdict
    text: str
    acts: Acts | None = None
    seconds: float = 0.0


class Failed(Exception):  # noqa: N818 - an answer, not a defect
    """The sentence, and who must act."""

    def __init__(self, acts: Acts, text: str) -> None:
        super().__init__(text)
        self.acts: Acts = acts


class NotTried(Exception):  # noqa: N818 - an answer, not a defect
    """The sentence."""


async def one_after_the_other(way: str, attempts: Sequence[tuple[str, Attempt]]) -> list[Step]:
    """Until one fails."""
    steps: list[Step] = []
    for name, attempt in attempts:
        if any(one.verdict == "failed" for one in steps):
            steps.append(Step(way=way, step=name, verdict="not_reached", text="a step before it failed"))
        else:
            steps.append(await _step(way, name, attempt))
    return steps


async def _step(way: str, name: str, attempt: Attempt) -> Step:
    begun = time.perf_counter()

    def ended(verdict: Verdict, text: str, acts: Acts | None = None) -> Step:
        took = round(time.perf_counter() - begun, 3)
        return Step(way=way, step=name, verdict=verdict, text=text, acts=acts, seconds=took)

    try:
        return ended("passed", await attempt())
    except Failed as failed:
        return ended("failed", str(failed), failed.acts)
    except NotTried as reason:
        return ended("not_tried", str(reason))
