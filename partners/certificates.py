"""The certificates of a partner, each for one use and its time. Private keys never stand in a profile."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from translators.moments import Moment

CertificateUse = Literal["verify", "encrypt", "tls-client", "tls-server", "client-assertion"]
"""Theirs: we verify what they signed, encrypt to them, know them by their client's or their server's certificate;
Keycloak verifies the assertions their clients log in with (RFC 7523)."""

OwnUse = Literal["sign", "decrypt"]
"""Ours towards them."""


class Certificate(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """One certificate file of theirs (PEM, DER, P7B), in use `from` … `until`; overlaps are how a roll-over is made.

    Inbound any certificate in its time is accepted; outbound the one whose time began last is used.
    """

    use: Annotated[tuple[CertificateUse, ...], Meta(min_length=1)]
    file: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]
    """In `partners/certificates/`, without folders."""
    from_: Moment | None = None
    until: Moment | None = None


class OwnKey(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """One of our keys towards this partner, by its name in the folder of keys (`NAME.key`, `NAME.crt`)."""

    use: Annotated[tuple[OwnUse, ...], Meta(min_length=1)]
    name: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]
    from_: Moment | None = None
    until: Moment | None = None
