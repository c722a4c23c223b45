"""Rules of other gateways, as far as they map: what becomes a rule here, what becomes a setting, and what does not map.

An importer writes fragments to be read by people before they go into the files; it never writes what it is not sure of.
"""

import ipaddress
import re
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

_NAME = re.compile(r"[^a-z0-9_.-]+")
_BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_./:-]*")


class Fragment(Struct, frozen=True, kw_only=True):
    """A rule for one of our files: `fields` as they are written there, in order."""

    file: str
    list: str
    fields: dict[str, str]


class Note(Struct, frozen=True, kw_only=True):
    """`what` of the source, at `place` in it, and `text`: where it goes here, or why it does not map."""

    place: str
    what: str
    text: str


class Imported(Struct, frozen=True, kw_only=True):
    """`settings`: what goes into the environment or the profiles. `unmapped`: what must be decided by people."""

    source: str
    rules: tuple[Fragment, ...]
    settings: tuple[Note, ...]
    unmapped: tuple[Note, ...]

    def files(self) -> dict[str, str]:
        """The fragments as YAML, by file."""
        found: dict[str, list[str]] = {}
        for rule in self.rules:
            found.setdefault(f"{rule.file} {rule.list}", []).append("\n".join(_lines(rule)))
        texts: dict[str, str] = {}
        for key, rules in sorted(found.items()):
            file, field = key.split(" ")
            texts[file] = texts.get(file, "") + f"# into `{field}` of {file}\n" + "\n\n".join(rules) + "\n"
        return texts


class Collecting:
    """What an importer has found so far. Names are made ours, begin with `product`, and each is given once."""

    def __init__(self, source: Path, product: str) -> None:
        self.source = source
        self._product = product
        self.rules: list[Fragment] = []
        self.settings: list[Note] = []
        self.unmapped: list[Note] = []
        self._names: set[str] = set()

    def name(self, wanted: str) -> str:
        name = _NAME.sub("-", f"{self._product}-{wanted}".lower()).strip("-._")[:70] or "imported"
        number, free = 2, name
        while free in self._names:
            free, number = f"{name}-{number}", number + 1
        self._names.add(free)
        return free

    def rule(self, file: str, name: str, place: str, *, into: str = "rules", **fields: str) -> None:
        """Every imported rule only observes at first: what it would have refused is seen before it refuses."""
        why = f"imported from {self.source.name} {place}; write here why it is so"
        head = {"name": self.name(name), "why": why, "mode": "observe"}
        self.rules.append(Fragment(file=file, list=into, fields=head | fields))

    def setting(self, place: str, what: str, text: str) -> None:
        self.settings.append(Note(place=place, what=what, text=text))

    def leave(self, place: str, what: str, text: str) -> None:
        self.unmapped.append(Note(place=place, what=what, text=text))

    def networks(self, addresses: list[str], place: str, what: str) -> list[str]:
        """As lists of addresses here hold them (`192.0.2.7/32`); what is no network is left with its place."""
        networks: list[str] = []
        for address in addresses:
            try:
                network = ipaddress.ip_network(address.strip(), strict=False)
            except ValueError:
                self.leave(place, f"{what}: {address.strip()}", "it is no network; write e.g. 192.0.2.0/24")
                continue
            if network.prefixlen:
                networks.append(str(network))
            else:
                self.leave(place, f"{what}: {address.strip()}", "it is every address there is, and no list is needed")
        return networks

    def done(self) -> Imported:
        return Imported(
            source=str(self.source),
            rules=tuple(self.rules),
            settings=tuple(self.settings),
            unmapped=tuple(self.unmapped),
        )


def rate(count: int, seconds: int) -> str:
    """`600 per 1m`, in the largest unit that divides it."""
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds % size == 0:
            return f"{count} per {seconds // size}{unit}"
    return f"{count} per {seconds}s"


def words(values: list[str]) -> str:
    """`[a, b]`, in quotes where YAML asks for them."""
    return f"[{', '.join(value if _BARE.fullmatch(value) else _quoted(value) for value in values)}]"


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _lines(rule: Fragment) -> Iterator[str]:
    for number, (name, value) in enumerate(rule.fields.items()):
        yield f"{'  ' if number else '- '}{name}: {_plain(value)}"


def _plain(value: str) -> str:
    """Text with a colon or a hash would be read as something else."""
    return _quoted(value) if not value.startswith("[") and re.search(r": |\s#|^[&*!|>%@`{]", value) else value
