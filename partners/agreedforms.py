"""The map by which a partner's documents are read, and the guideline they keep to, made ready once with the profile."""

from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from partners.agreements import Agreement, own_file
from partners.filed import Filed
from partners.profile import Partner
from translators.edifact.guidelines import Guideline, guideline, shipped_guideline
from translators.fileproblems import FileProblem, FileProblems
from translators.mapping.acceptance import compiled
from translators.mapping.files import shipped
from translators.mapping.running import Map


class Forms(Struct, frozen=True):
    """`map` reads what they send and is None where the shipped one does."""

    map: Map | None = None
    guideline: Guideline | None = None


NO_FORMS = Forms()


def read_forms(one: Filed[Partner], folder: Path, problems: list[FileProblem]) -> dict[str, Forms]:
    """By the names of agreements. `folder` is the one with `profiles/`; a map or guideline that is not there has been
    told already."""
    found: dict[str, Forms] = {}
    for number, agreement in enumerate(one.profile.agreements):
        path = f"agreements[{number}]"
        try:
            forms = Forms(_map(agreement, folder), _guideline(agreement, folder))
        except FileProblems as mistakes:
            problems += mistakes.problems
            continue
        problems += _unfit(one, path, agreement, forms)
        if forms != NO_FORMS:
            found[agreement.name] = forms
    return found


def _map(agreement: Agreement, folder: Path) -> Map | None:
    if agreement.map is None or agreement.direction == "out":
        return None
    path = own_file(folder / "maps", agreement.map) or shipped(agreement.map.removesuffix(".yaml"))
    return compiled(path) if path.is_file() else None


def _guideline(agreement: Agreement, folder: Path) -> Guideline | None:
    if agreement.guideline is None:
        return None
    path = own_file(folder / "guidelines", agreement.guideline)
    if path is not None:
        return guideline(path)
    try:
        return shipped_guideline(agreement.guideline.removesuffix(".yaml"))
    except FileProblems:
        return None


def _unfit(one: Filed[Partner], path: str, agreement: Agreement, forms: Forms) -> Iterator[FileProblem]:
    if forms.map is not None:
        document = forms.map.spec.document.partition("/")[0]
        if document != agreement.document:
            text = f"`{agreement.map}` reads `{document}`, and this agreement is about `{agreement.document}`"
            yield one.problem(f"{path}.map", text)
    kind = (agreement.format or "edifact").partition(":")[0].lower()
    if forms.guideline is not None and kind != "edifact":
        yield one.problem(f"{path}.guideline", f"a guideline is for EDIFACT, not for `{agreement.format}`")
