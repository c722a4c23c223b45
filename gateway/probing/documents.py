"""The samples of a partner's kit, each held against the rules as if the partner had sent it."""

import time
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from gateway.channels.http.selftest import Step as OfSelfTest
from gateway.channels.http.selftest import told
from gateway.intake import Intake
from gateway.probing.steps import Step
from gateway.settings import Settings
from gateway.submissions import Channel, Credential, Receipt, Rejection
from gateway.welcome.samples import THEIRS, Made, NoSample, inbound, sample_of
from gateway.welcome.trying import credential_of, tried
from partners.agreements import Agreement
from partners.directory import Directory
from partners.profile import Partner

_MADE_HERE = ("contrl", "997", "aperak")
_OF_DOCUMENTS = ("document", "rules", "route", "acknowledgement")
"""Of the partner's self-test; what stands around them is its own connection, and a record that we do not keep."""


class _Owed(Struct, frozen=True):
    acknowledgements: tuple[str, ...] = ()


async def document_steps(
    settings: Settings, directory: Directory, partner: Partner, channel: Channel, intake: Intake, at: datetime
) -> AsyncIterator[Step]:
    """What the partner's own self-test would say, for each agreement inbound on this channel."""
    credential = credential_of(partner, channel)
    if credential is None:
        return
    maps = settings.partners / "maps"
    agreements = list(inbound(partner, channel, at))
    for agreement in agreements:
        way = f"{channel} `{agreement.name}`"
        try:
            made = sample_of(directory, partner, agreement.document, agreement, maps, at)
        except NoSample as reason:
            yield Step(way=way, step="document", verdict="not_tried", text=str(reason))
            continue
        for step in await _tried(intake, credential, made, way, agreement):
            yield step
    if channel == "http" and not agreements:
        for step in await _granted(directory, partner, credential, intake, maps, at):
            yield step


async def _granted(
    directory: Directory, partner: Partner, credential: Credential, intake: Intake, maps: Path, at: datetime
) -> list[Step]:
    """Nothing is agreed: what the roles of its clients grant is what it may send, and it must be something."""
    steps: list[Step] = []
    for document in THEIRS:
        made = sample_of(directory, partner, document, None, maps, at)
        tried = await _tried(intake, credential, made, f"http {document.replace('_', ' ')}", None)
        steps += tried if all(one.verdict == "passed" for one in tried) else []
    if steps:
        return steps
    text = "no document passes by what its roles grant; agree on one, or give its clients a role that may send"
    return [Step(way="http", step="document", verdict="failed", text=text, acts="us")]


async def _tried(
    intake: Intake, credential: Credential, made: Made, way: str, agreement: Agreement | None
) -> list[Step]:
    begun = time.perf_counter()
    outcome, admission = await tried(intake, credential, made.content, made.media_type)
    took = round(time.perf_counter() - begun, 3)
    if admission is None:
        assert isinstance(outcome, Rejection)
        text = f"{outcome.code}: {outcome.text}" + (f"; {outcome.act}" if outcome.act else "")
        return [Step(way=way, step="admission", verdict="failed", text=text, acts="us", seconds=took)]
    steps = [_step(one, way) for one in told(outcome, admission).steps if one.step in _OF_DOCUMENTS]
    steps[0] = replace(steps[0], seconds=took)
    if agreement is not None and isinstance(outcome, Receipt):
        steps[-1] = _acknowledged(steps[-1], agreement, outcome)
    return steps


def _step(one: OfSelfTest, way: str) -> Step:
    """The sample and the rules are ours, so it is we who must act."""
    if one.verdict != "failed":
        return Step(way=way, step=one.step, verdict=one.verdict, text=one.text)
    text = f"{one.code}: {one.text}" + (f"; {one.act}" if one.act else "")
    text += f" ({len(one.findings)} findings)" if len(one.findings) > 1 else ""
    return Step(way=way, step=one.step, verdict="failed", text=text, acts="us")


def _acknowledged(step: Step, agreement: Agreement, outcome: Receipt) -> Step:
    """What is agreed to be answered must be what we would answer."""
    owed = msgspec.json.decode(outcome.statement, type=_Owed).acknowledgements
    agreed = [one.kind for one in agreement.acknowledgements if one.when == "always" and one.kind in _MADE_HERE]
    lacking = [kind.upper() for kind in agreed if kind not in owed]
    if not lacking:
        return step
    text = f"{' and '.join(lacking)} is agreed, and nothing would be answered to a `{agreement.format or 'json'}`"
    return replace(step, verdict="failed", text=text, acts="us")
