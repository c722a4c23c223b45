"""A map's rows as closures that write: the same text as for reading, the other way round.

A row is offered what its `to` names. A constant (`{to: kind, value: contract}`) then is a question: a block takes only
objects that have it. Each entry of a list goes to the first block that can take it; what no row takes is told.
Nothing that did not fit leaves a trace, because everything is written with a pen that can go back.
"""

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from translators.fileproblems import FileProblem, FileProblems
from translators.mapping import surroundings
from translators.mapping.conversions import (
    DATE_ROLES,
    INVERSES,
    MOMENT_ROLES,
    ROLES,
    written_date,
    written_moment,
    written_note,
)
from translators.mapping.crossrefs import CrossReference
from translators.mapping.files import MapFile
from translators.mapping.sources import Leaves, Node, Slot, Source, Way
from translators.mapping.specs import Row
from translators.mapping.unwritten import Unwritten, missing, unwritten
from translators.mapping.wrapping import pieces
from translators.mapping.writings import Action, Writing


def compile_writer(file: MapFile, source: Source) -> Callable[[Writing], tuple[Unwritten, ...]]:
    """The map as one function that fills a message and tells what is left. Raises FileProblems."""
    compiler = _Compiler(file, source)
    actions = compiler.actions(file.spec.rows, source.root_scope, ())
    if compiler.problems:
        raise FileProblems(compiler.problems)

    def run_map(writing: Writing) -> tuple[Unwritten, ...]:
        for action in actions:
            action(writing, writing.root, writing.data, "", 1)
        return tuple(unwritten(writing.data, writing.written, writing.reasons))

    return run_map


class _Compiler:
    def __init__(self, file: MapFile, source: Source) -> None:
        self.file = file
        self.spec = file.spec
        self.source = source
        self.problems: list[FileProblem] = []

    def actions(self, rows: tuple[Row, ...], scope: Any, inside: tuple[str, ...]) -> list[Action]:
        """In the order of the rows; what only completes parts that are there comes last."""
        rows = tuple(row for row in rows if row.direction != "read")
        shared: dict[tuple[str, ...], list[Row]] = {}
        for row in rows:
            if row.as_ in ROLES:
                shared.setdefault(row.paths, []).append(row)
        actions, last = [], []
        for row in rows:
            try:
                if row.as_ in ROLES:
                    if shared[row.paths][0] is row:
                        actions.append(self._joint(tuple(shared[row.paths]), scope))
                elif row.count is not None or row.sum is not None or row.write is not None:
                    last.append(self._completing(row, scope))
                elif (action := self._action(row, scope, inside)) is not None:
                    actions.append(action)
            except ValueError as error:
                self.problems.append(self.file.problem_of(row, str(error)))
        return [*actions, *last]

    def _action(self, row: Row, scope: Any, inside: tuple[str, ...]) -> Action | None:
        if row.use is not None or row.rows:
            return self._when(row, self._block_row(row, scope, inside), scope)
        if row.value is not None:
            return _constant(row) if row.when is None else self._when(row, _implied(row), scope)
        if row.as_ == "ordinal":
            return _ordinal(row)
        if row.only or not row.to:
            return None
        return self._when(row, self._value_row(row, scope), scope)

    def _when(self, row: Row, action: Action, scope: Any) -> Action:
        return action if row.when is None else _conditional(self.source.leaves(row.when, scope), action)

    def _block_row(self, row: Row, scope: Any, inside: tuple[str, ...]) -> Action:
        name = row.to.removesuffix("[]")
        around = None
        if row.around is not None:
            way, scope = self.source.way(row.around.at, scope)
            around = surroundings.Written(way, self._fill(row.around.use, (), scope, inside))
        inner, scope = (None, scope) if row.at is None else self.source.way(row.at, scope)
        fill = self._fill(row.use, row.rows, scope, inside)
        asked = tuple(_constant(each) for each in row.rows if each.value is not None and each.when is None)
        if asked and not row.to and row.at is None:
            return _if_asked(_in_turn(list(asked)), fill)
        if around is not None and row.around is not None and inner is not None:
            return surroundings.writing(name, around, surroundings.Written(inner, fill), row.around.shared)
        return _each(name, inner, fill) if row.to.endswith("[]") else _single(name, inner, fill)

    def _fill(self, use: str | None, rows: tuple[Row, ...], scope: Any, inside: tuple[str, ...]) -> Action:
        if use is not None:
            if use in inside or use not in self.spec.parts:
                return _in_turn([])  # reading has told
            rows = (*self.spec.parts[use], *rows)
            inside = (*inside, use)
        return _in_turn(self.actions(_constants_first(rows), scope, inside))

    def _value_row(self, row: Row, scope: Any) -> Action:
        slots = tuple(self.source.slot(path, scope) for path in row.paths)
        back = self._inverse(row)
        if row.to.endswith("[]"):
            return _texts(row.to.removesuffix("[]"), slots, back)
        return _text(row, slots, back)

    def _inverse(self, row: Row) -> Callable[[str, date | None], str]:
        if row.as_ is not None and row.as_ not in INVERSES:
            raise ValueError(f"`{row.as_}` has no way back; say `direction: read`")
        convert = INVERSES[row.as_] if row.as_ is not None else None
        table = self.file.tables.get(row.table) if row.table is not None else None

        def back(text: str, day: date | None) -> str:
            text = text if table is None else _code_of(table, text, day)
            return text if convert is None else convert(text)

        return back

    def _joint(self, rows: tuple[Row, ...], scope: Any) -> Action:
        """Several fields that share one place: the ends of a period, a note and its subject."""
        slot = self.source.slot(rows[0].paths[0], scope)
        roles = tuple((_steps(row.to), ROLES[row.as_ or ""]) for row in rows)
        if rows[0].as_ not in DATE_ROLES:
            return _together(roles, slot, written_moment if rows[0].as_ in MOMENT_ROLES else written_note)
        if rows[0].format is None:
            raise ValueError("needs `format`, the path of the code that says how the date is written")
        shape = self.source.slot(rows[0].format, scope)
        return _date(roles, slot, shape, next((row.formats for row in rows if row.formats), ()))

    def _completing(self, row: Row, scope: Any) -> Action:
        slot = self.source.slot(row.paths[0], scope)
        if row.write is not None:
            text = row.write

            def complete(writing: Writing, node: Node, _data: dict[str, Any], _pointer: str, _number: int) -> bool:
                slot.fill(writing.pen, node, writing.root, text)
                return True

            return complete
        return _total(row, slot)


def _constants_first(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """Constants are asked before anything is written."""
    return tuple(sorted(rows, key=lambda row: row.value is None or row.when is not None))


def _in_turn(actions: list[Action]) -> Action:
    each = tuple(actions)

    def fill(writing: Writing, node: Node, data: dict[str, Any], pointer: str, number: int) -> bool:
        return all(action(writing, node, data, pointer, number) for action in each)

    return fill


def _conditional(leaves: Leaves, action: Action) -> Action:
    def act(writing: Writing, node: Node, data: dict[str, Any], pointer: str, number: int) -> bool:
        return not leaves(node, writing.root) or action(writing, node, data, pointer, number)

    return act


def _if_asked(asked: Action, fill: Action) -> Action:
    """Fields of the object around, for objects that have the constants."""

    def act(writing: Writing, node: Node, data: dict[str, Any], pointer: str, number: int) -> bool:
        return not asked(writing, node, data, pointer, number) or fill(writing, node, data, pointer, number)

    return act


def _steps(to: str) -> tuple[str, ...]:
    return tuple(to.split("."))


def _get(data: dict[str, Any], steps: tuple[str, ...]) -> Any:
    value: Any = data
    for name in steps:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _constant(row: Row) -> Action:
    steps = _steps(row.to)
    pointer_step = "/" + "/".join(steps)

    def ask(writing: Writing, _node: Node, data: dict[str, Any], pointer: str, _number: int) -> bool:
        if _get(data, steps) != row.value:
            return False
        writing.note(pointer + pointer_step)
        return True

    return ask


def _implied(row: Row) -> Action:
    """A constant that is read wherever something else stands: by then the object says it."""
    ask = _constant(row)

    def take(writing: Writing, node: Node, data: dict[str, Any], pointer: str, number: int) -> bool:
        return ask(writing, node, data, pointer, number) or True

    return take


def _ordinal(row: Row) -> Action:
    steps = _steps(row.to)

    def ask(writing: Writing, _node: Node, data: dict[str, Any], pointer: str, number: int) -> bool:
        if _get(data, steps) == str(number):
            writing.note(f"{pointer}/{'/'.join(steps)}")
        else:
            writing.reasons[f"{pointer}/{'/'.join(steps)}"] = "numbers follow the order there"
        return True

    return ask


def _code_of(table: CrossReference, value: str, day: date | None) -> str:
    code = table.writing(day).get(value)
    if code is not None:
        return code
    if table.others == "refuse":
        raise ValueError(f"`{value[:40]}` has no code in the table `{table.name}`")
    return value


def _text(row: Row, slots: tuple[Slot, ...], back: Callable[[str, date | None], str]) -> Action:
    steps = _steps(row.to)
    step = "/" + "/".join(steps)

    def write(writing: Writing, node: Node, data: dict[str, Any], pointer: str, _number: int) -> bool:
        value = _get(data, steps)
        if value is None:
            return True
        try:
            text = back(_plain(value), writing.day)
        except ValueError as error:
            writing.reasons[pointer + step] = str(error)
            return not row.required
        reason = ""
        for slot in slots:
            parts = pieces(text, row.join, slot.longest()) if row.join is not None else (text,)
            reason = _put_all(writing, slot, node, parts)
            if not reason:
                writing.took(pointer + step)
                return True
        writing.reasons[pointer + step] = reason
        return not row.required

    return write


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _put_all(writing: Writing, slot: Slot, node: Node, texts: tuple[str, ...]) -> str:
    """Why the texts could not all be written; empty when they are."""
    mark = writing.pen.mark()
    for index, text in enumerate(texts):
        reason = slot.put(writing.pen, node, writing.root, text, more=index > 0)
        if reason is not None:
            writing.pen.back(mark)
            return reason
    return ""


def _texts(name: str, slots: tuple[Slot, ...], back: Callable[[str, date | None], str]) -> Action:
    steps = _steps(name)

    def write(writing: Writing, node: Node, data: dict[str, Any], pointer: str, _number: int) -> bool:
        for slot in slots:
            for index, value in enumerate(_get(data, steps) or ()):
                at = f"{pointer}/{'/'.join(steps)}/{index}"
                if at in writing.written:
                    continue
                try:
                    text = back(_plain(value), writing.day)
                    reason = slot.put(writing.pen, node, writing.root, text, more=True)
                except ValueError as error:
                    reason = str(error)
                if reason is not None:
                    writing.reasons[at] = reason
                    break  # what follows would take an earlier place
                writing.took(at)
        return True

    return write


def _said(roles: tuple[tuple[tuple[str, ...], str], ...], data: dict[str, Any]) -> dict[str, str]:
    return {role: str(value) for steps, role in roles if (value := _get(data, steps)) is not None}


def _date(roles: tuple[tuple[tuple[str, ...], str], ...], slot: Slot, shape: Slot, formats: tuple[str, ...]) -> Action:
    def write(writing: Writing, node: Node, data: dict[str, Any], pointer: str, _number: int) -> bool:
        said = _said(roles, data)
        if not said:
            return True
        mark = writing.pen.mark()
        try:
            text, code = written_date(said, formats)
            reason = slot.put(writing.pen, node, writing.root, text, more=False)
            reason = reason or shape.put(writing.pen, node, writing.root, code, more=False)
        except ValueError as error:
            reason = str(error)
        if reason is not None:
            writing.pen.back(mark)
        _told(writing, roles, data, pointer, reason)
        return True

    return write


def _together(
    roles: tuple[tuple[tuple[str, ...], str], ...], slot: Slot, say: Callable[[list[tuple[str, str]]], str]
) -> Action:
    """Several fields in one text: a note and its subject, the parts of a moment."""

    def write(writing: Writing, node: Node, data: dict[str, Any], pointer: str, _number: int) -> bool:
        said = [(role, str(value)) for steps, role in roles if (value := _get(data, steps)) is not None]
        if said:
            try:
                reason = slot.put(writing.pen, node, writing.root, say(said), more=False)
            except ValueError as error:
                reason = str(error)
            _told(writing, roles, data, pointer, reason)
        return True

    return write


def _told(
    writing: Writing,
    roles: tuple[tuple[tuple[str, ...], str], ...],
    data: dict[str, Any],
    pointer: str,
    reason: str | None,
) -> None:
    """That the fields which share a place were written, or why not."""
    for steps, _ in roles:
        if _get(data, steps) is not None:
            at = f"{pointer}/{'/'.join(steps)}"
            if reason is None:
                writing.took(at)
            else:
                writing.reasons[at] = reason


def _each(name: str, way: Way | None, fill: Action) -> Action:
    """Every entry of a list that no row has taken yet and this one can take."""
    steps = _steps(name)
    step = "/" + "/".join(steps)

    def write(writing: Writing, node: Node, data: dict[str, Any], pointer: str, _number: int) -> bool:
        for index, entry in enumerate(_get(data, steps) or ()):
            at = f"{pointer}{step}/{index}"
            if at in writing.written or not isinstance(entry, dict):
                continue
            mark = writing.mark()
            target = node if way is None else way.open(writing.pen, node, writing.root, fresh=True)
            if target is None:
                writing.reasons.setdefault(at, "there is no room for another one")
                continue
            fits = fill(writing, target, entry, at, index + 1) and writing.hits > mark[1]
            if fits and (way is None or way.holds(target, writing.root)):
                writing.note(at)
            else:
                writing.back(mark)
        return True

    return write


def _single(name: str, way: Way | None, fill: Action) -> Action:
    """One object, or, without a name, fields of the object around."""
    steps = _steps(name) if name else ()
    step = "".join("/" + each for each in steps)

    def write(writing: Writing, node: Node, data: dict[str, Any], pointer: str, number: int) -> bool:
        inner = _get(data, steps) if steps else data
        if not isinstance(inner, dict) or (steps and pointer + step in writing.written):
            return True
        if way is None and steps and not missing(inner, pointer + step, writing.written)[1]:
            return True  # another place for what a row above has said completely
        mark = writing.mark()
        target = node if way is None else way.open(writing.pen, node, writing.root, fresh=False)
        if target is None:
            writing.reasons.setdefault(pointer + step, "there is no room for it")
            return True
        fits = fill(writing, target, inner, pointer + step, number)
        if not fits or writing.hits == mark[1] or not (way is None or way.holds(target, writing.root)):
            writing.back(mark)
            return fits or bool(steps)
        return True

    return write


def _total(row: Row, slot: Slot) -> Action:
    """A control total over the fields of a path (`lines`, `lines[].quantity.value`)."""
    path = row.count or row.sum or ""

    def write(writing: Writing, node: Node, data: dict[str, Any], _pointer: str, _number: int) -> bool:
        found = list(_all(data, path.replace("[]", "").split(".")))
        if row.count is not None:
            text = str(len(found))
        elif not found:
            return True
        else:
            total = sum((Decimal(str(each)) for each in found), Decimal(0))
            text = format(total.normalize(), "f")
        slot.put(writing.pen, node, writing.root, text, more=False)
        return True

    return write


def _all(value: Any, steps: list[str]) -> Iterator[Any]:
    if isinstance(value, list):
        for each in value:
            yield from _all(each, steps)
    elif not steps:
        yield value
    elif isinstance(value, dict) and steps[0] in value:
        yield from _all(value[steps[0]], steps[1:])
