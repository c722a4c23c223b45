"""Reads the UN's own directory texts: messages, segments, composites, elements, codes.

Only facts are taken: tags, order, status, repeats, representations, codes and short names. The layout changed over
the years: frames are drawn with box characters or with `-+|`, positions have four or five digits, a repeat count
stands in segments from D.01B on, and a long name wraps to a second line that then carries the status.
"""

import re
from pathlib import Path

from translators.edifact.directories.release import Names, Part, Release, Row

_RULER = re.compile(r"\n[─-]{20,}\n")
_HEAD = re.compile(r"^\s*[+*#|X-]*\s*([A-Z]{3}|C\d{3}|\d{4})\s{1,}(\S.*?)(?:[ ]+\[[BIC]\])?[ ]*$", re.MULTILINE)
_PART = re.compile(
    r"^\s*(?:\d{3}\s+)?[+*#|X-]*\s*(C\d{3}|\d{4})\s+(\S.*?)\s+([MC])(?:\s+(\d+))?\s*(an?\.*\d+|n\.*\d+)?\s*$"
)
_POSITION = re.compile(r"^(\d{4,5})\s*[+*#|X]{0,2}\s+([A-Z]{3}\s.*|[─-]+ Segment group.*)$")
_STATUS = re.compile(r"^(.*?)\s([MC])\s+(\d+)\s*([─┐┘┴┤│|+\-]*)\s*$")
_FRAME_END = re.compile(r"[\s│|+\-┐┘┴┤─]+$")
_GROUP = re.compile(r"Segment group\s+(\d+)")
_CODES_RIGHT = re.compile(r"^[+*#|X ]{3} {0,6}(\S+)\s+(\S.*)$")
_CODES_LEFT = re.compile(r"^[+*#|X ]{5}(\S+)\s+(\S.*)$")
_USAGE = re.compile(r"\[[BIC]\]")
_REPRESENTATION = re.compile(r"Repr:\s+(an?|n)(\.\.)?(\d+)")


def read_texts(folder: Path, suffix: str) -> Release:
    """One release out of `EDSD.96A`, `EDCD.96A`, `EDED.96A` and the messages, as in `ORDERS_D.96A`."""

    def text(name: str) -> str:
        return (folder / f"{name}.{suffix}").read_text("utf-8")

    names = Names()
    release = Release(f"D.{suffix}", names=names)
    for path in sorted(folder.glob(f"*_D.{suffix}")):
        content = path.read_text("utf-8")
        message = path.name[:6]
        release.messages[message] = message_of(content)
        names.messages[message] = _title_of(content)
    release.segments, names.segments = _tables(text("EDSD"), "[A-Z]{3}")
    release.composites, names.composites = _tables(text("EDCD"), r"C\d{3}")
    release.elements, names.elements = _elements(text("EDED"))
    if (folder / f"UNCL.{suffix}").is_file():
        release.codes = codes_of(text("UNCL"))
    return release


def message_of(text: str) -> list[Row]:
    """The structure out of the last segment table; a group ends where its bracket closes."""
    root: list[Row] = []
    stack = [root]
    for tag, group, status, repeats, closing in _rows(text[text.rindex("4.3.1") :]):
        row = Row(tag, status == "M", repeats, group)
        stack[-1].append(row)
        if group:
            stack.append(row.rows)
        for _ in range(closing):
            stack.pop()
    if len(stack) != 1:
        raise SystemExit("the frames of the segment table do not close")
    return root


def _rows(text: str) -> list[tuple[str, int, str, int, int]]:
    """(tag, number of the group or 0, status, repeats, how many brackets close) of every row of the table."""
    found = []
    lines = text.splitlines()
    for index, line in enumerate(lines):
        start = _POSITION.match(line)
        if start is None:
            continue
        rest = start[2]
        status = _STATUS.match(rest)
        wrapped = lines[index + 1] if index + 1 < len(lines) else ""
        if status is None and not _POSITION.match(wrapped):
            status = _STATUS.match(f"{_FRAME_END.sub('', rest)} {wrapped.strip()}")
        if status is None:
            raise SystemExit(f"this row of a segment table is not understood: {line}")
        group = _GROUP.search(status[1])
        number = int(group[1]) if group else 0
        closing = 0 if number else _brackets_closed(status[4])
        found.append(("" if number else rest[:3], number, status[2], int(status[3]), closing))
    return found


def _brackets_closed(frame: str) -> int:
    """`┘` and `┴` close a bracket each; in plain characters `+` does, on the row of a segment."""
    return frame.count("┘") + frame.count("┴") + frame.count("+")


def _title_of(text: str) -> str:
    """The name of a message: the line above its identification, without the word `message`."""
    head = text[: text.index("Message Type")].splitlines()
    title = [line.strip() for line in head if line.strip() and not re.match(r"\s*-{20}", line)]
    words = next(line for line in reversed(title) if line.endswith("message"))
    return words.removesuffix(" message")


def _tables(text: str, pattern: str) -> tuple[dict[str, list[Part]], dict[str, str]]:
    """Segment tag or composite -> its parts, and -> its name; components below a composite are left to EDCD."""
    tables: dict[str, list[Part]] = {}
    names: dict[str, str] = {}
    for block in _RULER.split(text)[1:]:
        head = _HEAD.search(block)
        if head is not None and re.fullmatch(pattern, head[1]):
            tables[head[1]] = _parts_of(block)
            names[head[1]] = head[2].capitalize()
    return tables, names


def _parts_of(block: str) -> list[Part]:
    found = []
    lines = block.splitlines()
    for index, line in enumerate(lines):
        if re.match(r"^\d{3}\s", line) is None:
            continue
        row = _PART.match(line) or _PART.match(line.rstrip() + " " + lines[index + 1].strip())
        if row is None:
            raise SystemExit(f"this row of a segment or composite is not understood: {line}")
        found.append(Part(row[1], row[3] == "M", int(row[4] or 1)))
    return found


def _elements(text: str) -> tuple[dict[str, str], dict[str, str]]:
    """Element -> representation, and -> its name, which may wrap to a second line."""
    tables: dict[str, str] = {}
    names: dict[str, str] = {}
    for block in _RULER.split(text)[1:]:
        head, representation = _HEAD.search(block), _REPRESENTATION.search(block)
        if head is None or representation is None:
            continue
        tables[head[1]] = representation[1] + (representation[2] or "") + representation[3]
        wrapped = _USAGE.sub("", block[head.end() :].split("\n\n", 1)[0])
        names[head[1]] = " ".join(f"{head[2]} {wrapped}".split())
    return tables, names


def codes_of(text: str) -> dict[str, dict[str, str]]:
    """Element -> code -> short name, of UNCL or UNSL. Up to 97A codes are set flush right before column 10."""
    pattern, title_column = (_CODES_RIGHT, 10) if "─" in text else (_CODES_LEFT, 11)
    lists: dict[str, dict[str, str]] = {}
    for block in _RULER.split(text)[1:]:
        head, representation = _HEAD.search(block), _REPRESENTATION.search(block)
        if head is None or representation is None:
            continue
        codes: dict[str, str] = {}
        code = ""
        for line in block[representation.end() :].splitlines():
            row = pattern.match(line)
            if row is not None:
                code = row[1]
                codes[code] = row[2].strip()
            elif code and re.match(rf" {{{title_column}}}\S", line):
                codes[code] += " " + line.strip()
        if codes:
            lists[head[1]] = codes
    return lists
