"""The whole decision about one message, and how long a large set of rules takes to load, in one run.

    python tests/benchmarks/decisions.py [--rounds 25] [--json]

A decision is all that rules are asked on the way in: admission, charges of the request, version, grants, caps and
ownership of the document, choice of its schema, routes with their conduits, charges of the document. Not in it:
making the facts, counting, checking against the schema. Every set holds the shipped rules of every kind and two of
its own for each partner, so the largest has over 1,000 for 500 partners; the partners take turns.

Side by side, in rounds that alternate: 5, 50 and 500 partners; the largest set while five of its partners send (what
then is less is the processor's cache, not the rules); the largest set with and without one condition in the grant that
decides; loading by the quick reader of YAML and by the strict one alone. Figures are medians of CPU time.
"""

import argparse
import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import policies
from policies.facts import DocumentFacts, RequestFacts
from policies.loading import PolicySet, load
from policies.verdicts import Refused
from translators import yamlfiles

RULES = Path(policies.__file__).parent / "rules"
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
DECISIONS = 1_000
"""In one round."""

_GRANT = """
- name: orders-of-{0}
  why: the contract with partner {0}
  mode: enforce
  may: send
  senders: [partner]
  partners: [partner-{0}]
  roles: [orders.send]
  documents: [purchase_order]
  until: 2027-12-31
{1}"""
_DENY = """
- name: office-of-{0}
  why: partner {0} is held to its addresses
  mode: enforce
  effect: deny
  may: call
  senders: [partner]
  partners: [partner-{0}]
  outside: [offices]
"""
_RATE = """
- name: rate-of-{0}
  why: the contract with partner {0}
  mode: enforce
  senders: [partner]
  partners: [partner-{0}]
  rate: 500 per 1s
"""
_ROUTE = """
- name: copy-for-{0}
  why: partner {0} has its tests shown in a system of their own
  mode: enforce
  senders: [partner]
  partners: [partner-{0}]
  documents: [purchase_order]
  test: true
  destination: odoo
  operation: sale_order.create_confirmed
  ordering_key: [sender]
  when_parked: pass
  attempts: 10s, 1m
"""
CONDITION = "  when: 'lines <= 500 && !(\"bulk\" in roles)'\n"


def write_rules(folder: Path, partners: int, condition: str = "") -> Path:
    """The shipped rules with two more for each partner: a grant, and in turn a limit, a deny by address, a route."""
    rules = Path(shutil.copytree(RULES, folder))
    every = range(partners)
    access = "".join(_GRANT.format(one, condition) for one in every)
    access += "".join(_DENY.format(one) for one in every if one % 10 == 1)
    _put_first(rules / "access.yaml", access)
    text = (rules / "access.yaml").read_text()
    offices = "addresses:\n- {name: offices, why: a benchmark, networks: [192.0.2.0/24, 198.51.100.0/24]}\n"
    (rules / "access.yaml").write_text(text.replace("addresses: []\n", offices))
    _put_first(rules / "routing.yaml", "".join(_ROUTE.format(one) for one in every if one % 10 == 2))
    _put_first(rules / "limits.yaml", "".join(_RATE.format(one) for one in every if one % 10 not in (1, 2)))
    return rules


def _put_first(path: Path, added: str) -> None:
    """Before the shipped rules, so that it is the partner's own grant that decides."""
    head, mark, tail = path.read_text().partition("\nrules:\n")
    path.write_text(f"{head}{mark}{added}{tail}")


def messages(partners: int) -> list[tuple[RequestFacts, DocumentFacts]]:
    """One for each partner."""
    found = []
    for number in range(partners):
        request = RequestFacts(
            sender_kind="partner",
            sender=f"partner-{number}",
            client=f"partner-{number}-edi",
            roles=frozenset({"orders.send"}),
            plan="standard",
            address=f"192.0.2.{number % 250}",
            at=NOW,
        )
        order = DocumentFacts(
            request=request,
            format="edifact",
            name="ORDERS",
            version="D.96A",
            document_type="purchase_order",
            size=2_000,
            lines=3,
            writes=frozenset({"create sales_order.order", "create sales_order.terms"}),
        )
        found.append((request, order))
    return found


def decide(rules: PolicySet, request: RequestFacts, document: DocumentFacts) -> None:
    """As gateway/intake.py asks; every answer must let the message through."""
    admitted = rules.admit(request)
    rules.charges(request)
    judged = rules.judge(document)
    rules.schema_for(document)
    routes = rules.routes(document)
    rules.document_charges((document,))
    if isinstance(admitted, Refused) or isinstance(judged, Refused) or isinstance(routes, Refused):
        raise TypeError(f"a message of the benchmark was refused: {admitted} {judged} {routes}")
    if judged.rule is None or not judged.rule.name.startswith("orders-of-"):
        raise ValueError(f"another rule decided than was to be measured: {judged.rule}")


class Deciding:
    """A set, and how long one decision takes in it, in microseconds of CPU."""

    def __init__(self, rules: PolicySet, partners: int) -> None:
        self._rules = rules
        self._messages = messages(partners)
        self.rounds: list[float] = []
        began = time.process_time()
        for message in self._messages:
            decide(rules, *message)
        self.first = (time.process_time() - began) / partners * 1e6

    def measure(self) -> None:
        every = len(self._messages)
        began = time.process_time()
        for number in range(DECISIONS):
            decide(self._rules, *self._messages[number % every])
        self.rounds.append((time.process_time() - began) / DECISIONS * 1e6)

    @property
    def median(self) -> float:
        return statistics.median(self.rounds)


def seconds(act: Callable[[], object]) -> float:
    began = time.process_time()
    act()
    return time.process_time() - began


def strictly(folder: Path) -> None:
    """Load without the quick reader of YAML."""
    quick, yamlfiles.read_quickly = yamlfiles.read_quickly, lambda *_: None
    try:
        load(folder)
    finally:
        yamlfiles.read_quickly = quick


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--rounds", type=int, default=25)
    asked.add_argument("--json", action="store_true")
    chosen = asked.parse_args()
    with tempfile.TemporaryDirectory() as name:
        sizes = (5, 50, 500)
        folders = {size: write_rules(Path(name) / str(size), size) for size in sizes}
        conditioned = write_rules(Path(name) / "conditioned", sizes[-1], CONDITION)
        largest = folders[sizes[-1]]
        loads = [(seconds(lambda: load(largest)), seconds(lambda: strictly(largest))) for _ in range(5)]
        sets = {str(size): Deciding(load(folders[size]), size) for size in sizes}
        sets["500, five of them sending"] = Deciding(load(largest), 5)
        sets["500 with a condition"] = Deciding(load(conditioned), sizes[-1])
        rules = len(load(largest).written)
    for _ in range(chosen.rounds):
        for one in sets.values():
            one.measure()
    quick, strict = (statistics.median(side) for side in zip(*loads, strict=True))
    flat = statistics.median(a / b for a, b in zip(sets["500"].rounds, sets["5"].rounds, strict=True))
    fives = zip(sets["500, five of them sending"].rounds, sets["5"].rounds, strict=True)
    flat_of_five = statistics.median(a / b for a, b in fives)
    pairs = zip(sets["500 with a condition"].rounds, sets["500"].rounds, strict=True)
    figures = {
        "rules": rules,
        "microseconds": {size: round(one.median, 2) for size, one in sets.items()},
        "first_of_each_partner_microseconds": {size: round(one.first, 1) for size, one in sets.items()},
        "500_partners_to_5": round(flat, 3),
        "500_partners_to_5_with_five_sending": round(flat_of_five, 3),
        "condition_adds_microseconds": round(statistics.median(a - b for a, b in pairs), 2),
        "load_seconds": round(quick, 3),
        "load_strictly_seconds": round(strict, 3),
    }
    print(json.dumps(figures, indent=None if chosen.json else 2))


if __name__ == "__main__":
    main()
