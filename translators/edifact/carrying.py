"""A map carried over to another release of its message: the same rows, with the paths that release has.

From one release to another groups get other numbers, segments become groups and elements move into composites or out
of them; what they hold stays. So a group is found again by its trigger below the same group, and an element by its name
in the same segment. A row whose place the other release does not have is left out: no message of it can say anything
there.
"""

from typing import Any

from msgspec import Struct, structs

from translators.edifact.directory import Directory, Step
from translators.edifact.paths import EdifactSource
from translators.edifact.pathvalues import CompositeScope, SegmentScope, numbers_of
from translators.edifact.structure import tags_in
from translators.mapping.files import MapFile
from translators.mapping.pathwords import Condition, PathStep, steps_of
from translators.mapping.specs import Around, Row, Waiver

_ALIKE = 0.7
"""How alike two groups with other triggers must be to be taken for one."""

_RENUMBERED = {"9011": "4405", "9010": "4404"}
"""Elements that got another number, with the same codes: the status and its description in STS, from D.98B on."""


_REPLACED = {"PAT": "PYT"}
"""Segments another took the place of, with the same elements and codes: the terms of payment, from D.03A on."""


class _Gone(Exception):  # noqa: N818 - no error
    """The other release has no such place."""


class _Pair(Struct, frozen=True, eq=False):
    """The same node in both releases: a group, a segment, or a composite."""

    old: Any
    new: Any


class Carried(Struct, frozen=True):
    """A map for another release. `lost`: how many of its rows have no place there."""

    file: MapFile
    lost: int


def carried(file: MapFile, old: Directory, new: Directory) -> Carried:
    """The map in `file`, written for the release `old`, as a map for the release `new`. Both have its message.

    It has no samples of its own. Raises ValueError when a path fits not even `old`.
    """
    carrier = _Carrier(file, old, new)
    return Carried(carrier.carried(), carrier.lost)


class _Carrier:
    def __init__(self, file: MapFile, old: Directory, new: Directory) -> None:
        self.file = file
        self.old, self.new = (EdifactSource(tables, file.spec.message) for tables in (old, new))
        self.root = _Pair(self.old.root_scope, self.new.root_scope)
        self.origins = dict(file.origins)
        self.parts: dict[str, tuple[Row, ...]] = {}
        self.names: dict[tuple[str, object, object], str] = {}
        self.lost = 0

    def carried(self) -> MapFile:
        rows = self._rows(self.file.spec.rows, self.root)
        spec = structs.replace(
            self.file.spec,
            version=self.new.directory.release,
            rows=rows,
            parts=self.parts,
            waived=tuple(self._waiver(each) for each in self.file.spec.waived),
            samples=(),
        )
        return structs.replace(self.file, spec=spec, origins=self.origins)

    def _rows(self, rows: tuple[Row, ...], pair: _Pair) -> tuple[Row, ...]:
        found = []
        for row in rows:
            try:
                made = self._row(row, pair)
            except _Gone:
                self.lost += 1
                continue
            self.origins[id(made)] = self.origins[id(row)]
            found.append(made)
        return tuple(found)

    def _row(self, row: Row, pair: _Pair) -> Row:
        said: dict[str, Any] = {}
        if row.around is not None:
            at, pair = self._nodes(row.around.at, pair)
            said["around"] = Around(at=at, use=self._part(row.around.use, pair), shared=row.around.shared)
        if row.at is not None:
            said["at"], pair = self._nodes(row.at, pair)
        if row.paths:
            said["from_"] = self._first_of(row.paths, pair)
        for name in ("format", "when"):
            path = getattr(row, name)
            if path is not None:
                said[name] = self._value(path, pair)
        if row.use is not None:
            said["use"] = self._part(row.use, pair)
        if row.rows:
            said["rows"] = self._rows(row.rows, pair)
            if not said["rows"] and row.use is None:
                raise _Gone
        return structs.replace(row, **said)

    def _first_of(self, paths: tuple[str, ...], pair: _Pair) -> tuple[str, ...]:
        found = []
        for path in paths:
            try:
                found.append(self._value(path, pair))
            except _Gone:
                continue
        if not found:
            raise _Gone
        return tuple(dict.fromkeys(found))

    def _part(self, name: str, pair: _Pair) -> str:
        """A part is carried once for every place it is used at, for its paths may become others there."""
        key = (name, _identity(pair.old), _identity(pair.new))
        if key not in self.names:
            known = sum(each == name for each, _, _ in self.names)
            called = self.names[key] = f"{name} ({known + 1})" if known else name
            self.parts[called] = ()  # a part that uses itself is told when the map is compiled
            self.parts[called] = self._rows(self.file.spec.parts[name], pair)
        if not self.parts[self.names[key]]:
            raise _Gone
        return self.names[key]

    def _waiver(self, waiver: Waiver) -> Waiver:
        tag, _, element = (waiver.path or "").partition("/")
        if not element:
            return waiver
        scope = SegmentScope(tag)
        try:
            return structs.replace(waiver, path=f"{tag}/{self._element(element, scope)}")
        except (_Gone, ValueError):  # of a segment the map does not read
            return waiver

    def _nodes(self, path: str, pair: _Pair) -> tuple[str, _Pair]:
        from_root, steps = steps_of(path)
        pair = self.root if from_root else pair
        words = []
        for step in steps:
            word, pair = self._step(step, pair)
            words.append(word)
        return "/" * from_root + "/".join(words), pair

    def _value(self, path: str, pair: _Pair) -> str:
        from_root, steps = steps_of(path)
        pair = self.root if from_root else pair
        words = []
        for step in steps[:-1]:
            word, pair = self._step(step, pair)
            words.append(word)
        return "/" * from_root + "/".join([*words, self._last(steps[-1].name, pair)])

    def _step(self, step: PathStep, pair: _Pair) -> tuple[str, _Pair]:
        group, inner = self._below(step.name, pair)
        name = inner.new.tag if isinstance(inner.new, SegmentScope) else inner.new.name
        return group + name + "".join(self._conditions(step.conditions, inner)), inner

    def _conditions(self, conditions: tuple[Condition, ...], pair: _Pair) -> list[str]:
        words = []
        for each in conditions:
            try:
                path = self._value(each.path, pair)
            except _Gone:
                if each.negated:  # nothing is there, so it is none of these values
                    continue
                raise
            values = "|".join([each.first, *sorted(each.values - {each.first})]) if each.values else ""
            if each.values:
                words.append(f"[{path}{'!=' if each.negated else '='}{values}]")
            else:
                words.append(f"[{'!' if each.negated else ''}{path}]")
        return words

    def _below(self, name: str, pair: _Pair) -> tuple[str, _Pair]:
        """The node below another; first the group it got there, when it stood without one."""
        _, inner = self.old.named(name, pair.old)
        if isinstance(inner, Step):
            return "", _Pair(inner, _group(inner, pair))
        if isinstance(inner, SegmentScope):
            tag = _tag_in(name, pair.new)
            return _around(name, tag, pair), _Pair(inner, SegmentScope(tag))
        rules = [each for each in self.new.directory.segment(pair.new.tag) or () if each.id == name]
        if not rules or not rules[0].is_composite:
            raise _Gone
        return "", _Pair(inner, CompositeScope(name, rules[0].components))

    def _last(self, name: str, pair: _Pair) -> str:
        if isinstance(pair.old, CompositeScope):
            for called in (name, _renumbered(name)):
                if numbers_of(called, pair.new.components):
                    return called
            raise _Gone
        if isinstance(pair.new, SegmentScope):
            return self._element(name, pair.new)
        raise ValueError(f"`{name}` is a segment or group; name an element in it")

    def _element(self, name: str, scope: SegmentScope) -> str:
        """How an element of a segment is named in the new release: as it was, alone, or in the composite it is in."""
        for called in (name, _renumbered(name)):
            if self.new.places(scope.tag, called):
                return called
        element = name.rpartition(".")[2]
        if self.new.places(scope.tag, element):
            return element
        rules = self.new.directory.segment(scope.tag) or ()
        holding = {rule.id for rule in rules if rule.is_composite and numbers_of(element, rule.components)}
        if len(holding) != 1:
            raise _Gone
        return f"{holding.pop()}.{element}"


def _tag_in(tag: str, group: Step) -> str:
    """The segment itself, or the one that took its place, where only that one may stand in the group."""
    tags = {each.tag for each in group.steps}
    replacing = _REPLACED.get(tag)
    return replacing if replacing in tags and tag not in tags else tag


def _around(tag: str, called: str, pair: _Pair) -> str:
    """The group a segment has become the trigger of, as the beginning of a path; empty where it stands as before.

    `called` is what the segment is in the new release.
    """
    if any(each.group is None and each.tag == called for each in pair.new.steps):
        return ""
    if any(each.group is not None and each.tag == tag for each in pair.old.steps):
        raise _Gone  # that is the group it was already told from
    groups = [each for each in pair.new.steps if each.group is not None and each.tag == called]
    if len(groups) != 1:
        raise _Gone
    return f"{groups[0].name}/"


def _renumbered(name: str) -> str:
    composite, point, element = name.rpartition(".")
    return composite + point + _RENUMBERED.get(element, element)


def _group(group: Step, pair: _Pair) -> Step:
    """The group with the same trigger below the same group; of several the one in the same place, or the most alike.

    Where none has it, the most alike of those that have a trigger the old release does not have there.
    """
    before: list[Step] = [each for each in pair.old.steps if each.group is not None]
    after: list[Step] = [each for each in pair.new.steps if each.group is not None]
    same = [each for each in after if each.tag == _tag_in(group.tag, pair.new)]
    alike = [each for each in before if each.tag == group.tag]
    if len(same) == len(alike):
        return same[alike.index(group)]
    if not same:
        known = {each.tag for each in before}
        same = [each for each in after if each.tag not in known and _likeness(group, each) >= _ALIKE]
    if not same:
        raise _Gone
    return max(same, key=lambda each: _likeness(group, each))


def _likeness(one: Step, other: Step) -> float:
    """How many of the segments that may stand in one of two groups may stand in both."""
    tags, others = tags_in(one), tags_in(other)
    return len(tags & others) / len(tags | others)


def _identity(scope: Any) -> object:
    return id(scope) if isinstance(scope, Step) else scope
