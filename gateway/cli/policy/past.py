"""Requests that were refused before their body was read, as rules can be asked about them again."""

from typing import Any

from gateway.ledger.judging import RefusedSum
from policies.facts import RequestFacts


def example_of(refused: RefusedSum) -> RequestFacts | None:
    """What one of the requests looked like; None for sums from before an example was kept with them."""
    if refused.example is None:
        return None
    facts: dict[str, Any] = {
        name: value for name, value in refused.example.items() if name in RequestFacts.__struct_fields__
    }
    facts |= {"roles": frozenset(facts.get("roles", ())), "scopes": frozenset(facts.get("scopes", ()))}
    kind: Any = refused.sender_kind
    return RequestFacts(**facts, sender=refused.sender, sender_kind=kind, at=refused.at)
