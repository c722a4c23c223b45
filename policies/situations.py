"""The moments and addresses worth asking about when sets of rules are compared: those that changed rules speak of."""

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import product
from typing import Any

from msgspec import Struct

from policies.hours import Hours
from policies.written import Written

MOST_NETWORKS = 20
"""Networks of one list that are asked about; a list that changed in more of them is told as a part that changed."""
_ELSEWHERE = ("203.0.113.254", "198.51.100.254", "192.0.2.254", "100.64.255.254", "2001:db8:ffff::fffe")
_LOOKS = 50

Networks = Mapping[str, tuple[str, ...]]
"""Address lists by name: the networks of each, as they are written."""


class Situation(Struct, frozen=True, kw_only=True):
    """When and from where it is asked. `words` is empty where there is but one situation."""

    at: datetime
    address: str = ""
    words: str = ""


def situations(
    concerned: Iterable[Written[Any]], was: Networks, now: Networks, changed: set[str], at: datetime
) -> list[Situation]:
    """Every one that a rule of `concerned` or an address list of `changed` tells from others."""
    written = list(concerned)
    lists = changed | {name for one in written for field in ("addresses", "outside") for name in _names(one, field)}
    moments, addresses = list(_moments(written, at)), list(_addresses(lists, was, now))
    return [
        Situation(at=moment, address=address, words=", ".join(words for words in (when, whence) if words))
        for (moment, when), (address, whence) in product(moments, addresses)
    ]


def _names(one: Written[Any], field: str) -> tuple[str, ...]:
    value: Any = getattr(one.rule, field, ())
    return value if isinstance(value, tuple) else ()


def _moments(concerned: list[Written[Any]], at: datetime) -> Iterator[tuple[datetime, str]]:
    """Now, or both sides of the hours that are spoken of; and each day that is still to come."""
    every_hours = {hours.text: hours for one in concerned for hours in one.rule.during}
    sides = [side for hours in every_hours.values() for side in _sides(hours, at)]
    yield from sides or [(at, "")]
    edges = {edge.at: edge.text for one in concerned for edge in (one.rule.from_, one.rule.until) if edge is not None}
    yield from ((moment, f"from {text} on") for moment, text in sorted(edges.items()) if moment > at)


def _sides(hours: Hours, at: datetime) -> Iterator[tuple[datetime, str]]:
    """A moment within the hours and one outside of them, from `at` on, where there are both."""
    inside = hours.hold(at)
    other = at
    for _ in range(_LOOKS):
        other = hours.next_change(other)
        if hours.hold(other) != inside:
            break
    else:
        return
    for moment, holds in ((at, inside), (other, not inside)):
        yield moment, f"{'within' if holds else 'outside'} `{hours.text}`"


def _addresses(lists: set[str], was: Networks, now: Networks) -> Iterator[tuple[str, str]]:
    if not lists:
        yield "", ""
        return
    every = {text for side in (was, now) for networks in side.values() for text in networks}
    for name in sorted(lists):
        for text in _telling(was.get(name, ()), now.get(name, ())):
            yield _within(text), f"from {text} (`{name}`)"
    elsewhere = next((one for one in _ELSEWHERE if not any(_holds(text, one) for text in every)), None)
    if elsewhere is not None:
        yield elsewhere, "from any other address"


def _telling(was: tuple[str, ...], now: tuple[str, ...]) -> list[str]:
    """The networks that only one side has, and one that stands for those that both have."""
    differing = [text for text in (*was, *now) if (text in was) != (text in now)]
    return [*differing[:MOST_NETWORKS], *[text for text in was if text in now][:1]]


def _within(text: str) -> str:
    network = ipaddress.ip_network(text)
    return str(network[0] if network.num_addresses == 1 else network[1])


def _holds(text: str, address: str) -> bool:
    return ipaddress.ip_address(address) in ipaddress.ip_network(text)
