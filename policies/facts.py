"""What a rule may look at, and nothing else.

Facts are plain values that the gateway fills from what it has proven; a rule never sees a partner's profile, so a
profile cannot grant itself a right.
"""

from datetime import datetime
from typing import Literal

from msgspec import Struct

SenderKind = Literal["partner", "plant", "corporate"]
Verb = Literal["send", "read", "fetch"]


class RequestFacts(Struct, frozen=True, kw_only=True, array_like=True):
    """Known before the body is read.

    The ledger keeps facts by position (recordedfacts.py): a new one is appended, with a default, and none is moved.
    """

    sender_kind: SenderKind
    sender: str
    """The partner's or plant's id in our files."""
    client: str
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    plan: str | None = None
    channel: str = "http"
    api_version: str = "v1"
    address: str = ""
    binding: str = "none"
    """How the credential is bound to its holder: `none`, `certificate` or `dpop`."""
    at: datetime
    """UTC, aware."""
    verb: Verb = "send"
    """What the sender has come for: to send, to ask about what it sent, to fetch what lies ready for it."""


class DocumentFacts(Struct, frozen=True, kw_only=True, array_like=True):
    """Known once the document is read. `format`, `name` and `version` are the format's own words.

    Kept by position too."""

    request: RequestFacts
    format: str
    name: str
    version: str
    document_type: str
    """The canonical object it becomes (`purchase_order`)."""
    size: int
    """Bytes as received."""
    lines: int = 0
    plant: str | None = None
    """The plant it concerns, by id; None when the document names none that we know."""
    ship_to: str | None = None
    """GLN of the place of delivery."""
    test: bool = False
    plants: frozenset[str] = frozenset()
    """All plants its lines go to, by id, where lines say so; else the one plant."""
    writes: frozenset[str] = frozenset()
    """What it says of whose data, each as `create sales_order.order` (translators/canonical/fieldgroups.py)."""
    recipient: str | None = None
    """The partner it is for, by id, where it names one: the buyer of an answer, the supplier of an order."""

    @property
    def at(self) -> datetime:
        """When it was sent: UTC, aware."""
        return self.request.at
