"""What is said of an input while it is read, and whether it is read on."""

from translators.edifact.faults import Severity
from translators.findings import Finding, Place


class InputNotes:
    """The findings about one input. `most`: so many are kept."""

    def __init__(self, most: int) -> None:
        self.findings: list[Finding] = []
        self.dead = False
        """Nothing more is read: the input is not EDIFACT, or broke a limit."""
        self._base = 0
        """Bytes that are read."""
        self._most = most
        self._told: set[str] = set()
        self._foreign_told = False
        """That text after the last interchange was skipped."""

    def _stop(self, code: str, text: str, syntax_code: str) -> bool:
        self._tell(code, text, self._base, syntax_code)
        self.dead = True
        return False

    def _tell_once(self, code: str, text: str, syntax_code: str | None) -> None:
        if code not in self._told and not self._foreign_told:
            self._told.add(code)
            self._tell(code, text, self._base, syntax_code, "information")

    def _tell(
        self, code: str, text: str, offset: int, syntax_code: str | None, severity: Severity = "error",
        *, component: int = 0,
    ) -> None:  # fmt: skip
        """`component` is that of the syntax identifier (UNB S001) in error, if it is one."""
        if len(self.findings) < self._most:
            place = Place(offset=offset, segment="UNB", element=1, component=component)
            place = place if component else Place(offset=offset)
            self.findings.append(Finding(code, text, place, severity, syntax_code=syntax_code))
