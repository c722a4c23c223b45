"""Conditions, for the few rules that a table cannot say: `when: lines > 500 && !("bulk" in roles)`.

The language is CEL (https://cel.dev). What a condition may name are the facts of facts.py, typed: a misspelt name, a
comparison of text with a number, or a result that is not true or false is a problem of the file, told when it is
loaded. An evaluation cannot run away: the engine stops after ten thousand steps of `all` and `exists`, patterns
are matched in linear time, and the macros that build lists are not taken.
"""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from operator import attrgetter
from types import NoneType
from typing import Any, cast, get_args, get_type_hints

from cel_expr_python import cel
from msgspec import Struct

from policies.facts import DocumentFacts, RequestFacts
from translators.yamlsentences import suggest

LONGEST = 1_000
"""Characters of a condition: whoever needs more needs several rules."""

Facts = RequestFacts | DocumentFacts
_Reader = Callable[[Any], Any]

_TYPES: dict[Any, Any] = {
    str: cel.Type.STRING,
    bool: cel.Type.BOOL,
    int: cel.Type.INT,
    datetime: cel.Type.TIMESTAMP,
    frozenset[str]: cel.Type.List(cel.Type.STRING),
}
_NAME = re.compile(r"[A-Za-z_]\w*")
_TEXT = re.compile(r"""[bBrR]*("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')""")
_REPORT = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*)")
_BUILDING = re.compile(r"\.\s*(map|filter)\s*\(")
_ZONE = re.compile(r"\.\s*get\w+\(\s*(['\"])(.*?)\1\s*\)")
_PATTERN = re.compile(r"\.\s*matches\(\s*([rR]?(?:\"[^\"]*\"|'[^']*'))\s*\)")


class Mistake(Struct, frozen=True):
    """What is wrong with a condition, `offset` characters from its beginning."""

    offset: int
    text: str


class MistakenCondition(Exception):  # noqa: N818 - a refusal of input, not a defect
    """A condition that cannot be taken; `mistakes` holds at least one."""

    def __init__(self, mistakes: tuple[Mistake, ...]) -> None:
        super().__init__("; ".join(one.text for one in mistakes))
        self.mistakes = mistakes


class Condition:
    """A condition made ready. Judging it takes some microseconds and has no effect."""

    __slots__ = ("_expression", "_readers", "text")

    def __init__(self, text: str, expression: cel.Expression, readers: dict[str, _Reader]) -> None:
        self.text = text
        self._expression = expression
        self._readers = tuple(readers.items())

    def never_holds(self) -> bool:
        """Whether it is false and looks at no fact that could make it true."""
        return not self._readers and self._expression.eval(data={}).value() is False

    def judge(self, facts: Facts) -> bool | None:
        """None when it cannot be judged (a division by zero, an entry that is not there).

        The engine answers an error with a text, which Python takes for true: only `True` itself is true.
        """
        try:
            value = self._expression.eval(data={name: read(facts) for name, read in self._readers}).value()
        except Exception:  # noqa: BLE001 - whatever the engine raises, the condition has not been judged
            return None
        return value if value is True or value is False else None


def compile_condition(text: str, *, early: bool) -> Condition:
    """`early`: judged before the document is read. Raises MistakenCondition."""
    variables = _variables(_stage(early=early))
    if len(text) > LONGEST:
        raise MistakenCondition((Mistake(0, f"a condition has at most {LONGEST} characters; write several rules"),))
    mistakes = tuple(_forbidden(text))
    if mistakes:
        raise MistakenCondition(mistakes)
    try:
        expression = _environment(early=early).compile(text)
    except RuntimeError as error:
        raise MistakenCondition(tuple(_reported(str(error), text, early=early))) from None
    if expression.return_type() != cel.Type.BOOL:
        kind = expression.return_type().name().lower()
        raise MistakenCondition((Mistake(0, f"a condition must be true or false; this one gives `{kind}`"),))
    named = set(_NAME.findall(_without_texts(text)))
    return Condition(text, expression, {name: read for name, (_, read) in variables.items() if name in named})


def _stage(*, early: bool) -> type[Struct]:
    return RequestFacts if early else DocumentFacts


@cache
def _environment(*, early: bool) -> cel.Env:
    variables = _variables(_stage(early=early))
    return cel.NewEnv(variables={name: kind for name, (kind, _) in variables.items()})


@cache
def _variables(facts: type[Struct]) -> dict[str, tuple[Any, _Reader]]:
    """By name: its type and how it is read from the facts. What is not known is an empty text."""
    found: dict[str, tuple[Any, _Reader]] = {}
    for name, hint in get_type_hints(facts).items():
        if hint is RequestFacts:
            for inner, (kind, read) in _variables(RequestFacts).items():
                found[inner] = (kind, _through(attrgetter(name), read))
            continue
        choices = get_args(hint) if hint not in _TYPES else (hint,)
        plain = str if any(isinstance(one, str) for one in choices) else next(t for t in choices if t is not NoneType)
        found[name] = (_TYPES[plain], _reader(name, plain, optional=NoneType in choices))
    return found


def _reader(name: str, plain: Any, *, optional: bool) -> _Reader:
    get = attrgetter(name)
    if plain == frozenset[str]:
        return lambda facts: sorted(get(facts))
    return (lambda facts: get(facts) or "") if optional else get


def _through(outer: _Reader, inner: _Reader) -> _Reader:
    return lambda facts: inner(outer(facts))


# ---- mistakes, as sentences ----------------------------------------------------------------------------------------


def _without_texts(text: str) -> str:
    """The condition with what stands in quotes blanked out, place for place."""
    return _TEXT.sub(lambda match: " " * len(match[0]), text)


def _forbidden(text: str) -> Iterator[Mistake]:
    """What the engine would take, or find out only when a document has come."""
    for found in _BUILDING.finditer(_without_texts(text)):
        yield Mistake(found.start(1), f"`{found[1]}` builds lists of any size; use `exists` or `all`")
    for found in _ZONE.finditer(text):
        if not isinstance(_constant(f'timestamp("2026-01-01T00:00:00Z").getHours("{found[2]}")'), int):
            yield Mistake(found.start(1), f"there is no time zone `{found[2]}`; write one like `Europe/Berlin`")
    for found in _PATTERN.finditer(text):
        value = _constant(f'"".matches({found[1]})')
        if not isinstance(value, bool):
            reason = str(value).partition("invalid regular expression: ")[2].partition(":")[0]
            yield Mistake(found.start(1), f"{found[1]} is no pattern: {reason or 'it cannot be read'}")


def _constant(text: str) -> object:
    """What the engine makes of an expression without facts: its value, or its words about what is wrong."""
    try:
        return cast(object, _bare().compile(text).eval().value())
    except RuntimeError as error:
        return str(error)


@cache
def _bare() -> cel.Env:
    return cel.NewEnv()


def _reported(report: str, text: str, *, early: bool) -> Iterator[Mistake]:
    """The engine's own words, made sentences; after a mistake in the syntax the others follow from it."""
    lines = text.split("\n")
    for found in _REPORT.finditer(report):
        line, column, words = int(found[1]), int(found[2]), found[3].removesuffix(" [INVALID_ARGUMENT]")
        offset = sum(len(one) + 1 for one in lines[: line - 1]) + column - 1
        if words.startswith("Syntax error"):
            yield Mistake(min(offset, len(text)), _syntax_error(words))
            return
        yield Mistake(offset, _sentence(words, early=early))


def _syntax_error(words: str) -> str:
    if "'<EOF>'" in words:
        return "the condition ends too early"
    found = re.search(r"(?:input|at:?) '(.*?)'", words)
    return f"`{found[1].strip()}` is not understood here" if found else words.lower()


def _sentence(words: str, *, early: bool) -> str:
    if found := re.match(r"undeclared reference to '(\w*)", words):
        name = found[1]
        if early and name in _variables(DocumentFacts):
            return f"`{name}` is not known before the document is read"
        return f"there is no fact or function `{name}`; {suggest(name, _variables(_stage(early=early)))}"
    if found := re.match(r"found no matching overload for '(.*?)' applied to '(.*?)'", words):
        return f"`{found[1].strip('_@').replace('_', '')}` does not go with {found[2]}"
    return words
