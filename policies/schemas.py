"""Which schema a document must match, as received, before anybody translates it.

JSON Schema 2020-12 and XSD. A schema is compiled once, when the rules are loaded, and never fetches anything.
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct

from policies.facts import DocumentFacts
from policies.jsonschemas import JsonSchema
from policies.scopes import ScopedRule, Selection, check_scope
from policies.verdicts import Refused, RuleRef
from policies.versions import DocumentVersion
from policies.written import Mode, Window, Written, window_of
from translators.fileproblems import FileProblem
from translators.findings import Finding
from translators.xmldoc.validating import XmlSchema

Check = Callable[[bytes], tuple[Finding, ...]]


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

    def __init__(self, written: Written[SchemaFileRule], check: Check) -> None:
        self.rule = written.rule
        self.ref: RuleRef = written.ref
        self.mode: Mode = written.rule.mode
        self.window: Window | None = window_of(written.rule)
        self._check = check
        accepts = written.rule.accepts
        self._subject = (accepts.format, accepts.name, accepts.version)
        self.revision = ""

    def is_for(self, document: DocumentFacts) -> bool:
        return self._subject == (document.format, document.name, document.version) and (
            self.window is None or self.window.holds(document.request.at)
        )

    def check(self, content: bytes) -> tuple[Finding, ...]:
        """What does not match, with places; empty when it matches."""
        return self._check(content)

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
        return JsonSchema(path).findings
    try:
        return XmlSchema(path).findings
    except ValueError as error:
        raise ValueError(str(error).replace(str(path), f"`{path.name}`")) from None


class Schemas:
    """All schemas of a set."""

    def __init__(self, rules: Iterable[SchemaRule], revision: str) -> None:
        ordered = sorted(rules, key=lambda one: not one.rule.partners)
        for one in ordered:
            one.revision = revision
        self._selection = Selection(ordered)

    def of(self, document: DocumentFacts) -> SchemaRule | None:
        for one in self._selection.about(document):
            if one.is_for(document):
                return one
        return None
