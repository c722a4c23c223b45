"""Rows that write a value: offered what their `to` names, they put it where their paths lead, or say why not."""

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from translators.mapping.conversions import (
    written_date,
)
from translators.mapping.crossrefs import CrossReference
from translators.mapping.sources import Node, Slot
from translators.mapping.specs import Row
from translators.mapping.wrapping import pieces
from translators.mapping.writings import Action, Writing


def steps_to(to: str) -> tuple[str, ...]:
    """The names of a dotted field."""
    return tuple(to.split("."))


def value_at(data: dict[str, Any], steps: tuple[str, ...]) -> Any:
    """The value of a field, None where there is none."""
    value: Any = data
    for name in steps:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def constant(row: Row) -> Action:
    """A question: the object has the constant, or it does not belong here."""
    steps = steps_to(row.to)
    pointer_step = "/" + "/".join(steps)

    def ask(writing: Writing, _node: Node, data: dict[str, Any], pointer: str, _number: int) -> bool:
        if value_at(data, steps) != row.value:
            return False
        writing.note(pointer + pointer_step)
        return True

    return ask


def implied(row: Row) -> Action:
    """A constant that is read wherever something else stands: by then the object says it."""
    ask = constant(row)

    def take(writing: Writing, node: Node, data: dict[str, Any], pointer: str, number: int) -> bool:
        return ask(writing, node, data, pointer, number) or True

    return take


def ordinal(row: Row) -> Action:
    """The number of an object among its siblings, which its place says."""
    steps = steps_to(row.to)

    def ask(writing: Writing, _node: Node, data: dict[str, Any], pointer: str, number: int) -> bool:
        if value_at(data, steps) == str(number):
            writing.note(f"{pointer}/{'/'.join(steps)}")
        else:
            writing.reasons[f"{pointer}/{'/'.join(steps)}"] = "numbers follow the order there"
        return True

    return ask


def code_of(table: CrossReference, value: str, day: date | None) -> str:
    """The code to be written for a value. Raises ValueError where the table refuses others."""
    code = table.writing(day).get(value)
    if code is not None:
        return code
    if table.others == "refuse":
        raise ValueError(f"`{value[:40]}` has no code in the table `{table.name}`")
    return value


def text_row(row: Row, slots: tuple[Slot, ...], back: Callable[[str, date | None], str]) -> Action:
    """One text, into the first place that takes it."""
    steps = steps_to(row.to)
    step = "/" + "/".join(steps)

    def write(writing: Writing, node: Node, data: dict[str, Any], pointer: str, _number: int) -> bool:
        value = value_at(data, steps)
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


def texts_row(name: str, slots: tuple[Slot, ...], back: Callable[[str, date | None], str]) -> Action:
    """Every text of a list, one place after the other."""
    steps = steps_to(name)

    def write(writing: Writing, node: Node, data: dict[str, Any], pointer: str, _number: int) -> bool:
        for slot in slots:
            for index, value in enumerate(value_at(data, steps) or ()):
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
    return {role: str(value) for steps, role in roles if (value := value_at(data, steps)) is not None}


def date_row(
    roles: tuple[tuple[tuple[str, ...], str], ...], slot: Slot, shape: Slot, formats: tuple[str, ...]
) -> Action:
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


def together(
    roles: tuple[tuple[tuple[str, ...], str], ...], slot: Slot, say: Callable[[list[tuple[str, str]]], str]
) -> Action:
    """Several fields in one text: a note and its subject, the parts of a moment."""

    def write(writing: Writing, node: Node, data: dict[str, Any], pointer: str, _number: int) -> bool:
        said = [(role, str(value)) for steps, role in roles if (value := value_at(data, steps)) is not None]
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
        if value_at(data, steps) is not None:
            at = f"{pointer}/{'/'.join(steps)}"
            if reason is None:
                writing.took(at)
            else:
                writing.reasons[at] = reason


def total(row: Row, slot: Slot) -> Action:
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
