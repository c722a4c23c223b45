"""Findings of a VDA input: record type, number of the record, and the columns a field stands in."""

from typing import Literal

from translators.findings import Finding, Place

Severity = Literal["error", "warning", "information"]


class Faults:
    """Gathers findings up to a limit, of errors up to twice as many; knows which transmission is read."""

    def __init__(self, limit: int = 500) -> None:
        self.limit = limit
        self.findings: list[Finding] = []
        self.errors = 0
        self.transmission: str | None = None

    def tell(
        self,
        code: str,
        text: str,
        *,
        tag: str | None = None,
        line: int = 0,
        column: int = 0,
        element: int = 0,
        severity: Severity = "error",
        act: Literal["sender", "operator"] = "sender",
    ) -> None:
        """One finding; `line` and `column` count from 1, 0 is none."""
        place = Place(
            line=line or None,
            column=column or None,
            interchange=self.transmission,
            segment=tag,
            segment_position=line or None,
            element=element or None,
        )
        self.errors += severity == "error"
        if len(self.findings) < self.limit * (2 if severity == "error" else 1):
            shown = "".join(each if each.isprintable() else "·" for each in text)
            self.findings.append(Finding(code, shown, place, severity, act))
