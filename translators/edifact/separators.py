"""The characters that structure an interchange: service string advice (UNA) or the defaults (ISO 9735-1, 5.1)."""

from msgspec import Struct


class Separators(Struct, frozen=True):
    """One character each. `release` and `repetition` may be None: then that function does not exist.

    `explicit` says that a UNA brought them. Repetition exists only from syntax version 4 on.
    """

    component: str = ":"
    element: str = "+"
    decimal: str = "."
    release: str | None = "?"
    repetition: str | None = None
    terminator: str = "'"
    explicit: bool = False

    @property
    def special(self) -> str:
        """Every character that must be released inside data."""
        released = self.component + self.element + self.terminator + (self.repetition or "")
        return released + (self.release or "")


DEFAULT = Separators()


def from_una(una: bytes) -> Separators:
    """Separators of the nine bytes of a UNA. Raises ValueError with a sentence when they cannot work."""
    component, element, decimal, release, reserved, terminator = list(una[3:9].decode("latin-1"))
    used = [component, element, terminator] + ([release] if release != " " else [])
    if len(set(used)) != len(used):
        raise ValueError("the UNA uses one character for two purposes")
    for character in used:
        if character.isalnum() or character == " ":
            raise ValueError(f"the UNA uses `{character}` as a separator; letters, digits and blanks are data")
        if character in "\r\n":
            raise ValueError("the UNA uses a line break as a separator")
    repetition = reserved if reserved not in (" ", *used) and not reserved.isalnum() else None
    return Separators(component, element, decimal, None if release == " " else release, repetition, terminator, True)


def una_of(separators: Separators, *, reserved: str = " ") -> bytes:
    """The UNA that announces `separators`."""
    characters = (
        separators.component,
        separators.element,
        separators.decimal,
        separators.release or " ",
        separators.repetition or reserved,
        separators.terminator,
    )
    return b"UNA" + "".join(characters).encode("latin-1")
