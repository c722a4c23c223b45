"""Which addresses a partner's server may have: the public internet, and what operators list.

The table is ours, not `ipaddress.is_global`, whose answers differ between releases of Python. Sources: the IANA
registries of special-purpose addresses (RFC 6890 and its successors), and what clouds publish about their metadata.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from gateway.networks import Networks

_METADATA: Networks = tuple(
    ip_network(address)
    for address in (
        "169.254.169.254", "169.254.169.253", "169.254.170.2", "169.254.170.23",  # AWS, Azure, Google and others
        "168.63.129.16",  # Azure; a public address
        "100.100.100.200",  # Alibaba
        "192.0.0.192",  # Oracle
        "fd00:ec2::254", "fd00:ec2::253", "fd00:ec2::23", "fd20:ce::254",  # AWS, Google
    )
)  # fmt: skip
"""Refused even where a listed network holds them: no partner lives there, and what does hands out credentials."""

_RESERVED: tuple[tuple[IPv4Network | IPv6Network, str], ...] = tuple(
    (ip_network(network), what)
    for network, what in (
        ("0.0.0.0/8", "unspecified"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "shared by a carrier"),
        ("127.0.0.0/8", "loopback"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved"),
        ("192.0.2.0/24", "for documentation"),
        ("192.88.99.0/24", "reserved"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "for benchmarks"),
        ("198.51.100.0/24", "for documentation"),
        ("203.0.113.0/24", "for documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
        ("::/128", "unspecified"),
        ("::1/128", "loopback"),
        ("fc00::/7", "private"),
        ("fe80::/10", "link-local"),
        ("ff00::/8", "multicast"),
        ("2001::/23", "reserved"),  # Teredo, ORCHID
        ("2001:db8::/32", "for documentation"),
        ("2002::/16", "a 6to4 tunnel"),
        ("3fff::/20", "for documentation"),
    )
)
_PUBLIC_IPV6 = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")


def read_address(text: str) -> IPv4Address | IPv6Address:
    """The address that counts: the IPv4 address where an IPv6 one only wraps it (`::ffff:10.0.0.1`)."""
    address = ip_address(text)
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def why_forbidden(address: IPv4Address | IPv6Address, listed: Networks) -> str | None:
    """What is wrong with this address, as `loopback` or `private`; None where we may connect to it."""
    inner = _inner(address)
    if _is_among(address, _METADATA) or _is_among(inner, _METADATA):
        return "a cloud's metadata service"
    if _is_among(address, listed) or _is_among(inner, listed):
        return None
    for network, what in _RESERVED:
        if inner in network:
            return what
    if isinstance(inner, IPv6Address) and inner not in _PUBLIC_IPV6:
        return "not of the public internet"
    return None


def _inner(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Behind the well-known prefix of NAT64 (RFC 6052) stands the IPv4 address that is reached in the end."""
    return IPv4Address(int(address) & 0xFFFF_FFFF) if address in _NAT64 else address


def _is_among(address: IPv4Address | IPv6Address, networks: Networks) -> bool:
    return any(address in network for network in networks)
