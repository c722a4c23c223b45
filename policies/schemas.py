"""Which schema a document must match, as received, before anybody translates it.

JSON Schema 2020-12, XSD, and guidelines over the EDIFACT directories. Each is made ready once, when the rules are
loaded, and never fetches anything.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct

from policies.facts import DocumentFacts
from policies.jsonschemas import JsonSchema
from policies.reading import Read
from policies.readingcaps import ReadingCap, ReadingCaps, check_reading_cap
from policies.scopes import ScopedRule, Selection, check_scope
from policies.verdicts import Refused, RuleRef
from policies.versionrules import DocumentVersion
from policies.written import Mode, Written, force_of, not_judged
from translators.edifact.examining import guideline_findings
from translators.edifact.guidelines import guideline, shipped_guideline, shipped_names
from translators.fileproblems import FileProblem, FileProblems
from translators.findings import Finding
from translators.xmldoc.parsing import XmlTree
from translators.xmldoc.validating import XmlSchema
from translators.yamlsentences import suggest

Check = Callable[[bytes, XmlTree | None], tuple[Finding, ...]]
"""(the document, what reading has parsed of it already) -> what does not match."""


class SchemaFileRule(ScopedRule, frozen=True, kw_only=True):
    """The first rule that matches counts, rules for certain `partners` before the others."""

    accepts: DocumentVersion
    schema: (
        Annotated[
            str,
            Meta(
                pattern=r"^schemas(/[A-Za-z0-9_][A-Za-z0-9_.-]*)+\.(json|xsd)$",
                description="name a `.json` or `.xsd` file under `schemas/`",
            ),
        ]
        | None
    ) = None
    """Of XML and JSON, relative to the folder of rules."""
    guideline: (
        Annotated[
            str,
            Meta(
                pattern=r"^([a-z0-9-]+|schemas(/[A-Za-z0-9_][A-Za-z0-9_.-]*)+\.yaml)$",
                description="name a guideline that ships, or a `.yaml` file under `schemas/`",
            ),
        ]
        | None
    ) = None
    """Of EDIFACT: what the partners agreed on, over the directory that is checked anyway."""


class SchemasFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`schemas.yaml`."""

    kind: Literal["schemas"]
    rules: tuple[SchemaFileRule, ...]
    caps: tuple[ReadingCap, ...] = ()
    """What one submission may be at most before it is read."""


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
        what = "guideline" if self.rule.guideline else "schema"
        text = f"the document does not match {what} `{self.rule.name}` in {count}"
        return Refused(
            self.ref, "schema.not_matched", text, "correct the places in the findings", revision=self.revision
        )


def check_schema(written: Written[SchemaFileRule], folder: Path) -> Iterator[FileProblem]:
    yield from check_scope(written)
    rule = written.rule
    suffix = ".xsd" if rule.accepts.format == "xml" else ".json"
    if rule.accepts.format == "edifact":
        if rule.schema is not None:
            yield written.problem("schema", "an EDIFACT message is checked by its directory and a `guideline`")
        elif rule.guideline is None:
            yield written.problem(None, "a schema rule for EDIFACT names a `guideline`")
    elif rule.accepts.format not in ("xml", "json"):
        yield written.problem("accepts", f"{rule.accepts.format} is checked by its own tables; leave the rule out")
    elif rule.guideline is not None:
        yield written.problem("guideline", f"a guideline is for EDIFACT; {rule.accepts.format} has a `schema`")
    elif rule.schema is None:
        yield written.problem(None, f"a schema rule for {rule.accepts.format} names a `schema`")
    elif not rule.schema.endswith(suffix):
        yield written.problem("schema", f"a schema for {rule.accepts.format} ends in `{suffix}`")
    for field in ("schema", "guideline"):
        file = getattr(rule, field)
        if file is not None and "/" in file and not (folder / file).is_file():
            yield written.problem(field, f"there is no file `{file}` in the folder of rules")


def guideline_check(folder: Path, rule: SchemaFileRule) -> Check:
    """Raises ValueError with a sentence when there is no such guideline, or it is for other messages."""
    assert rule.guideline is not None
    if "/" not in rule.guideline and rule.guideline not in shipped_names():
        raise ValueError(f"no guideline ships as `{rule.guideline}`; {suggest(rule.guideline, shipped_names())}")
    try:
        found = guideline(folder / rule.guideline) if "/" in rule.guideline else shipped_guideline(rule.guideline)
    except FileProblems as problems:
        first = problems.problems[0]
        place = f"{first.path.name}:{first.line}:{first.column}: " if "/" in rule.guideline else ""
        raise ValueError(f"{place}{first.text}") from None
    if (found.message, found.release) != (rule.accepts.name, rule.accepts.version):
        raise ValueError(f"`{rule.guideline}` is for {found.message} {found.release}")
    return lambda content, _tree: guideline_findings(content, found)


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
        self.caps = ReadingCaps(read.lists["caps"], read.revision)
        self._selection = Selection(sorted(rules, key=lambda one: not one.rule.partners))
        self._revision = read.revision

    @staticmethod
    def check(read: Read) -> Iterator[FileProblem]:
        for written in read.lists["rules"]:
            yield from check_schema(written, read.folder)
        for cap in read.lists["caps"]:
            yield from check_reading_cap(cap)

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
        rule: SchemaFileRule = one.rule
        try:
            if rule.schema is not None:
                compiled.append((one, compile_schema(read.folder / rule.schema)))
            else:
                compiled.append((one, guideline_check(read.folder, rule)))
        except ValueError as error:
            problems.append(one.problem("schema" if rule.schema is not None else "guideline", str(error)))
    if problems:
        raise FileProblems(problems)
    return compiled
