"""The names on interchanges, UNB and ISA: whose each is, among all profiles."""

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from partners.names import EdifactName, X12Name
from partners.profile import Partner
from translators.interchanges import Interchange


class InterchangeName(Struct, frozen=True):
    """Identification, qualifier and, where an agreement looks at it, the internal one (0008, 0014)."""

    id: str
    qualifier: str = ""
    internal: str = ""

    def is_meant_by(self, said: "InterchangeName") -> bool:
        """Whether an interchange that says this means it: an internal name that is not agreed may be anything."""
        return (self.id, self.qualifier) == (said.id, said.qualifier) and self.internal in ("", said.internal)

    def __str__(self) -> str:
        return ":".join((self.id, self.qualifier, self.internal)).rstrip(":")


class AgreedNames(Struct, frozen=True):
    theirs: tuple[InterchangeName, ...]
    ours: InterchangeName


class InterchangeNames(Struct, frozen=True):
    """Of all partners, by format, id and qualifier: whose name it is, and whether we are called so."""

    owners: dict[tuple[str, str, str], list[tuple[InterchangeName, str]]]
    ours: frozenset[tuple[str, str, str]]

    @classmethod
    def of(cls, partners: Iterable[Partner]) -> "InterchangeNames":
        owners: dict[tuple[str, str, str], list[tuple[InterchangeName, str]]] = {}
        ours = set()
        for partner in partners:
            for format_ in ("edifact", "x12"):
                names = of_partner(partner, format_)
                if names is None:
                    continue
                ours.add((format_, names.ours.id, names.ours.qualifier))
                for one in names.theirs:
                    owners.setdefault((format_, one.id, one.qualifier), []).append((one, partner.id))
        return cls(owners, frozenset(ours))

    def owner(self, format_: str, said: InterchangeName) -> str | None:
        """The partner whose name it is."""
        held = self.owners.get((format_, said.id, said.qualifier), ())
        return next((partner for name, partner in held if name.is_meant_by(said)), None)

    def is_ours(self, format_: str, said: InterchangeName) -> bool:
        """Whether we are called so towards any partner."""
        return (format_, said.id, said.qualifier) in self.ours


def of_partner(partner: Partner, format_: str) -> AgreedNames | None:
    """What the profile says of names in `edifact` or `x12`; None where it says nothing."""
    if format_ == "x12":
        return _agreed(partner.x12.theirs, partner.x12.ours) if partner.x12 is not None else None
    return _agreed(partner.edifact.theirs, partner.edifact.ours) if partner.edifact is not None else None


def named(interchange: Interchange, side: Literal["sender", "recipient"]) -> InterchangeName:
    """As the interchange itself says it."""
    if side == "sender":
        return InterchangeName(interchange.sender, interchange.sender_qualifier or "", interchange.sender_internal)
    return InterchangeName(interchange.recipient, interchange.recipient_qualifier or "", interchange.recipient_internal)


def _agreed(theirs: Iterable[EdifactName | X12Name], ours: EdifactName | X12Name) -> AgreedNames:
    return AgreedNames(tuple(_name(one) for one in theirs), _name(ours))


def _name(one: EdifactName | X12Name) -> InterchangeName:
    """GS names groups, not interchanges."""
    return InterchangeName(one.id, one.qualifier, one.internal if isinstance(one, EdifactName) else "")
