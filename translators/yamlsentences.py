"""From msgspec's words about a value to a sentence for the person who wrote it."""

import re
from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from typing import Any

import msgspec
from msgspec import Struct, inspect

_PLACED = re.compile(r"(?P<text>.*?)(?: - at `(?P<path>\$.*)`| - at `key` in `(?P<holder>\$.*)`)?", re.DOTALL)
_STEP = re.compile(r"\.(?P<name>[^.\[]+)|\[(?P<index>\d+)\]|\[(?P<any>\.\.\.)\]")
_WORDS = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "`true` or `false`",
    "array": "a list",
    "object": "keys with values",
}


class Complaint(Struct):
    """What is wrong at `path`; `at_key` when it is the key and not its value.

    For an unknown key `holder` is the mapping it stands in and `meant` the known key it resembles.
    """

    path: str
    text: str
    at_key: bool = False
    holder: dict[str, Any] | None = None
    unknown_key: str | None = None
    meant: str | None = None


def complain(message: str, data: Any, try_again: Callable[[Any], Any], type: type[Any]) -> Complaint:  # noqa: A002
    """`message` is that of the ValidationError which `try_again(data)` raises for `type`."""
    match = _PLACED.fullmatch(message)
    assert match is not None
    path = match["path"] or match["holder"] or "$"
    path = _pin_down(path, message, data, try_again)
    value, known, hint = _follow(path, data, inspect.type_info(type))
    text = match["text"]
    if unknown := re.fullmatch(r"Object contains unknown field `(.*)`", text, re.DOTALL):
        return _unknown_key(path, value, unknown[1], known)
    if missing := re.fullmatch(r"Object missing required field `(.*)`", text):
        return Complaint(path, f"`{missing[1]}` is required")
    if text.startswith("Expected `str` matching regex"):
        pattern = text.split("regex ", 1)[1].strip("'\"")
        return Complaint(path, f"`{value}` is not allowed here; {hint or f'it must match `{pattern}`'}")
    return Complaint(path, _sentence(text, value, known))


def _unknown_key(path: str, holder: Any, key: str, known: list[inspect.Type]) -> Complaint:
    names = [field.encode_name for one in known if isinstance(one, inspect.StructType) for field in one.fields]
    meant = nearest(key, names)
    text = f"unknown key `{key}`; {suggest(key, names)}"
    return Complaint(f"{path}.{key}", text, at_key=True, holder=holder, unknown_key=key, meant=meant)


def _sentence(text: str, value: Any, known: list[inspect.Type]) -> str:
    if text == "Invalid RFC3339 encoded date":
        return "no calendar has this day; write it as in `2027-03-01`"
    if text.startswith(("Invalid enum value", "Invalid value")):
        return f"`{value}` is not known here; {suggest(str(value), _choices(known))}"
    if expected := re.fullmatch(r"Expected `(.*?)`, got `(.*?)`", text):
        return _mismatch(expected[1], value, known)
    if bound := re.fullmatch(r"Expected `int` (>=|<=|>|<) (-?\d+)", text):
        word = {">=": "at least", "<=": "at most", ">": "more than", "<": "less than"}[bound[1]]
        return f"`{value}` is out of range; it must be {word} {bound[2]}"
    if length := re.fullmatch(r"Expected `(?:str|array|object)` of length (>=|<=) (\d+)", text):
        return _wrong_length(length[1], int(length[2]), value)
    return text


def _mismatch(expected: str, value: Any, known: list[inspect.Type]) -> str:
    wanted = [_WORDS.get(word, word) for word in expected.split(" | ") if word != "null"]
    if isinstance(value, str) and "text" not in wanted:
        found = f"`{value}`"
    elif isinstance(value, bool):
        found = "`true`" if value else "`false`"
    elif isinstance(value, int):
        found = f"the number `{value}`"
    else:
        found = "a list" if isinstance(value, list) else "keys with values" if isinstance(value, dict) else f"`{value}`"
    advice = "; put it in quotes" if wanted == ["text"] and isinstance(value, bool | int) else ""
    choices = _choices(known)
    if choices and wanted == ["text"]:
        advice = f"; use {enumerate_words(choices)}"
    return f"expected {' or '.join(wanted)}, found {found}{advice}"


def _wrong_length(comparison: str, bound: int, value: Any) -> str:
    if comparison == ">=" and not value:
        return "it must not be empty"
    what = "characters" if isinstance(value, str) else "entries"
    return f"it has {len(value)} {what}; {'at least' if comparison == '>=' else 'at most'} {bound} are allowed"


def _choices(known: Iterable[inspect.Type]) -> list[str]:
    words: list[str] = []
    for one in known:
        if isinstance(one, inspect.LiteralType):
            words += [str(value) for value in one.values]
        elif isinstance(one, inspect.StructType) and one.tag is not None:
            words.append(str(one.tag))
    return words


def nearest(word: str, words: Iterable[str]) -> str | None:
    """The known word that `word` was probably meant to be."""
    found = get_close_matches(word, list(words), n=1, cutoff=0.6)
    return found[0] if found else None


def suggest(word: str, words: Iterable[str]) -> str:
    """`did you mean ...?` when something is near, else what there is."""
    words = list(words)
    meant = nearest(word, words)
    if meant is not None:
        return f"did you mean `{meant}`?"
    return f"use {enumerate_words(words)}" if words else "nothing is allowed here"


def enumerate_words(words: Iterable[str]) -> str:
    """`a`, `b` or `c`."""
    quoted = [f"`{word}`" for word in words]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"


def _follow(path: str, data: Any, known: inspect.Type) -> tuple[Any, list[inspect.Type], str | None]:
    """The value at `path`, the types it may have there, and what their author advises (the description in Meta)."""
    below: list[inspect.Type] = [known]
    types = _flat(below, data)
    for step in _STEP.finditer(path):
        name, index = step["name"], step["index"]
        below = []
        for one in types:
            if isinstance(one, inspect.StructType):
                # The tag is no field of the struct: its choices are the structs themselves.
                below += [one] if name == one.tag_field else [f.type for f in one.fields if f.encode_name == name]
            elif isinstance(one, inspect.DictType):
                below.append(one.value_type)
            elif isinstance(one, inspect.CollectionType):
                below.append(one.item_type)
        data = data[name] if name is not None else data[int(index)]
        types = _flat(below, data)
    return data, types, next(_advice(below), None)


def _advice(types: Iterable[inspect.Type]) -> Iterator[str]:
    for one in types:
        if isinstance(one, inspect.Metadata) and one.extra_json_schema and "description" in one.extra_json_schema:
            yield str(one.extra_json_schema["description"])
        if isinstance(one, inspect.UnionType):
            yield from _advice(one.types)


def _flat(types: Iterable[inspect.Type], data: Any) -> list[inspect.Type]:
    """Unions opened, wrappers removed; of tagged structs only the one the data names, if it names one."""
    flat: list[inspect.Type] = []
    for one in types:
        if isinstance(one, inspect.Metadata):
            flat += _flat([one.type], data)
        elif isinstance(one, inspect.UnionType):
            flat += _flat(one.types, data)
        else:
            flat.append(one)
    named = [one for one in flat if _is_named(one, data)]
    return named or flat


def _is_named(one: inspect.Type, data: Any) -> bool:
    if not isinstance(one, inspect.StructType) or one.tag_field is None or not isinstance(data, dict):
        return False
    return bool(data.get(one.tag_field) == one.tag)


def _pin_down(path: str, message: str, data: Any, try_again: Callable[[Any], Any]) -> str:
    """msgspec writes `[...]` for the key of a mapping: finds which key, by trying each alone."""
    while (gap := path.find("[...]")) >= 0:
        before = path[:gap]
        holder, _, _ = _follow(before, data, inspect.type_info(object))
        whole = dict(holder)
        try:
            key = next(key for key in whole if _fails_alone(holder, whole, key, message, data, try_again))
        finally:
            holder.clear()
            holder.update(whole)
        path = f"{before}.{key}{path[gap + 5 :]}"
    return path


def _fails_alone(
    holder: dict[str, Any], whole: dict[str, Any], key: str, message: str, data: Any, try_again: Callable[[Any], Any]
) -> bool:
    holder.clear()
    holder[key] = whole[key]
    try:
        try_again(data)
    except msgspec.ValidationError as error:
        return str(error) == message
    return False
