"""Bytes to documents within what the rules allow: size is looked at first, depth, count and time stop the reader."""

import asyncio

from msgspec.structs import replace

from gateway.names import hold_names
from gateway.rejections import by_rule
from gateway.submissions import Rejection, Submission
from gateway.understanding import Understood, understand
from partners.agreedforms import NO_FORMS, Forms
from policies.facts import RequestFacts
from policies.olderversions import OlderVersions
from policies.readingcaps import UNBOUND, Bounds, ReadingCaps
from policies.verdicts import Refused, RuleRef
from translators.edifact.examining import guideline_findings
from translators.findings import Unreadable
from translators.reading import Limits, Reading, read

READ_IN_THREAD = 128 * 1024
"""Bytes from which a document is read beside the event loop instead of on it."""
_STOPPED = {"xml.depth": "depth", "xml.elements": "count", "edifact.message.long": "count"}
"""Findings of the reader that say a bound was met."""


async def understand_beside(submission: Submission, older: OlderVersions, api_version: str) -> Understood:
    """As `understand`; what is large and may have to be reshaped does not hold up the others. Raises Unreadable."""
    if len(submission.content) < READ_IN_THREAD or not (older.apis or older.documents):
        return understand(submission, older, api_version)
    return await asyncio.to_thread(understand, submission, older, api_version)


async def read_within(
    understood: Understood, facts: RequestFacts, caps: ReadingCaps, limits: Limits, forms: Forms = NO_FORMS
) -> tuple[Reading | Rejection, tuple[RuleRef, ...]]:
    """The reading, or the refusal by a cap; and the caps in observe mode that would have refused. Raises Unreadable,
    also for what does not keep to the guideline that is agreed."""
    label = understood.label
    bounds = caps.of(facts, label.format, label.document_type, len(understood.sent))
    if isinstance(bounds, Refused):
        return by_rule(bounds), ()
    try:
        return hold_names(await _read(understood, bounds, limits, forms)), bounds.observed
    except Unreadable as error:
        what = _STOPPED.get(error.findings[0].code, "")
        bound = getattr(bounds, what) if what else None
        if bound is None:
            raise
        return by_rule(caps.exceeded(what, bound), error.findings), bounds.observed
    except TimeoutError:
        if bounds.seconds is None:
            raise
        return by_rule(caps.exceeded("time", bounds.seconds)), bounds.observed


async def _read(understood: Understood, bounds: Bounds, limits: Limits, forms: Forms) -> Reading:
    if bounds is not UNBOUND:
        limits = _bounded(limits, bounds)
    if len(understood.content) < READ_IN_THREAD:
        return _read_as_agreed(understood, limits, forms)
    reading = asyncio.to_thread(_read_as_agreed, understood, limits, forms)
    return await asyncio.wait_for(reading, bounds.seconds[0] if bounds.seconds is not None else None)


def _read_as_agreed(understood: Understood, limits: Limits, forms: Forms) -> Reading:
    reading = read(understood.content, understood.read_as, limits, using=forms.map)
    if forms.guideline is not None and understood.label.format == "edifact":
        findings = guideline_findings(understood.content, forms.guideline)
        if findings:
            raise Unreadable(findings)
    return reading


def _bounded(limits: Limits, bounds: Bounds) -> Limits:
    depth = bounds.depth[0] if bounds.depth is not None else limits.max_depth
    if bounds.count is None:
        return replace(limits, max_depth=min(depth, limits.max_depth))
    most = bounds.count[0]
    return replace(
        limits,
        max_depth=min(depth, limits.max_depth),
        max_elements_xml=min(most, limits.max_elements_xml),
        max_segments=min(most, limits.max_segments),
    )
