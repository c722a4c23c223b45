"""Zones and conduits as policies of Cedar, written without a look at ours.

One policy a conduit: who is in its first zone, what it carries, and which destinations lie in its second. An address is
in the first of two zones that both have it, and a destination that a zone names is not in the zone of its whole kind.
"""

import json
from collections.abc import Iterator
from datetime import datetime

import cedarpy
from support.access_in_cedar import Written, context, hours, number

from policies.facts import DocumentFacts


class CedarConduits:
    """The enforced conduits of a file; one that only observes carries nothing."""

    def __init__(self, zones: list[Written], conduits: list[Written], lists: dict[str, list[str]]) -> None:
        self._zones = zones
        self._lists = lists
        self._policies = cedarpy.PolicySet.from_str(
            "\n".join(self._policy(one) for one in conduits if one["mode"] == "enforce")
        )

    def carries(self, document: DocumentFacts, destination: str) -> bool:
        asked = {
            "principal": f'User::"{document.request.sender}"',
            "action": 'Action::"carry"',
            "resource": f'Destination::"{destination}"',
            "context": {**context(document.request, document), "destination": destination},
        }
        result = cedarpy.is_authorized(asked, self._policies, [])
        assert result.diagnostics.errors == [], "a policy that fails is left out by Cedar, and would prove nothing"
        return result.decision == cedarpy.Decision.Allow

    def _policy(self, conduit: Written) -> str:
        conditions = " && ".join(f"({one})" for one in self._conditions(conduit))
        return f'permit(principal, action == Action::"carry", resource) when {{ {conditions} }};'

    def _conditions(self, conduit: Written) -> Iterator[str]:
        yield f"{json.dumps(conduit['documents'])}.contains(context.document)"
        yield self._source(conduit["source"])
        yield self._target(conduit["target"])
        if conduit.get("from"):
            yield f"context.at >= {number(datetime.fromisoformat(conduit['from']))}"
        if conduit.get("until"):
            yield f"context.at < {number(datetime.fromisoformat(conduit['until']))}"
        if conduit.get("during"):
            yield " || ".join(f"({hours(one)})" for one in conduit["during"])

    def _source(self, name: str) -> str:
        kinds = []
        for kind in ("partner", "plant", "corporate"):
            earlier: list[str] = []
            for zone in self._zones:
                if kind not in zone.get("senders", ()):
                    continue
                here = self._here(zone)
                if zone["name"] == name:
                    alone = " && ".join([f"({here})", *(f"!({one})" for one in earlier)])
                    kinds.append(f'context.kind == "{kind}" && {alone}')
                earlier.append(here)
        return " || ".join(f"({one})" for one in kinds)

    def _here(self, zone: Written) -> str:
        networks = [network for name in zone.get("addresses", ()) for network in self._lists[name]]
        if not networks:
            return "true"
        inside = " || ".join(f'context.address.isInRange(ip("{network}"))' for network in networks)
        return f"context has address && ({inside})"

    def _target(self, name: str) -> str:
        exact = {text: zone["name"] for zone in self._zones for text in zone.get("destinations", ()) if "*" not in text}
        ways = [f'context.destination == "{text}"' for text, zone in exact.items() if zone == name]
        for zone in self._zones:
            for text in zone.get("destinations", ()):
                if zone["name"] == name and "*" in text:
                    others = json.dumps([other for other in exact if other.startswith(text[:-1])])
                    ways.append(f'context.destination like "{text}" && !{others}.contains(context.destination)')
        return " || ".join(f"({one})" for one in ways)
