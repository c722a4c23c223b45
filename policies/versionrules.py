"""What people write in `versions.yaml`."""

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from policies.brownouts import Brownouts, CriticalWindow
from policies.scopes import Names
from policies.written import Name, Rule
from translators.formats import Format
from translators.jsondoc.reshaping import PointerText, Step
from translators.moments import Moment

ApiVersion = Annotated[str, Meta(pattern=r"^v[0-9]{1,4}$", description="write `v` and a number, as in `v1`")]
Link = Annotated[
    str,
    Meta(
        pattern=r"^(https://|/)[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]*$",
        max_length=300,
        description="write an address that begins with `https://` or `/`",
    ),
]
LifeState = Literal["preview", "active", "deprecated", "sunset", "retired"]
LIFE: tuple[LifeState, ...] = ("preview", "active", "deprecated", "sunset", "retired")
"""In the order in which a version goes through them."""


class DocumentVersion(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """In the format's own words: `edifact` `ORDERS` `D.96A`, `xml` `Order` `2.1`, `json` `purchase_order` `1`."""

    format: Format
    name: Annotated[str, Meta(min_length=1, max_length=80)]
    version: Annotated[str, Meta(min_length=1, max_length=40)]

    def __str__(self) -> str:
        return f"{self.format} {self.name} {self.version}"


class AddressStep(Step, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A step on what goes to, or comes from, one address."""

    of: PointerText
    """The address in the successor, without its version: `/purchase-orders`, or `/messages/*`."""


class VersionRule(Rule, frozen=True, kw_only=True):
    """Either `api` or `document`."""

    api: ApiVersion | None = None
    document: DocumentVersion | None = None
    state: LifeState
    """The state now; dates that have come take it further."""
    open_to: tuple[Name, ...] = ()
    """Senders invited to a preview."""
    deprecated_from: Moment | None = None
    sunset: Moment | None = None
    """Last moment it works, except for those with an exception."""
    retired_from: Moment | None = None
    """From here on it works for nobody, whatever exceptions say."""
    brownouts: Brownouts | None = None
    successor: str | None = None
    """What to use instead: an API version (`v2`), or the version of the same document (`D.01B`)."""
    information: Link | None = None
    """A page for those who must change."""
    steps: tuple[Step, ...] = ()
    """Of a JSON document: what changed from this version to its successor."""
    addresses: dict[PointerText, PointerText] = field(default_factory=dict)
    """Of an API version: addresses that are called otherwise in its successor, as in `/orders: /purchase-orders`."""
    requests: tuple[AddressStep, ...] = ()
    """Of an API version: what changed in the bodies of requests from it to its successor."""
    answers: tuple[AddressStep, ...] = ()
    """Of an API version: what changed in our answers."""

    def is_early(self) -> bool:
        return self.api is not None


class VersionException(Rule, frozen=True, kw_only=True):
    """Some senders may go on using a version after its sunset, and are spared its brownouts, `until` a date."""

    partners: Names = ()
    plants: Names = ()
    api: ApiVersion | None = None
    document: DocumentVersion | None = None
    approved_by: Annotated[str, Meta(min_length=1, max_length=100)]
    """Who agreed to it, by the name your organisation knows."""

    def is_early(self) -> bool:
        return self.api is not None


class VersionsFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`versions.yaml`."""

    kind: Literal["versions"]
    rules: tuple[VersionRule, ...]
    exceptions: tuple[VersionException, ...] = ()
    critical_windows: tuple[CriticalWindow, ...] = ()


def subject(rule: VersionRule | VersionException) -> str:
    """`api v1`, or the document in its format's words."""
    return f"api {rule.api}" if rule.api else str(rule.document)
