"""`policy diff`: who gains and loses what. `policy replay`: what last week's traffic would have met."""

import argparse
import asyncio
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

from gateway.app import open_records
from gateway.cli.policy.past import example_of
from gateway.cli.policy.sources import open_rules
from gateway.cli.policy.telling import profiles
from gateway.cli.serve import with_embedded
from gateway.cli.telling import (
    carefully,
    console,
    json_option,
    moment,
    partners_option,
    row,
    safe,
    span,
    table,
    tell_json,
)
from gateway.destinations.contract import ANSWER
from gateway.ledger.judging import JudgedMessage, RefusedSum
from gateway.local_counters import LocalCounters
from gateway.settings import Settings
from partners.directory import Directory
from policies.comparing import Comparison, compare_sets
from policies.policyset import PolicySet
from policies.recordedfacts import decode_facts
from policies.replaying import Past, PastSum, Replay, Replayed

_TITLES = {
    "gains": "gains", "loses": "loses", "limit": "limits", "version": "versions", "schema": "schemas",
    "route": "routes", "condition": "conditions",
}  # fmt: skip


def add_commands(verbs: Any) -> None:
    diff = verbs.add_parser("diff", help="who gains and loses what between two sets of rules")
    sets = "a folder, `live`, or a number or revision that was kept here"
    diff.add_argument("before", metavar="BEFORE", help=sets)
    diff.add_argument("after", metavar="AFTER", help=sets)
    diff.add_argument("--at", type=moment, help="ask as of this moment; default: now")
    diff.add_argument("--exit-code", action="store_true", help="exit with 1 when anything changes")
    partners_option(diff)
    json_option(diff)
    diff.set_defaults(run=carefully(_diff))
    replay = verbs.add_parser("replay", help="judge recorded messages by other rules")
    replay.add_argument("candidate", metavar="CANDIDATE", help=sets)
    replay.add_argument("--since", type=span, default=span("7d"), help="how far back, e.g. 7d")
    replay.add_argument("--contents", action="store_true", help="hold the bytes against the candidate's schemas, too")
    replay.add_argument("--exit-code", action="store_true", help="exit with 1 when anything would have changed")
    json_option(replay)
    replay.set_defaults(run=carefully(_replay))


# ---- diff ----------------------------------------------------------------------------------------------------------


def _diff(chosen: argparse.Namespace) -> int:
    before, after = open_rules(chosen.before), open_rules(chosen.after)
    found = compare_sets(before, after, chosen.at or datetime.now(UTC), plans_of(profiles(chosen.partners)))
    if chosen.json:
        tell_json(found)
    else:
        tell_comparison(found)
    return 1 if chosen.exit_code and (found.rules or found.effects) else 0


def plans_of(directory: Directory | None) -> dict[str, str]:
    return {name: partner.plan for name, partner in directory.partners.items()} if directory is not None else {}


def tell_comparison(found: Comparison) -> None:
    print(f"{found.before} → {found.after}")
    if not found.rules and not found.effects:
        same = found.before == found.after
        print("the same rules" if same else "the same rules; comments or the order of things differ")
        return
    for topic, title in _TITLES.items():
        effects = [one for one in found.effects if one.topic == topic]
        if not effects:
            continue
        shown = table(title, "what", "who", "partners there are")
        for one in effects:
            row(shown, one.what, one.who, _counted(one.partners))
        console().print(shown)
    if not found.effects:
        print("nobody gains or loses anything")
    if not found.rules:
        return
    shown = table("rules", "rule", "change", "where")
    for rule in found.rules:
        fields = "; ".join(f"{name}: {_word(was)} → {_word(now)}" for name, (was, now) in rule.fields.items())
        row(shown, f"{rule.kind} {rule.name}", fields if rule.change == "changed" else rule.change, rule.place)
    console().print(shown)


def _counted(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return f"{len(names)}: {', '.join(names[:5])}{more}" if names else ""


def _word(value: Any) -> str:
    if value is None:
        return "none"
    return f"[{', '.join(map(str, value))}]" if isinstance(value, list) else str(value)


# ---- replay --------------------------------------------------------------------------------------------------------


def _replay(chosen: argparse.Namespace) -> int:
    candidate = open_rules(chosen.candidate)
    since = datetime.now(UTC) - chosen.since
    with ExitStack() as stack:
        settings = with_embedded(stack)
        report, without = asyncio.run(_judge_again(settings, candidate, since, contents=chosen.contents))
    if chosen.json:
        tell_json(
            {
                "since": since.isoformat(),
                "without_facts": without,
                **{name: getattr(report, name) for name in report.__struct_fields__},
            }
        )
    else:
        _tell_replay(report, since, without)
    return 1 if chosen.exit_code and report.differences else 0


async def _judge_again(
    settings: Settings, candidate: PolicySet, since: datetime, *, contents: bool
) -> tuple[Replayed, int]:
    clock = [0]
    replay = Replay(candidate, LocalCounters(clock=lambda: clock[0], wall=lambda: clock[0]).charge)
    async with open_records(settings, "operator") as ledger:
        async for message in ledger.judged_since(since):
            clock[0] = max(clock[0], int(message.received_at.timestamp() * 1_000_000))
            content = await ledger.content(message.id) if contents else None
            replay.message(past_of(message, content))
        for refused in await ledger.refused_requests(since):
            if (past := _past_sum(refused)) is not None:
                replay.requests(past)
        return replay.report(), await ledger.without_facts(since)


def past_of(message: JudgedMessage, content: bytes | None) -> Past:
    """Where its documents went by rules: our answer to it leaves without one, and no candidate changes that."""
    request, documents = decode_facts(message.facts)
    return Past(
        id=str(message.id),
        request=request,
        documents=documents,
        code=message.code,
        rule=message.rule,
        routes=tuple(route for route in message.routes if not route.endswith(f" {ANSWER}")),
        content=(lambda: content) if content is not None else None,
    )


def _past_sum(refused: RefusedSum) -> PastSum | None:
    """None for sums from before an example was kept with them."""
    example = example_of(refused)
    if example is None:
        return None
    return PastSum(requests=refused.requests, code=refused.code, rule=refused.rule, example=example)


def _tell_replay(report: Replayed, since: datetime, without: int) -> None:
    print(f"{report.messages} messages since {since:%Y-%m-%d %H:%M} UTC, judged by {report.revision}")
    changed = sum(one.count for one in report.differences)
    print(f"{changed} would have been judged otherwise" if changed else "nothing would have been judged otherwise")
    if report.differences:
        shown = table("what would have changed", "sender", "change", "how many", "by rule", "for example")
        for one in report.differences:
            first = one.examples[0]
            example = f"{first.id or 'a request'} of {first.at:%m-%d %H:%M}: {first.was} → {first.would_be}"
            row(shown, one.sender, one.change, one.count, one.rule, example)
        console().print(shown)
    for rule, count in report.observed:
        print(safe(f"{count} would have been refused by {rule}, which only observes"))
    notes = (
        (report.requests, "requests refused before their body were tried by their examples"),
        (report.limited, "requests refused by limits are known in sums only and were not tried"),
        (report.unreadable, "messages could not be read, whatever the rules"),
        (report.unchecked, "messages were not held against the candidate's schemas; `--contents` does"),
        (without, "messages were recorded before facts were kept"),
    )
    for count, text in notes:
        if count:
            print(f"note: {count} {text}")
