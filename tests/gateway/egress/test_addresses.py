"""Where partners' servers may be: the public internet, and what is listed."""

from ipaddress import ip_network

import pytest

from gateway.egress.addresses import read_address, why_forbidden

FORBIDDEN = {
    "0.0.0.0": "unspecified",
    "0.1.2.3": "unspecified",
    "10.0.0.1": "private",
    "100.64.0.1": "shared by a carrier",
    "127.0.0.1": "loopback",
    "127.255.255.254": "loopback",
    "169.254.1.1": "link-local",
    "172.16.0.1": "private",
    "172.31.255.255": "private",
    "192.0.0.8": "reserved",
    "192.0.2.1": "for documentation",
    "192.168.178.1": "private",
    "198.18.0.1": "for benchmarks",
    "203.0.113.9": "for documentation",
    "224.0.0.251": "multicast",
    "240.0.0.1": "reserved",
    "255.255.255.255": "reserved",
    "::": "unspecified",
    "::1": "loopback",
    "fe80::1%eth0": "link-local",
    "fec0::1": "not of the public internet",
    "fd00::1": "private",
    "ff02::1": "multicast",
    "100::1": "not of the public internet",
    "2001::1": "reserved",
    "2001:db8::1": "for documentation",
    "2002:7f00:1::1": "a 6to4 tunnel",
    "3fff::1": "for documentation",
    "5f00::1": "not of the public internet",
    "::ffff:127.0.0.1": "loopback",
    "::ffff:a00:1": "private",
    "::127.0.0.1": "not of the public internet",
    "::ffff:0:127.0.0.1": "not of the public internet",
    "64:ff9b::127.0.0.1": "loopback",
    "64:ff9b::192.168.0.1": "private",
    "64:ff9b:1::1": "not of the public internet",
    "169.254.169.254": "a cloud's metadata service",
    "::ffff:169.254.169.254": "a cloud's metadata service",
    "64:ff9b::169.254.169.254": "a cloud's metadata service",
    "168.63.129.16": "a cloud's metadata service",
    "100.100.100.200": "a cloud's metadata service",
    "fd00:ec2::254": "a cloud's metadata service",
}


@pytest.mark.parametrize(("address", "what"), FORBIDDEN.items())
def test_no_partner_is_at(address: str, what: str) -> None:
    assert why_forbidden(read_address(address), ()) == what


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
        "172.15.255.255", "172.32.0.0", "223.255.255.255", "2606:4700:4700::1111", "2a00:1450::1",
        "::ffff:8.8.8.8", "64:ff9b::8.8.8.8",
    ],
)  # fmt: skip
def test_the_public_internet_is_allowed(address: str) -> None:
    assert why_forbidden(read_address(address), ()) is None


def test_what_is_listed_is_allowed_in_every_spelling_and_nothing_beside_it() -> None:
    listed = (ip_network("10.20.0.0/16"), ip_network("fd12:3456::/48"))
    for address in ("10.20.0.1", "::ffff:10.20.0.1", "64:ff9b::10.20.0.1", "fd12:3456::7"):
        assert why_forbidden(read_address(address), listed) is None
    for address in ("10.21.0.1", "fd12:3457::7", "127.0.0.1"):
        assert why_forbidden(read_address(address), listed) is not None


def test_no_list_opens_the_metadata_of_a_cloud() -> None:
    everything = (ip_network("0.0.0.0/0"), ip_network("::/0"))
    for address in ("169.254.169.254", "::ffff:a9fe:a9fe", "fd00:ec2::254", "168.63.129.16"):
        assert why_forbidden(read_address(address), everything) == "a cloud's metadata service"
    assert why_forbidden(read_address("10.0.0.1"), everything) is None
