"""How a partner is named on the wire, and how we name ourselves towards it: UNB, ISA and cXML, AS2, accounts."""

from typing import Annotated

from msgspec import Meta, Struct

Id = Annotated[
    str,
    Meta(
        pattern="^[a-z0-9][a-z0-9-]*$",
        max_length=60,
        description="use small letters, digits and `-`, beginning with a letter or digit",
    ),
]
"""Ours, forever: it stands in lanes, receipts and the audit. The file is named after it."""

Client = Annotated[str, Meta(min_length=1, max_length=200)]
"""An OAuth client id at the issuer of this kind of sender."""

As2Name = Annotated[
    str, Meta(pattern=r"^[\x20-\x7e]{1,128}$", description="1 to 128 printable ASCII characters; case counts")
]
"""AS2-From or AS2-To without quotes (RFC 4130, 6.2)."""


class EdifactName(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """S002 or S003 of a UNB: identification (0004/0010), its qualifier (0007), and the internal one (0008/0014)."""

    id: Annotated[str, Meta(pattern=r"^[ -~]{1,35}$")]
    qualifier: Annotated[str, Meta(pattern="^[A-Z0-9]{1,4}$")] = ""
    internal: Annotated[str, Meta(max_length=14)] = ""


class X12Name(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """ISA05/06 or ISA07/08, without the trailing blanks; `group` is GS02/GS03 where it differs."""

    id: Annotated[str, Meta(pattern=r"^[ -~]{1,15}$")]
    qualifier: Annotated[str, Meta(pattern="^[A-Z0-9]{2}$")] = "ZZ"
    group: Annotated[str, Meta(max_length=15)] = ""


class EdifactNames(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first of `theirs` stands in what we send."""

    theirs: Annotated[tuple[EdifactName, ...], Meta(min_length=1)]
    ours: EdifactName


class X12Names(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    theirs: Annotated[tuple[X12Name, ...], Meta(min_length=1)]
    ours: X12Name


class CxmlCredential(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A `Credential` of a cXML header: an identity in the domain that gave it. A shared secret is no part of it.

    The case of a domain does not count: `NetworkId` and `NetworkID` are both written.
    """

    domain: Annotated[
        str,
        Meta(
            pattern=r"^[!-~]([ -~]{0,98}[!-~])?$",
            description="write it as in `NetworkId`, without blanks around it",
        ),
    ]
    identity: Annotated[
        str, Meta(pattern=r"^\S(.{0,253}\S)?$", description="write what stands in `Identity`, 1 to 255 characters")
    ]


class CxmlNames(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who `From` and `To` of their documents name: one of `theirs`, and us."""

    theirs: Annotated[tuple[CxmlCredential, ...], Meta(min_length=1)]
    ours: CxmlCredential
