"""Writes the compact tables: one file per release, one for the service segments, one each for codes, names and
which release has which messages."""

import json
import zlib
from pathlib import Path
from typing import Any

from msgspec import structs

from translators.edifact.directories.codelists import Lists
from translators.edifact.directories.release import Names, Part, Release, Row
from translators.edifact.directories.repairs import RELEASES

HERE = Path(__file__).parent


def tables(
    releases: dict[str, Release], service: dict[str, Release], codes: Lists, names: Names
) -> dict[str, dict[str, Any]]:
    """File name -> what it holds."""
    found = {file_of(name): table_of(releases[name]) for name in RELEASES}
    found["service.json.z"] = {
        version: {**table_of(release), "codes": release.codes} for version, release in service.items()
    }
    found["index.json.z"] = {name: sorted(releases[name].messages) for name in RELEASES}
    found["codes.json.z"] = {"releases": list(RELEASES), "lists": codes}
    found["names.json.z"] = structs.asdict(names)
    return found


def file_of(release: str) -> str:
    """`d96a.json.z` for `D.96A`."""
    return release.replace(".", "").lower() + ".json.z"


def table_of(release: Release) -> dict[str, Any]:
    """Rows are [tag, M or C, repeats], groups [number, M or C, repeats, rows]; parts [id, M or C, repeats]."""
    return {
        "release": release.name,
        "elements": release.elements,
        "composites": {name: [_part(part) for part in parts] for name, parts in release.composites.items()},
        "segments": {tag: [_part(part) for part in parts] for tag, parts in release.segments.items()},
        "messages": {name: [_row(row) for row in rows] for name, rows in release.messages.items()},
    }


def encoded(table: dict[str, Any]) -> bytes:
    """The one form of a table: the same table gives the same bytes."""
    return json.dumps(table, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode()


def write(found: dict[str, dict[str, Any]], folder: Path = HERE) -> dict[str, int]:
    """File name -> bytes written."""
    sizes = {}
    for name, table in found.items():
        sizes[name] = (folder / name).write_bytes(zlib.compress(encoded(table), 9))
    return sizes


def _part(part: Part) -> list[Any]:
    return [part.id, "M" if part.mandatory else "C", part.repeats]


def _row(row: Row) -> list[Any]:
    status = "M" if row.mandatory else "C"
    if row.group:
        return [row.group, status, row.repeats, [_row(inner) for inner in row.rows]]
    return [row.tag, status, row.repeats]
