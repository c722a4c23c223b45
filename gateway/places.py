"""Which plants the lines of a document go to, and what each plant gets of it."""

from msgspec import Struct
from msgspec.structs import replace

from gateway.senders import plant_of
from partners.directory import Directory
from translators.canonical.documents import kind_named
from translators.canonical.places import Divided, line_places, part_of
from translators.findings import Finding
from translators.reading import Document
from translators.reading import document as document_of


class Places(Struct, frozen=True):
    """`plant` is the one the document as a whole concerns, by its head or by all of its lines; `lines`: number of each
    line -> its plant, None where it is none of ours; empty when lines have no places of their own."""

    plant: str | None
    lines: dict[str, str | None]

    @property
    def plants(self) -> frozenset[str]:
        found = frozenset(plant for plant in self.lines.values() if plant is not None)
        return found if found or self.plant is None else frozenset((self.plant,))

    def are_known(self) -> bool:
        """Whether every line goes to a plant of ours."""
        return None not in self.lines.values()

    def findings(self) -> tuple[Finding, ...]:
        """Which line goes where."""
        return tuple(
            Finding("routing.line", f"line `{number[:35]}` goes to {f'`{plant}`' if plant else 'none of our plants'}")
            for number, plant in self.lines.items()
        )


def places_of(partners: Directory, document: Document) -> Places:
    plant = plant_of(partners, document)
    glns = line_places(document.object)
    if not glns:
        return Places(plant, {})
    known = {gln: partners.plant_by_gln(gln) if gln else None for gln in set(glns.values())}
    lines = {number: one.id if (one := known[gln]) else None for number, gln in glns.items()}
    meant = set(lines.values())
    return Places(meant.pop() if len(meant) == 1 else plant, lines)


def part_for(document: Document, places: Places, plant: str) -> Document | None:
    """The lines of one plant as a document of its own, under the same number; None for a type that is not divided."""
    kind = kind_named(f"{document.type}/{document.version}")
    if kind is None or not isinstance(document.object, Divided):
        return None
    lines = frozenset(number for number, where in places.lines.items() if where == plant)
    part = document_of(kind, part_of(document.object, lines), test=document.test)
    return replace(part, business_key=f"{document.business_key}|plant={plant}")
