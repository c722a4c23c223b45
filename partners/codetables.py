"""A partner's own words for items, units and codes, in `crossrefs/<partner>.yaml` beside `profiles/`.

```yaml
tables:
- table: items of Nordlicht
  about: items
  theirs: buyer_code
  ours: supplier_code
  others: park
  codes:
  - {from: N-100, to: SH-20}
  - {from: N-200, to: SH-31, until: 2026-12-31}
```
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct

from translators import yamlfiles
from translators.canonical.fieldplaces import document_types, field_at
from translators.canonical.identifiers import Identifier, Scheme
from translators.canonical.quantities import check_unit
from translators.fileproblems import FileProblem, FileProblems
from translators.jsondoc.reshaping import PointerText
from translators.mapping.crossrefs import Entry, clashes
from translators.mapping.specs import Policy
from translators.yamlfiles import YamlFile
from translators.yamlsentences import suggest


class CodeTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`from` is the partner's code, `to` ours: read from left to right, written from right to left.

    `items`: to each item that has a number of scheme `theirs`, ours is added, and the other way round. `units`: the
    partner's use of UN/ECE Recommendation 20. `codes`: the text at `fields`. `others` says what becomes of a code that
    is not here.
    """

    table: Annotated[str, Meta(min_length=1, max_length=100)]
    """Its name, as findings say it."""
    about: Literal["items", "units", "codes"]
    theirs: Scheme | None = None
    """The scheme of the partner's numbers, such as `buyer_code`."""
    ours: Scheme | None = None
    """The scheme of ours, such as `supplier_code`."""
    fields: tuple[PointerText, ...] = ()
    documents: tuple[str, ...] = ()
    """Kinds of document it holds for; none named: all."""
    others: Policy = "refuse"
    codes: tuple[Entry, ...]

    def covers(self, document_type: str) -> bool:
        return not self.documents or document_type in self.documents


class CodesFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One partner's tables."""

    tables: Annotated[tuple[CodeTable, ...], Meta(min_length=1)]


def read_tables(folder: Path, partners: Iterable[str], problems: list[FileProblem]) -> dict[str, tuple[CodeTable, ...]]:
    """Every `*.yaml` in the folder by the partner it is named after; what is wrong is added to `problems`."""
    known = list(partners)
    found: dict[str, tuple[CodeTable, ...]] = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.suffix == ".yml":
            problems.append(FileProblem(path, 0, 0, "cross-references end in `.yaml`; this file would be overlooked"))
        if path.suffix != ".yaml":
            continue
        if path.stem not in known:
            text = f"the file is named after a partner, and there is no `{path.stem}`; {suggest(path.stem, known)}"
            problems.append(FileProblem(path, 0, 0, text))
            continue
        try:
            file = yamlfiles.load(path)
            tables = yamlfiles.convert(file, CodesFile).tables
        except FileProblems as wrong:
            problems += wrong.problems
            continue
        problems += _check(tables, file)
        found[path.stem] = tables
    return found


def _check(tables: tuple[CodeTable, ...], file: YamlFile) -> Iterator[FileProblem]:
    for number, table in enumerate(tables):
        path = f"$.tables[{number}]"
        yield from _check_words(table, path, file)
        yield from _check_fields(table, path, file)
        yield from _check_codes(table, path, file)
        yield from clashes(table.codes, file, f"{path}.codes")
        for earlier in tables[:number]:
            if _meet(earlier, table):
                text = f"table `{earlier.table}` is about the same; put the codes into one"
                yield file.problem(f"{path}.table", text)


def _check_words(table: CodeTable, path: str, file: YamlFile) -> Iterator[FileProblem]:
    """Which words belong to which kind of table."""
    for name, kind in (("theirs", "items"), ("ours", "items"), ("fields", "codes")):
        given = bool(getattr(table, name))
        if given and table.about != kind:
            yield file.problem(f"{path}.{name}", f"`{name}` is for `about: {kind}`", at_key=True)
        if not given and table.about == kind:
            yield file.problem(f"{path}.about", f"`about: {kind}` needs `{name}`")
    if table.theirs is not None and table.theirs == table.ours:
        yield file.problem(f"{path}.ours", "numbers of one scheme cannot be told apart; name another scheme")
    if table.about == "codes" and not table.documents:
        yield file.problem(f"{path}.about", "`about: codes` needs `documents`, whose fields these are")
    if table.others == "park" and table.about != "items":
        text = f"only items wait for a person; with `about: {table.about}` use `refuse` or `pass`"
        yield file.problem(f"{path}.others", text)


def _check_fields(table: CodeTable, path: str, file: YamlFile) -> Iterator[FileProblem]:
    for number, document in enumerate(table.documents):
        if document not in document_types():
            text = f"`{document}` is no canonical document; {suggest(document, sorted(document_types()))}"
            yield file.problem(f"{path}.documents[{number}]", text)
            continue
        for place, field in enumerate(table.fields):
            found = field_at(document, field)
            if isinstance(found, str):
                yield file.problem(f"{path}.fields[{place}]", found)
            elif not found.is_text:
                yield file.problem(f"{path}.fields[{place}]", f"`{field}` of `{document}` holds no code")


def _check_codes(table: CodeTable, path: str, file: YamlFile) -> Iterator[FileProblem]:
    """Each code must be what its field takes, or every document that has it would be refused."""
    for number, entry in enumerate(table.codes):
        for name, code, scheme in (("from", entry.from_, table.theirs), ("to", entry.to, table.ours)):
            try:
                if table.about == "units":
                    check_unit(code)
                elif scheme is not None:
                    Identifier(scheme=scheme, value=code)
            except ValueError as wrong:
                yield file.problem(f"{path}.codes[{number}].{name}", str(wrong))


def _meet(one: CodeTable, other: CodeTable) -> bool:
    if one.about != other.about or not (
        not one.documents or not other.documents or set(one.documents) & set(other.documents)
    ):
        return False
    match one.about:
        case "items":
            return (one.theirs, one.ours) == (other.theirs, other.ours)
        case "codes":
            return bool(set(one.fields) & set(other.fields))
        case _:
            return True
