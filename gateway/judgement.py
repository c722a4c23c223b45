"""The documents of one submission before the rules it was admitted under: each is judged for itself."""

from collections.abc import Sequence

from msgspec import Struct

from gateway.places import Places
from gateway.rejections import by_rule
from gateway.routing import Deliveries
from gateway.submissions import Rejection
from gateway.understanding import Understood
from policies.facts import DocumentFacts, RequestFacts
from policies.policyset import PolicySet
from policies.schemas import SchemaRule
from policies.verdicts import Field, Refused, RuleRef
from translators.canonical.fieldgroups import writes_of
from translators.findings import Finding
from translators.formats import Label
from translators.reading import Document
from translators.xmldoc.parsing import XmlTree


class Judgement:
    """What gathers on the way: `observed` are the rules in observe mode that would have refused. `tree` is what reading
    has parsed already.
    """

    def __init__(
        self, rules: PolicySet, understood: Understood, observed: Sequence[RuleRef], tree: XmlTree | None
    ) -> None:
        self.observed = list(observed)
        self._rules = rules
        self._understood = understood
        self._tree = tree
        self._about_version: tuple[Field, ...] = ()
        self._held: dict[int, tuple[Finding, ...]] = {}

    def refuses(self, facts: DocumentFacts) -> Rejection | None:
        """Versions, grants, caps and ownership; then the schema. None when the document passed them all."""
        allowed = self._rules.judge(facts)
        if isinstance(allowed, Refused):
            return by_rule(allowed)
        self.observed += allowed.observed
        self._about_version = self._about_version or allowed.fields
        schema = self._rules.schema_for(facts)
        if isinstance(schema, Refused):
            return by_rule(schema)
        return self._hold_against(schema) if schema is not None else None

    def _hold_against(self, schema: SchemaRule) -> Rejection | None:
        """The submission as it came, checked once however many documents it holds."""
        findings = self._held.get(id(schema))
        if findings is None:
            found = schema.check(self._understood.checked, self._tree)
            findings = self._held[id(schema)] = self._understood.told_of_checked(found)
            if findings and schema.mode == "observe":
                self.observed.append(schema.ref)
        if findings and schema.mode == "enforce":
            return by_rule(schema.refusal(findings), findings)
        return None

    def fields(self, of_api: tuple[Field, ...]) -> tuple[Field, ...]:
        """Of the answer: what ends is the version of the API, or else the version of the document."""
        if not self._about_version or any(name == "Deprecation" for name, _ in of_api):
            return of_api
        return (*of_api, *self._about_version)


class Judged(Struct, frozen=True):
    """Its documents before the rules; `refused` by their numbers."""

    facts: list[DocumentFacts]
    judgement: Judgement
    deliveries: Deliveries
    trial: bool
    refused: dict[int, Rejection]


def facts_of(
    request: RequestFacts, label: Label, document: Document, places: Places, size: int, recipient: str | None
) -> DocumentFacts:
    """What the rules may look at. `size` is that of the whole submission."""
    return DocumentFacts(
        request=request,
        format=label.format,
        name=label.name,
        version=label.version,
        document_type=document.type,
        size=size,
        lines=document.lines,
        plant=places.plant,
        ship_to=document.ship_to,
        test=document.test,
        plants=places.plants,
        writes=writes_of(document.object),
        recipient=recipient,
    )
