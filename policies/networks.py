"""Address lists: where a sender calls from. Networks are compared as numbers, never as the beginning of a text."""

import ipaddress
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated

from msgspec import Meta, Struct

from policies.written import Name, Why

MOST_REMEMBERED = 20_000
"""Addresses whose answer is kept ready; beyond it the memory starts anew, so strangers cannot fill it."""

_V4_IN_V6 = ipaddress.ip_network("::ffff:0:0/96")


class Network:
    """`192.0.2.0/24` or `2001:db8::/48`, in its one canonical form; a single address ends in `/32` or `/128`."""

    __slots__ = ("network", "text")
    SCHEMA = r"^[0-9a-f.:]+/\d{1,3}$"

    def __init__(self, network: IPv4Network | IPv6Network, text: str) -> None:
        self.network = network
        self.text = text

    @classmethod
    def from_text(cls, text: str) -> "Network":
        if "/" not in text:
            raise ValueError(f"`{text}` has no prefix; write e.g. `192.0.2.0/24`, a single address as `192.0.2.7/32`")
        try:
            network = ipaddress.ip_network(text, strict=False)
        except ValueError:
            raise ValueError(f"`{text}` is no network; write e.g. `192.0.2.0/24` or `2001:db8::/48`") from None
        if network.prefixlen == 0:
            raise ValueError(f"`{text}` is every address there is; leave the list out instead")
        if isinstance(network, IPv6Network) and network.overlaps(_V4_IN_V6):
            raise ValueError(f"`{text}` holds IPv4 addresses written as IPv6; write them as IPv4")
        if str(network) != text:
            raise ValueError(f"`{text}` is not written canonically; write `{network}`")
        return cls(network, text)

    def __repr__(self) -> str:
        return f"Network({self.text!r})"


class Address:
    """`192.0.2.7` or `2001:db8::7`, an address to call from; empty where it is not known."""

    __slots__ = ("text",)
    SCHEMA = r"^[0-9A-Fa-f.:]*(%\w+)?$"

    def __init__(self, text: str) -> None:
        self.text = text

    @classmethod
    def from_text(cls, text: str) -> "Address":
        if text:
            try:
                ipaddress.ip_address(text)
            except ValueError:
                raise ValueError(f"`{text}` is no address; write e.g. `192.0.2.7` or `2001:db8::7`") from None
        return cls(text)

    def __repr__(self) -> str:
        return f"Address({self.text!r})"


class AddressList(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Addresses under a name, which rules and zones use."""

    name: Name
    why: Why
    networks: Annotated[tuple[Network, ...], Meta(min_length=1)]


class Addresses:
    """The networks of some lists, made ready to be asked about one address after another."""

    def __init__(self, lists: Iterable[AddressList]) -> None:
        v4: list[tuple[int, int]] = []
        v6: list[tuple[int, int]] = []
        for one in lists:
            for network in one.networks:
                ends = (int(network.network.network_address), int(network.network.broadcast_address))
                (v4 if network.network.version == 4 else v6).append(ends)
        self._v4 = _disjoint(v4)
        self._v6 = _disjoint(v6)
        self._known: dict[str, bool | None] = {}

    def hold(self, address: str) -> bool | None:
        """None when the address is not known, so that nobody can tell."""
        try:
            return self._known[address]
        except KeyError:
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
            found = self._known[address] = self._look_up(address)
            return found

    def _look_up(self, address: str) -> bool | None:
        try:
            parsed = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return None
        # A socket for both families shows an IPv4 caller as ::ffff:192.0.2.7.
        if parsed.version == 6 and parsed.ipv4_mapped is not None:
            parsed = parsed.ipv4_mapped
        starts, ends = self._v4 if parsed.version == 4 else self._v6
        number = int(parsed)
        place = bisect_right(starts, number) - 1
        return place >= 0 and number <= ends[place]


def _disjoint(ranges: list[tuple[int, int]]) -> tuple[list[int], list[int]]:
    """Sorted beginnings and ends; overlapping networks become one."""
    starts: list[int] = []
    ends: list[int] = []
    for start, end in sorted(ranges):
        if ends and start <= ends[-1]:
            ends[-1] = max(ends[-1], end)
        else:
            starts.append(start)
            ends.append(end)
    return starts, ends


def covered(networks: tuple[Network, ...]) -> Iterator[tuple[int, Network, Network]]:
    """Networks of a list that another of it holds already: number, the network, the other."""
    for number, one in enumerate(networks):
        for other_number, other in enumerate(networks):
            if number != other_number and _within(one, other) and (one.text != other.text or other_number < number):
                yield number, one, other
                break


def _within(one: Network, other: Network) -> bool:
    if isinstance(one.network, IPv4Network):
        return isinstance(other.network, IPv4Network) and one.network.subnet_of(other.network)
    return isinstance(other.network, IPv6Network) and one.network.subnet_of(other.network)
