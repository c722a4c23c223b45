"""What is allowed to stand in rules and yet deserves a look: warnings, with the place and what to do.

Mistakes that keep a set out of force are found while it is loaded; nothing here does.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Literal

from msgspec import Struct

from policies.covering import covers
from policies.policyset import PolicySet
from policies.verdicts import RuleRef
from policies.written import Written
from translators.canonical.fieldplaces import document_types
from translators.fileproblems import FileProblem
from translators.yamlsentences import suggest

SOON = timedelta(days=30)

Kind = Literal["expired", "expiring", "dead", "shadowed", "contradicted", "untested"]


LISTS = "addresses"
"""In place of a kind of rule, where a list of addresses is warned of."""


class Warned(Struct, frozen=True, kw_only=True):
    """`problem` has the place and the sentence. `rule` may be a list of addresses, too: its kind is then LISTS."""

    kind: Kind
    rule: RuleRef
    problem: FileProblem


class Known(Struct, frozen=True, kw_only=True):
    """What the profiles know, as far as rules may name it."""

    partners: frozenset[str]
    plants: frozenset[str]
    plans: frozenset[str]


def warnings(
    rules: PolicySet, now: datetime, known: Known | None = None, untested: Sequence[RuleRef] = ()
) -> list[Warned]:
    """In the order of the files. `untested`: rules that no test covers."""
    found: list[Warned] = []
    for one in rules.written:
        found += _in_time(one, now)
        if known is not None:
            found += _dead(one, known)
        if one.ref in untested:
            text = f"no test covers `{one.ref.name}`; add a case to `tests/`"
            found.append(_warned("untested", one, None, text))
        found += _of_no_document(one)
        if one.condition is not None and one.condition.never_holds():
            text = f"`{one.rule.when}` never holds, so `{one.ref.name}` is never in force; correct it, or take it away"
            found.append(_warned("dead", one, "when", text))
        if one.ref.kind == "routing":
            found += _not_carried(one, rules)
    found += _unused_lists(rules)
    found += _superfluous(rules.written)
    return sorted(found, key=lambda warned: warned.problem)


def _warned(kind: Kind, one: Written[Any], field: str | None, text: str) -> Warned:
    return Warned(kind=kind, rule=one.ref, problem=one.problem(field, text))


def _in_time(one: Written[Any], now: datetime) -> Iterator[Warned]:
    until = one.rule.until
    if until is None:
        return
    if now >= until.at:
        yield _warned("expired", one, "until", f"`{one.ref.name}` is over since {until.text}; take it away")
    elif until.at - now <= SOON:
        days = (until.at - now).days
        when = f"in {days} days" if days > 1 else "within two days"
        text = f"`{one.ref.name}` ends {when}, at {until.text}; renew it, or tell those it is for"
        yield _warned("expiring", one, "until", text)


def _dead(one: Written[Any], known: Known) -> Iterator[Warned]:
    """Rules for somebody who does not exist."""
    rule = one.rule
    for field, existing, noun in (
        ("partners", known.partners, "partner"),
        ("plans", known.plans, "plan"),
        ("plants", known.plants, "plant"),
        ("open_to", known.partners, "partner"),
    ):
        value = getattr(rule, field, ())
        if value == "own":
            continue
        for number, name in enumerate(value):
            if name not in existing:
                has = "no profile has" if noun == "plan" else "there is no profile of"
                text = f"{has} the {noun} `{name}`; correct it, or take it away"
                yield _warned("dead", one, f"{field}[{number}]", text)


def _of_no_document(one: Written[Any]) -> Iterator[Warned]:
    """A type nobody can send: a grant for it grants nothing, and a deny lets through what it was written against."""
    types = document_types()
    named = [(f"documents[{number}]", name) for number, name in enumerate(getattr(one.rule, "documents", ()))]
    named += [(f"points.{name}", name) for name in getattr(one.rule, "points", None) or ()]
    for field, name in named:
        if name not in types:
            text = f"there is no kind of document `{name}`; {suggest(name, sorted(types))}"
            yield _warned("dead", one, field, text)


def _not_carried(one: Written[Any], rules: PolicySet) -> Iterator[Warned]:
    """A route and no conduit: the document would be accepted by every other rule, and refused."""
    rule = one.rule
    for kind in rule.senders:
        for document in rule.documents:
            if not rules.access.conduits.may_carry(kind, document, rule.destination):
                text = f"no conduit carries a `{document}` of a {kind} to `{rule.destination}`; add one to access.yaml"
                yield _warned("dead", one, "destination", text)


def _unused_lists(rules: PolicySet) -> Iterator[Warned]:
    """Of addresses: whoever it was written for, or against, is held by nothing."""
    file = next(one.file for one in rules.written if one.ref.kind == "access")
    fields = ("addresses", "outside")
    used = {name for one in rules.written for field in fields for name in getattr(one.rule, field, ())}
    used |= {name for zone in file.data["zones"] for name in zone.get("addresses", ())}
    for number, name in enumerate(rules.access.lists):
        if name not in used:
            text = f"no rule and no zone uses the address list `{name}`; use it, or take it away"
            problem = file.problem(f"$.addresses[{number}]", text)
            yield Warned(kind="dead", rule=RuleRef(LISTS, name, file.path.name, problem.line), problem=problem)


def _superfluous(written: Sequence[Written[Any]]) -> Iterator[Warned]:
    """Rules that can never decide, because another always does before them or against them."""
    by_kind: dict[tuple[str, str], list[Written[Any]]] = {}
    for one in written:
        by_kind.setdefault((one.ref.kind, one.path.partition("[")[0]), []).append(one)
    for (kind, field), rules in by_kind.items():
        judge = {"access": _access, "limits": _limits, "schemas": _schemas, "routing": _routing}.get(kind)
        if judge is None or field != "$.rules":
            continue
        by_partner: dict[str, list[tuple[int, Written[Any]]]] = {}
        for number, one in enumerate(rules):
            for partner in one.rule.partners or ("",):
                by_partner.setdefault(partner, []).append((number, one))
        for number, one in enumerate(rules):
            # Only a rule for all, or for this rule's own partners, can say all of it.
            near = [*by_partner.get("", ()), *(by_partner[one.rule.partners[0]] if one.rule.partners else ())]
            found = (judge(other, one, place < number) for place, other in near if other is not one)
            yield from islice((warned for warned in found if warned is not None), 1)


def _access(other: Written[Any], one: Written[Any], before: bool) -> Warned | None:
    wide, narrow = other.rule, one.rule
    if wide.mode != "enforce" or not covers(wide, narrow):
        return None
    if wide.effect == "deny" and narrow.effect == "allow":
        text = f"this grant can never be used: `{wide.name}` ({other.ref.file}:{other.ref.line}) denies all of it"
        return _warned("contradicted", one, None, text)
    if wide.effect != narrow.effect or (covers(narrow, wide) and not before):
        return None
    text = f"`{wide.name}` ({other.ref.file}:{other.ref.line}) already says all of this; take one of them away"
    return _warned("shadowed", one, None, text)


def _limits(other: Written[Any], one: Written[Any], before: bool) -> Warned | None:
    wide, narrow = other.rule, one.rule
    tight, loose = (rule.rate for rule in (wide, narrow))
    if wide.instead or wide.overrides or narrow.overrides:
        return None  # neither is always what it says, or is meant to stand beside the other
    if wide.mode != "enforce" or tight is None or loose is None or not covers(wide, narrow):
        return None
    bursts = [rule.burst or rule.rate.count for rule in (wide, narrow)]
    # Compared without division: the limit that always has less room decides, and the other never does.
    if tight.count * loose.seconds > loose.count * tight.seconds or bursts[0] > bursts[1]:
        return None
    if covers(narrow, wide) and not before and (tight.text, bursts[0]) == (loose.text, bursts[1]):
        return None
    text = f"`{wide.name}` ({other.ref.file}:{other.ref.line}) is always as tight; this limit never decides"
    return _warned("shadowed", one, "rate", text)


def _schemas(other: Written[Any], one: Written[Any], before: bool) -> Warned | None:
    wide, narrow = other.rule, one.rule
    goes_first = bool(wide.partners) >= bool(narrow.partners) and (
        before or bool(wide.partners) > bool(narrow.partners)
    )
    if not goes_first or not covers(wide, narrow):
        return None
    text = f"`{wide.name}` ({other.ref.file}:{other.ref.line}) is always taken first; this schema is never used"
    return _warned("shadowed", one, None, text)


def _routing(other: Written[Any], one: Written[Any], before: bool) -> Warned | None:
    wide, narrow = other.rule, one.rule
    same = (wide.destination, wide.operation) == (narrow.destination, narrow.operation)
    if not same or not covers(wide, narrow) or (covers(narrow, wide) and not before):
        return None
    text = f"`{wide.name}` ({other.ref.file}:{other.ref.line}) already sends these there; it would arrive twice"
    return _warned("contradicted", one, "destination", text)
