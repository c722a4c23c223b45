"""`policy explain`: how a request or a recorded message is judged, rule by rule, and why."""

import argparse
import asyncio
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import msgspec

from gateway.app import open_records
from gateway.cli.policy.telling import named, rules_option
from gateway.cli.serve import with_embedded
from gateway.cli.telling import Impossible, carefully, console, json_option, row, safe, table, tell_json
from gateway.ledger.judging import JudgedMessage
from gateway.settings import Settings
from policies.explaining import Explanation, Looked, explain, for_partners
from policies.facts import DocumentFacts, RequestFacts
from policies.given import Given, facts_of
from policies.loading import load
from policies.recordedfacts import decode_facts
from translators.fileproblems import FileProblems
from translators.yamlfiles import YamlFile, convert, read
from translators.yamlfiles import load as load_yaml

_LISTS = {"roles", "scopes", "plants", "writes"}


def add_commands(verbs: Any) -> None:
    told = verbs.add_parser(
        "explain",
        help="how this request or message is judged, by which rule, and why",
        epilog="e.g. policy explain sender=nordlicht plan=standard roles=orders.send document=purchase_order",
    )
    told.among_options = "facts"
    told.add_argument("facts", nargs="*", metavar="MESSAGE-ID | FACT=VALUE", help="lists with commas: roles=a,b")
    told.add_argument("--file", type=Path, help="a YAML file with the facts")
    told.add_argument("--all", action="store_true", help="also the rules that are about others")
    told.add_argument("--for-partner", action="store_true", help="only what the sender may be told")
    rules_option(told)
    json_option(told)
    told.set_defaults(run=carefully(_explain))


def _explain(chosen: argparse.Namespace) -> int:
    rules = load(chosen.rules)
    recorded: JudgedMessage | None = None
    if len(chosen.facts) == 1 and "=" not in chosen.facts[0]:
        recorded = _recorded(chosen.facts[0])
        request, documents = decode_facts(recorded.facts)
    else:
        request, documents = facts_of(_given(chosen.facts, chosen.file))
    explanation = explain(rules, request, documents)
    if chosen.for_partner:
        _tell_partner(for_partners(explanation, request), as_json=chosen.json)
    elif chosen.json:
        tell_json(_told(explanation, request, documents, recorded, everything=chosen.all))
    else:
        _tell(explanation, recorded, everything=chosen.all)
    return 0 if explanation.decision.allowed else 1


# ---- facts ---------------------------------------------------------------------------------------------------------


def _given(words: Sequence[str], file: Path | None) -> Given:
    """From a file, from words, or from both: a word beats the file. Raises FileProblems, Impossible."""
    source = load_yaml(file) if file is not None else read(Path("facts"), b"{}\n")
    data = dict(source.data) if isinstance(source.data, dict) else source.data
    if words and isinstance(data, dict):
        data |= dict(_fact(word) for word in words)
    try:
        return convert(YamlFile(source.path, source.content, data, source.places, source.keys), Given)
    except FileProblems as found:
        if file is not None:
            raise
        raise Impossible("\n".join(one.text for one in found.problems)) from None


def _fact(word: str) -> tuple[str, Any]:
    name, separator, text = word.partition("=")
    if not separator:
        raise Impossible(f"`{word}` is neither a message id nor a fact; write e.g. `sender=nordlicht`")
    if name in _LISTS:
        return name, [part for part in text.split(",") if part]
    if text in ("true", "false"):
        return name, text == "true"
    return name, int(text) if text.isascii() and text.isdigit() and name in ("size", "lines") else text


def _recorded(text: str) -> JudgedMessage:
    try:
        message_id = UUID(text)
    except ValueError:
        raise Impossible(f"`{text}` is neither a message id nor a fact; write e.g. `sender=nordlicht`") from None

    async def fetch(settings: Settings) -> JudgedMessage | None:
        async with open_records(settings, "operator") as ledger:
            return await ledger.judged_one(message_id)

    with ExitStack() as stack:
        found = asyncio.run(fetch(with_embedded(stack)))
    if found is None:
        raise Impossible(f"there is no message {message_id}, or it was recorded before its facts were kept")
    return found


# ---- telling -------------------------------------------------------------------------------------------------------


def _tell(explanation: Explanation, recorded: JudgedMessage | None, *, everything: bool) -> None:
    decision = explanation.decision
    verdict = "allowed" if decision.allowed else f"refused with {decision.code}"
    print(f"{verdict} by {named(decision.rule)} ({decision.stage}): {explanation.because}")
    for label, text in (("says", decision.text), ("the sender can", decision.act)):
        if text is not None:
            print(safe(f"  {label}: {text}"))
    for name, value in decision.fields:
        print(safe(f"  {name}: {value}"))
    if decision.destinations:
        print(f"  goes to: {', '.join(decision.destinations)}")
    if recorded is not None:
        then = f"refused with {recorded.code} by {recorded.rule}" if recorded.code else "accepted"
        print(
            safe(
                f"  recorded on {recorded.received_at:%Y-%m-%d %H:%M} UTC as: {then}, under {recorded.policy_revision}"
            )
        )
    print(f"  revision: {decision.revision}")
    shown = table("rules that looked at it", "", "stage", "rule", "says", "the first condition that does not hold")
    hidden = 0
    for one in explanation.looked:
        if one.is_about_others and not everything:
            hidden += 1
            continue
        row(shown, _mark(one), one.stage, named(one.rule), one.says, _why_not(one))
    console().print(shown)
    if hidden:
        print(f"{hidden} rules are about others; `--all` shows them")


def _mark(one: Looked) -> str:
    if one.decided:
        return "decided"
    if one.failing is None:
        return "holds" if one.mode == "enforce" else "observes"
    return ""


def _why_not(one: Looked) -> str:
    return f"{one.failing.text} ({one.rule.file}:{one.failing.line}:{one.failing.column})" if one.failing else ""


def _tell_partner(told: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        tell_json(told)
        return
    for name, value in told.items():
        if isinstance(value, dict):
            seen = ", ".join(f"{key} {_plain(part)}" for key, part in value.items())
            print(safe(f"{name}: {seen}"))
        elif value:
            print(safe(f"{name}: {_plain(value)}"))


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) or "none" if isinstance(value, list) else str(value)


def _told(
    explanation: Explanation,
    request: RequestFacts,
    documents: Sequence[DocumentFacts],
    recorded: JudgedMessage | None,
    *,
    everything: bool,
) -> dict[str, Any]:
    looked = [one for one in explanation.looked if everything or not one.is_about_others]
    told: dict[str, Any] = {
        "decision": explanation.decision,
        "because": explanation.because,
        "rules": looked,
        "facts": {"request": _facts(request), "documents": [_facts(document) for document in documents]},
    }
    if recorded is not None:
        told["recorded"] = {
            "message": str(recorded.id),
            "code": recorded.code,
            "rule": recorded.rule,
            "routes": recorded.routes,
            "revision": recorded.policy_revision,
        }
    return told


def _facts(facts: RequestFacts | DocumentFacts) -> dict[str, Any]:
    values = msgspec.structs.asdict(cast(Any, facts))
    return {
        name: sorted(value) if isinstance(value, frozenset) else value
        for name, value in values.items()
        if name != "request"
    }
