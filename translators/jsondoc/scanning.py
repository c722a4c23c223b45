"""Walks JSON text lexeme by lexeme to say where a mistake is: the slow, exact reader behind the fast one.

Grammar of RFC 8259; in addition a name may not occur twice in one object and surrogates must come in pairs, because
receivers disagree about both (RFC 7493, I-JSON). The walk keeps its own stack, so nesting cannot exhaust ours.
"""

import re
from collections.abc import Iterator

from msgspec import Struct

_TOKEN = re.compile(
    r'[ \t\r\n]*+(?:(?P<text>"[^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+)*+")'
    r"|(?P<mark>[{}\[\],:])"
    r"|(?P<number>-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?)"
    r"|(?P<word>true|false|null)|(?P<end>\Z))"
)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_SHORT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
MAX_TOKENS = 400_000
"""Where a walk gives up looking for places: a hostile document must not buy seconds of exactness."""


class Mistake(Struct, frozen=True):
    """Something wrong at `offset` (in characters) of the text; `pointer` is the JSON pointer around it."""

    code: str
    text: str
    offset: int
    pointer: str


class _Level(Struct):
    is_object: bool
    names: set[str]
    step: str = ""
    index: int = -1


class Walk:
    """One walk over `text`. `mistakes` is complete after `run()`; `offsets` holds where the `wanted` pointers lie."""

    def __init__(self, text: str, max_depth: int, wanted: frozenset[str] = frozenset()) -> None:
        self.text = text
        self.max_depth = max_depth
        self.wanted = wanted
        self.mistakes: list[Mistake] = []
        self.offsets: dict[str, int] = {}
        self._levels: list[_Level] = []
        self._at = 0

    def run(self) -> "Walk":
        """Walk to the end or the first mistake in the grammar."""
        try:
            self._walk()
        except _Broken as broken:
            self.mistakes.append(broken.mistake)
        return self

    def _walk(self) -> None:
        tokens = self._tokens()
        state = "value"
        for kind, lexeme, offset in tokens:
            if kind == "end":
                if state != "done":
                    raise self._broken("the text ends before the document does", offset, "json.truncated")
                return
            if state == "done":
                raise self._broken("something follows after the document", offset)
            state = self._step(state, kind, lexeme, offset)

    def _tokens(self) -> Iterator[tuple[str, str, int]]:
        match = _TOKEN.match
        for _ in range(MAX_TOKENS):
            found = match(self.text, self._at)
            if found is None:
                offset = self._after_blanks()
                raise self._broken(self._why_no_token(offset), offset)
            kind = found.lastgroup or "end"
            self._at = found.end()
            yield kind, found[kind], found.start(kind)
            if kind == "end":
                return

    def _step(self, state: str, kind: str, lexeme: str, offset: int) -> str:
        level = self._levels[-1] if self._levels else None
        if state in ("name", "name or end"):
            if kind == "text" and level is not None:
                self._enter_name(level, lexeme, offset)
                return "colon"
            if lexeme == "}" and state == "name or end":
                return self._leave()
            raise self._broken("a field name in quotes is expected", offset)
        if state == "colon":
            if lexeme != ":":
                raise self._broken("a colon is expected after a field name", offset)
            return "value"
        if state == "comma or end" and level is not None:
            return self._after_value(level, lexeme, offset)
        if state == "value or end" and lexeme == "]":
            return self._leave()
        return self._value(level, kind, lexeme, offset)

    def _value(self, level: _Level | None, kind: str, lexeme: str, offset: int) -> str:
        if level is not None and not level.is_object:
            level.index += 1
            level.step = str(level.index)
        if self.wanted and (pointer := self._pointer()) in self.wanted:
            self.offsets[pointer] = offset
        if lexeme in ("{", "[") and kind == "mark":
            if len(self._levels) >= self.max_depth:
                raise self._broken(f"nested deeper than {self.max_depth} levels", offset, "json.depth")
            self._levels.append(_Level(lexeme == "{", set()))
            return "name or end" if lexeme == "{" else "value or end"
        if kind == "mark":
            raise self._broken(f"a value is expected, not `{lexeme}`", offset)
        if kind == "text":
            self._check_surrogates(lexeme, offset)
        return "comma or end" if self._levels else "done"

    def _after_value(self, level: _Level, lexeme: str, offset: int) -> str:
        if lexeme == ",":
            return "name" if level.is_object else "value"
        if lexeme == ("}" if level.is_object else "]"):
            return self._leave()
        raise self._broken(
            "a comma or the end of the " + ("object" if level.is_object else "list") + " is expected", offset
        )

    def _leave(self) -> str:
        self._levels.pop()
        return "comma or end" if self._levels else "done"

    def _enter_name(self, level: _Level, lexeme: str, offset: int) -> None:
        name = _unescaped(lexeme[1:-1])
        self._check_surrogates(lexeme, offset)
        level.step = name
        if name in level.names:
            text = f"the field `{_short(name)}` occurs twice"
            self.mistakes.append(Mistake("json.duplicate", text, offset, self._pointer()))
        level.names.add(name)

    def _check_surrogates(self, lexeme: str, offset: int) -> None:
        if "\\u" in lexeme and (lone := _lone_surrogate(lexeme)) is not None:
            text = "half of a surrogate pair is not a character"
            self.mistakes.append(Mistake("json.character", text, offset + lone, self._pointer()))

    def _pointer(self) -> str:
        return "".join("/" + level.step.replace("~", "~0").replace("/", "~1") for level in self._levels)

    def _after_blanks(self) -> int:
        return len(self.text) - len(self.text[self._at :].lstrip(" \t\r\n"))

    def _why_no_token(self, offset: int) -> str:
        start = self.text[offset]
        if start == '"':
            return "a text is not closed, or holds a control character or an unknown escape"
        word = re.match(r"[-+]?[A-Za-z]+|[-+.0-9a-zA-Z]+", self.text[offset : offset + 40])
        return f"`{word[0] if word else start}` is not JSON"

    def _broken(self, text: str, offset: int, code: str = "json.syntax") -> "_Broken":
        return _Broken(Mistake(code, text, offset, self._pointer()))


class _Broken(Exception):  # noqa: N818 - carries the first mistake in the grammar up to `run`
    def __init__(self, mistake: Mistake) -> None:
        super().__init__(mistake.text)
        self.mistake = mistake


def _lone_surrogate(lexeme: str) -> int | None:
    """Where in `lexeme` half of a surrogate pair stands, if anywhere."""
    open_high: int | None = None
    for escape in _ESCAPE.finditer(lexeme):
        code = int(escape[1], 16) if escape[1] else 0
        is_low = 0xDC00 <= code <= 0xDFFF
        if open_high is not None and not (is_low and escape.start() == open_high + 6):
            return open_high
        if is_low and open_high is None:
            return escape.start()
        open_high = escape.start() if 0xD800 <= code <= 0xDBFF else None
    return open_high


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    plain = _ESCAPE.sub(lambda m: chr(int(m[1], 16)) if m[1] else _SHORT.get(m[2], m[2]), text)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:40] + "…"
