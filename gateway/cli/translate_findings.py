"""Findings as lines for people: `order.edi: DTM 4/1/2: …`."""

from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.text import Text

from gateway.cli.translate_files import plain
from translators.findings import Finding, Place

_STYLES = {"error": "bold red", "warning": "yellow", "information": "dim"}


def show_findings(console: Console, path: Path, findings: Iterable[Finding]) -> None:
    """One line each, in the order they were told."""
    for finding in findings:
        line = Text()
        line.append(f"{path}: ", style="dim")
        where = place_words(finding.place)
        if where:
            line.append(f"{plain(where)}: ")
        line.append(f"{finding.severity}: ", style=_STYLES[finding.severity])
        line.append(plain(finding.text))
        code = finding.code + (f", {_coded(finding.syntax_code)}" if finding.syntax_code else "")
        line.append(f" ({code})", style="dim")
        console.print(line)


def _coded(syntax_code: str) -> str:
    """The code of an acknowledgement: of UN/EDIFACT by its list, of X12 with the element it stands in already."""
    return syntax_code if ":" in syntax_code else f"0085 code {syntax_code}"


def place_words(place: Place) -> str:
    """Where it is, in the words of its format."""
    if place.segment is not None and place.line is not None:
        return f"record {place.segment}, {place.line}:{place.column or 1}"
    if place.segment is not None:
        at = "/".join(str(each) for each in (place.segment_position, place.element, place.component) if each)
        message = f"message {place.message}, " if place.message else ""
        return f"{message}{place.segment} {at}".rstrip()
    if place.line is not None:
        return f"{place.line}:{place.column or 1}" + (f" {place.path}" if place.path else "")
    if place.path:
        return place.path
    return f"byte {place.offset}" if place.offset is not None else ""
