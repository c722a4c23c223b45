"""Which schema a document must match, as received, before anybody translates it.

JSON Schema 2020-12 and XSD. A schema is compiled once, when the rules are loaded, and never fetches anything.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct

from policies.facts import DocumentFacts
from policies.jsonschemas import JsonSchema
from policies.reading import Read
from policies.scopes import ScopedRule, Selection, check_scope
from policies.verdicts import Refused, RuleRef
from policies.versionrules import DocumentVersion
from policies.written import Mode, Written, force_of, not_judged
from translators.fileproblems import FileProblem, FileProblems
from translators.findings import Finding
from translators.xmldoc.parsing import XmlTree
from translators.xmldoc.validating import XmlSchema

Check = Callable[[bytes, XmlTree | None], tuple[Finding, ...]]
"""(the document, what reading has parsed of it already) -> what does not match."""


class SchemaFileRule(ScopedRule, frozen=True, kw_only=True):
    """The first rule that matches counts, rules for certain `partners` before the others."""

    accepts: DocumentVersion
    schema: Annotated[
        str,
        Meta(
            pattern=r"^schemas(/[A-Za-z0-9_][A-Za-z0-9_.-]*)+\.(json|xsd)$",
            description="name a `.json` or `.xsd` file under `schemas/`",
        ),
    ]
    """Relative to the folder of rules."""


class SchemasFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`schemas.yaml`."""

    kind: Literal["schemas"]
    rules: tuple[SchemaFileRule, ...]


class SchemaRule:
    """A schema in force for a document. In `observe` mode its findings are recorded and nothing is refused."""

    def __init__(self, written: Written[SchemaFileRule], check: Check, revision: str) -> None:
        self.rule = written.rule
        self.ref: RuleRef = written.ref
        self.mode: Mode = written.rule.mode
        self.force = force_of(written)
        self._check = check
        accepts = written.rule.accepts
        self._subject = (accepts.format, accepts.name, accepts.version)
        self.revision = revision

    def is_for(self, document: DocumentFacts) -> bool | None:
        """None when its condition cannot be judged."""
        if self._subject != (document.format, document.name, document.version):
            return False
        return True if self.force is None else self.force.judge(document)

    def check(self, content: bytes, tree: XmlTree | None = None) -> tuple[Finding, ...]:
        """What does not match, with places; empty when it matches. `tree` spares parsing XML once more."""
        return self._check(content, tree)

    def refusal(self, findings: tuple[Finding, ...]) -> Refused:
        """The verdict on a document that does not match; the findings go with it."""
        count = f"{len(findings)} place{'s' if len(findings) != 1 else ''}"
        text = f"the document does not match schema `{self.rule.name}` in {count}"
        return Refused(
            self.ref, "schema.not_matched", text, "correct the places in the findings", revision=self.revision
        )


def check_schema(written: Written[SchemaFileRule], folder: Path) -> Iterator[FileProblem]:
    yield from check_scope(written)
    rule = written.rule
    suffix = ".xsd" if rule.accepts.format == "xml" else ".json"
    if rule.accepts.format == "edifact":
        yield written.problem("accepts", "an EDIFACT message is checked by its directory; schemas are for xml and json")
    elif not rule.schema.endswith(suffix):
        yield written.problem("schema", f"a schema for {rule.accepts.format} ends in `{suffix}`")
    elif not (folder / rule.schema).is_file():
        yield written.problem("schema", f"there is no file `{rule.schema}` in the folder of rules")


def compile_schema(path: Path) -> Check:
    """Raises ValueError with a sentence when the file is no valid schema."""
    if path.suffix == ".json":
        schema = JsonSchema(path)
        return lambda content, _tree: schema.findings(content)
    try:
        return XmlSchema(path).findings
    except ValueError as error:
        raise ValueError(str(error).replace(str(path), f"`{path.name}`")) from None


class Schemas:
    """All schemas of a set."""

    FILE = SchemasFile

    def __init__(self, read: Read) -> None:
        """Raises FileProblems for files that are no schemas."""
        rules = [SchemaRule(one, check, read.revision) for one, check in _compiled(read)]
        self._selection = Selection(sorted(rules, key=lambda one: not one.rule.partners))
        self._revision = read.revision

    @staticmethod
    def check(read: Read) -> Iterator[FileProblem]:
        for written in read.lists["rules"]:
            yield from check_schema(written, read.folder)

    def of(self, document: DocumentFacts) -> SchemaRule | Refused | None:
        for one in self._selection.about(document):
            is_for = one.is_for(document)
            if is_for is None:
                return not_judged(one.ref, self._revision)
            if is_for:
                return one
        return None


def _compiled(read: Read) -> list[tuple[Written[SchemaFileRule], Check]]:
    problems = []
    compiled: list[tuple[Written[SchemaFileRule], Check]] = []
    for one in read.lists["rules"]:
        try:
            compiled.append((one, compile_schema(read.folder / one.rule.schema)))
        except ValueError as error:
            problems.append(one.problem("schema", str(error)))
    if problems:
        raise FileProblems(problems)
    return compiled
