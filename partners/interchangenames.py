"""The names on interchanges, UNB, ISA and cXML header: whose each is, among all profiles."""

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from partners.names import CxmlCredential, EdifactName, X12Name
from partners.profile import Partner
from translators.interchanges import Interchange

Named = Literal["edifact", "x12", "cxml"]
"""What names sender and recipient, beside what it carries."""


class InterchangeName(Struct, frozen=True):
    """Identification, qualifier and, where an agreement looks at it, the internal one (0008, 0014)."""

    id: str
    qualifier: str = ""
    internal: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What has to be alike."""
        return (self.id, self.qualifier)

    def is_meant_by(self, said: "InterchangeName") -> bool:
        """Whether an interchange that says this means it: an internal name that is not agreed may be anything."""
        return self.key == said.key and self.internal in ("", said.internal)

    def __str__(self) -> str:
        return ":".join((self.id, self.qualifier, self.internal)).rstrip(":")


class CredentialName(InterchangeName, frozen=True):
    """Identity and domain of a cXML credential; the case of the domain does not count."""

    @property
    def key(self) -> tuple[str, str]:
        return (self.id, self.qualifier.lower())

    def __str__(self) -> str:
        return f"{self.qualifier} {self.id}".lstrip()


class AgreedNames(Struct, frozen=True):
    theirs: tuple[InterchangeName, ...]
    ours: InterchangeName


class InterchangeNames(Struct, frozen=True):
    """Of all partners, by kind, id and qualifier: whose name it is, and whether we are called so."""

    owners: dict[tuple[str, str, str], list[tuple[InterchangeName, str]]]
    ours: frozenset[tuple[str, str, str]]

    @classmethod
    def of(cls, partners: Iterable[Partner]) -> "InterchangeNames":
        owners: dict[tuple[str, str, str], list[tuple[InterchangeName, str]]] = {}
        ours = set()
        kinds: tuple[Named, ...] = ("edifact", "x12", "cxml")
        for partner in partners:
            for kind in kinds:
                names = of_partner(partner, kind)
                if names is None:
                    continue
                ours.add((kind, *names.ours.key))
                for one in names.theirs:
                    owners.setdefault((kind, *one.key), []).append((one, partner.id))
        return cls(owners, frozenset(ours))

    def owner(self, kind: Named, said: InterchangeName) -> str | None:
        """The partner whose name it is."""
        held = self.owners.get((kind, *said.key), ())
        return next((partner for name, partner in held if name.is_meant_by(said)), None)

    def is_ours(self, kind: Named, said: InterchangeName) -> bool:
        """Whether we are called so towards any partner."""
        return (kind, *said.key) in self.ours


def of_partner(partner: Partner, kind: Named) -> AgreedNames | None:
    """What the profile says of names in this kind; None where it says nothing."""
    said = {"edifact": partner.edifact, "x12": partner.x12, "cxml": partner.cxml}[kind]
    return AgreedNames(tuple(_name(one) for one in said.theirs), _name(said.ours)) if said is not None else None


def named(interchange: Interchange, side: Literal["sender", "recipient"], kind: Named) -> tuple[InterchangeName, ...]:
    """As the interchange itself says it; in cXML several credentials may name the same company."""
    if side == "sender":
        qualifier, internal, others = interchange.sender_qualifier, interchange.sender_internal, interchange.also_sender
        id_ = interchange.sender
    else:
        qualifier, internal = interchange.recipient_qualifier, interchange.recipient_internal
        id_, others = interchange.recipient, interchange.also_recipient
    if kind == "cxml":
        return tuple(CredentialName(one, domain) for one, domain in ((id_, qualifier or ""), *others))
    return (InterchangeName(id_, qualifier or "", internal),)


def _name(one: EdifactName | X12Name | CxmlCredential) -> InterchangeName:
    """GS names groups, not interchanges."""
    if isinstance(one, CxmlCredential):
        return CredentialName(one.identity, one.domain)
    return InterchangeName(one.id, one.qualifier, one.internal if isinstance(one, EdifactName) else "")
