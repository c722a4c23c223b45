"""Derives a release's compact table from the UN's directory texts: `python build.py FOLDER D.96A`.

Only facts are taken: tags, order, status, repeats, representations and short names. FOLDER holds `EDSD.*` (segments),
`EDCD.*` (composites), `EDED.*` (elements) and the messages, as in `ORDERS_D.96A`. Writes `d96a.json.z` here.
"""

import json
import re
import sys
import zlib
from pathlib import Path
from typing import Any

_RULER = re.compile(r"\n[─-]{20,}\n")
_HEAD = re.compile(r"^\s*[+*#|X-]*\s*([A-Z]{3}|C\d{3}|\d{4})\s{2,}(\S.*?)\s*$", re.MULTILINE)
_PART = re.compile(
    r"^\s*(?:\d{3}\s+)?[+*#|X-]*\s*(C\d{3}|\d{4})\s+(\S.*?)\s+([MC])(?:\s+(\d+))?\s*(an?\.*\d+|n\.*\d+)?\s*$"
)
_ROW = re.compile(r"^(\d{4,5})\s*[+*#|X]?\s*(.*?)\s+([MC])\s+(\d+)\s*([─┐┘┴┤│|+\-]*)\s*$")
_GROUP = re.compile(r"Segment group\s+(\d+)")


def parts_of(block: str) -> list[list[Any]]:
    """The rows of a segment or composite: [id, status, repeats]. A name may wrap; the status then stands below."""
    found = []
    lines = block.splitlines()
    for index, line in enumerate(lines):
        if re.match(r"^\d{3}\s", line) is None:
            continue
        row = _PART.match(line) or _PART.match(line.rstrip() + " " + lines[index + 1].strip())
        if row is None:
            raise SystemExit(f"this row is not understood: {line}")
        found.append([row[1], row[3], int(row[4] or 1)])
    return found


def segments_of(text: str) -> dict[str, list[list[Any]]]:
    """Segment tag -> its elements; components below a composite are left to the composite directory."""
    tables = {}
    for block in _RULER.split(text)[1:]:
        head = _HEAD.search(block)
        if head is None or not re.fullmatch("[A-Z]{3}", head[1]):
            continue
        tables[head[1]] = parts_of(block)
    return tables


def composites_of(text: str) -> dict[str, list[list[Any]]]:
    """Composite -> its components."""
    tables = {}
    for block in _RULER.split(text)[1:]:
        head = _HEAD.search(block)
        if head is not None and head[1].startswith("C"):
            tables[head[1]] = parts_of(block)
    return tables


def elements_of(text: str) -> dict[str, list[str]]:
    """Element -> [representation, name]."""
    tables = {}
    for block in _RULER.split(text)[1:]:
        head, representation = _HEAD.search(block), re.search(r"Repr:\s+(a?n?\.*\d+)", block)
        if head is not None and representation is not None:
            tables[head[1]] = [representation[1], head[2]]
    return tables


def message_of(text: str) -> list[Any]:
    """The structure out of the last segment table: rows [tag, status, repeats], groups [n, status, repeats, rows]."""
    root: list[Any] = []
    stack = [root]
    for line in text[text.rindex("4.3.1") :].splitlines():
        row = _ROW.match(line)
        if row is None:
            continue
        group = _GROUP.search(row[2])
        frames = row[5]
        if group is not None:
            inner: list[Any] = []
            stack[-1].append([int(group[1]), row[3], int(row[4]), inner])
            stack.append(inner)
            continue
        stack[-1].append([row[2].split()[0], row[3], int(row[4])])
        for _ in range(frames.count("┘") + frames.count("┴")):
            stack.pop()
    if len(stack) != 1:
        raise SystemExit("the frames of the segment table do not close")
    return root


def table_of(folder: Path, release: str) -> dict[str, Any]:
    """Everything of one release."""
    suffix = release.partition(".")[2]

    def read(name: str) -> str:
        return (folder / name).read_text("utf-8")

    messages = {path.name[:6]: message_of(path.read_text("utf-8")) for path in sorted(folder.glob(f"*_{release}"))}
    return {
        "release": release,
        "elements": elements_of(read(f"EDED.{suffix}")),
        "composites": composites_of(read(f"EDCD.{suffix}")),
        "segments": segments_of(read(f"EDSD.{suffix}")),
        "messages": messages,
    }


def check(table: dict[str, Any]) -> None:
    """Every tag used is defined, every element has a representation, no segment is empty."""
    for tag, rows in {**table["segments"], **table["composites"]}.items():
        if not rows:
            raise SystemExit(f"{tag} has no parts")
        for part, _, _ in rows:
            if part not in table["composites"] and part not in table["elements"]:
                raise SystemExit(f"{tag} uses {part}, which is not defined")
    for name, rows in table["messages"].items():
        for tag in _tags(rows):
            if tag not in table["segments"] and tag not in ("UNH", "UNT", "UNS", "UGH", "UGS"):
                raise SystemExit(f"{name} uses {tag}, which is not defined")


def _tags(rows: list[Any]) -> list[str]:
    return [tag for row in rows for tag in (_tags(row[3]) if len(row) == 4 else [row[0]])]


def main() -> None:
    folder, release = Path(sys.argv[1]), sys.argv[2]
    table = table_of(folder, release)
    check(table)
    packed = zlib.compress(json.dumps(table, separators=(",", ":"), sort_keys=True).encode(), 9)
    target = Path(__file__).with_name(release.replace(".", "").lower() + ".json.z")
    target.write_bytes(packed)
    counts = {name: len(table[name]) for name in ("messages", "segments", "composites", "elements")}
    sys.stdout.write(f"{target.name}: {len(packed)} bytes, {counts}\n")


if __name__ == "__main__":
    main()
