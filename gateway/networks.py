"""Whether an address lies in one of some networks."""

from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

Networks = tuple[IPv4Network | IPv6Network, ...]


@lru_cache(maxsize=4096)  # the same few proxies and monitors ask all day, and reading an address takes microseconds
def is_in(address: str, networks: Networks) -> bool:
    """False for what is no address. `::ffff:10.0.0.1`, an IPv4 peer of a dual-stack listener, counts as IPv4."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return any(parsed in network for network in networks)
