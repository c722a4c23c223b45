"""Where in the message each field of a canonical object came from: kept beside the object, never inside it."""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from translators.findings import Place


class Provenance(Struct, frozen=True):
    """JSON pointer (RFC 6901) of a canonical field -> its place in the message.

    For EDIFACT a place names segment, its position counted from UNH = 1, element and component; for XML an XPath, for
    JSON a pointer. Not every field has a place of its own: what a map adds as a constant has none.
    """

    places: Mapping[str, Place]

    def place(self, pointer: str) -> Place | None:
        """The place of the field, else of the nearest thing around it that has one; None when nothing has."""
        while pointer not in self.places:
            if not pointer:
                return None
            pointer = pointer.rpartition("/")[0]
        return self.places[pointer]

    def fields_at(self, segment_position: int) -> Iterator[str]:
        """The pointers of the fields that came from a segment, for whoever starts from the message."""
        return (pointer for pointer, place in self.places.items() if place.segment_position == segment_position)

    def inside(self, pointer: str) -> "Provenance":
        """The provenance of a part alone, such as a line, by pointers that start at the part."""
        return Provenance(
            {each[len(pointer) :]: place for each, place in self.places.items() if _lies_in(each, pointer)}
        )


def _lies_in(pointer: str, outer: str) -> bool:
    return pointer == outer or pointer.startswith(outer + "/")
