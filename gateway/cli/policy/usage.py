"""`policy usage`: who still uses which version of the API and of documents, from what the ledger recorded."""

import argparse
import asyncio
from contextlib import ExitStack
from datetime import datetime
from typing import Any

from msgspec import Struct

from gateway.app import open_records
from gateway.cli.policy.past import example_of
from gateway.cli.policy.sources import open_rules
from gateway.cli.serve import with_embedded
from gateway.cli.telling import carefully, console, json_option, row, span, table, tell_json
from gateway.clock import now
from gateway.ledger.ledger import Ledger
from gateway.settings import Settings
from policies.policyset import PolicySet
from policies.recordedfacts import decode_facts
from policies.usage import Use, Uses


class Usage(Struct, frozen=True, kw_only=True):
    """`unknown`: messages from before it was recorded which versions they used."""

    since: datetime
    uses: list[Use]
    unknown: int


def add_commands(verbs: Any) -> None:
    usage = verbs.add_parser("usage", help="who still uses which version, how often and when last")
    usage.add_argument("--since", type=span, default=span("30d"), help="how far back, e.g. 30d")
    usage.add_argument("--ending", action="store_true", help="only versions that are deprecated or further")
    json_option(usage)
    usage.set_defaults(run=carefully(_usage))


def _usage(chosen: argparse.Namespace) -> int:
    with ExitStack() as stack:
        found = asyncio.run(_gather(with_embedded(stack), open_rules("live"), chosen))
    if chosen.json:
        tell_json(found)
        return 0
    shown = table(f"since {found.since:%Y-%m-%d}", "sender", "version", "state", "messages", "refused", "last seen")
    for use in found.uses:
        last = f"{use.last_seen:%Y-%m-%d %H:%M}"
        row(shown, f"{use.sender_kind} {use.sender}", use.version, use.state, str(use.messages), str(use.refused), last)
    console().print(shown)
    if found.unknown:
        print(f"{found.unknown} older messages do not say which version they used")
    return 0


async def _gather(settings: Settings, rules: PolicySet, chosen: argparse.Namespace) -> Usage:
    async with open_records(settings, "operator") as ledger:
        return await usage_since(ledger, rules, now() - chosen.since, ending=chosen.ending)


async def usage_since(ledger: Ledger, rules: PolicySet, since: datetime, *, ending: bool = False) -> Usage:
    uses = Uses(rules.versions)
    async for message in ledger.judged_since(since):
        request, documents = decode_facts(message.facts)
        uses.count(request, documents, refused=message.code is not None)
    for one in await ledger.refused_requests(since):
        if (example := example_of(one)) is not None:
            uses.count_refused(example, one.requests, one.at)
    return Usage(since=since, uses=uses.told(ending=ending), unknown=await ledger.without_facts(since))
