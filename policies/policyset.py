"""The rules in force together: what the gateway asks, and what it is told. A set never changes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, get_type_hints

from msgspec import Struct, field
from msgspec.structs import replace

from policies.access import Access
from policies.charges import Charges
from policies.charging import Limits
from policies.facts import DocumentFacts, RequestFacts
from policies.flows import Flows
from policies.masking import Masking
from policies.ownership import Ownership
from policies.reading import KindOfRules
from policies.retention import Retention
from policies.routing import Route, Routing
from policies.schemas import SchemaRule, Schemas
from policies.verdicts import Allowed, Refused
from policies.versions import Versions
from policies.written import Written


class PolicySet(Struct, frozen=True, kw_only=True, eq=False):
    """`revision` names the files' content; every verdict carries it.

    A kind of rule is a field here, named like its file, whose type is a KindOfRules. That is all it takes to add one:
    loading, checking, the schemas for editors and the tests of shipped and broken files follow from the field.
    """

    revision: str
    versions: Versions
    limits: Limits
    schemas: Schemas
    access: Access
    flows: Flows
    ownership: Ownership
    routing: Routing
    retention: Retention
    masking: Masking
    written: tuple[Written[Any], ...] = ()
    """Every rule as it was written, for telling about it; nothing is decided from these."""
    files: dict[str, str] = {}
    """SHA-256 of the files it was read from, by name."""
    number: int | None = None
    """Of a signed set, as the next two."""
    signed_by: tuple[str, ...] = ()
    """The author, then everybody who approved it."""
    expires: datetime | None = None
    """From then on nothing is admitted."""
    _allowed: dict[tuple[int, int], Allowed] = field(default_factory=dict)

    def admit(self, facts: RequestFacts) -> Allowed | Refused:
        """Before the body is read: may this sender use the API, in this version, and is there a limit to hold it.

        The fields of the answer tell about a version that ends, whoever asks.
        """
        if self.expires is not None and facts.at >= self.expires:
            text = f"our rules are valid until {self.expires:%Y-%m-%d %H:%M} UTC and were not renewed"
            act = "send it again later, as it is; we have been told"
            return Refused(self.access.default, "policy.expired", text, act, revision=self.revision)
        access = self.access.to_call(facts)
        if isinstance(access, Refused):
            return replace(access, revision=self.revision)
        version = self.versions.of_api(facts)
        if isinstance(version, Refused):
            return replace(version, revision=self.revision)
        unlimited = self.limits.counted.unlimited(facts)
        return self._both(access, version) if unlimited is None else unlimited

    def charges(self, facts: RequestFacts) -> Charges:
        """What the counters must count before the body is read."""
        return self.limits.counted.of_request(facts)

    def document_charges(self, documents: Sequence[DocumentFacts]) -> Charges:
        """What they must count of a message whose documents are all allowed: documents, lines, bytes, points."""
        return self.limits.counted.of_documents(documents)

    def judge(self, facts: DocumentFacts) -> Allowed | Refused:
        """Once the document is read: its version, the grants, the caps, whose data they are.

        `rule` is the grant that allowed it.
        """
        version = self.versions.of_document(facts)
        if isinstance(version, Refused):
            return replace(version, revision=self.revision)
        access = self.access.to_send(facts)
        if isinstance(access, Refused):
            return replace(access, revision=self.revision)
        caps = self.limits.caps.judge(facts)
        if isinstance(caps, Refused):
            return replace(caps, revision=self.revision)
        owned = self.ownership.judge(facts)
        if isinstance(owned, Refused):
            return owned
        verdict = self._both(access, version)
        observed = (*caps, *owned.observed)
        return replace(verdict, observed=(*verdict.observed, *observed)) if observed else verdict

    def schema_for(self, facts: DocumentFacts) -> SchemaRule | Refused | None:
        """The schema the document must match as received; None when no rule names one."""
        return self.schemas.of(facts)

    def routes(self, facts: DocumentFacts) -> tuple[Route, ...] | Refused:
        """Where the document goes: at least one place."""
        routes = self.routing.of(facts)
        if isinstance(routes, Refused):
            return routes
        return self.access.to_route(facts, routes) or routes

    def _both(self, access: Allowed, version: Allowed) -> Allowed:
        """Rule of the grant, fields of the version. The two are made once, so is their sum."""
        if access.observed or version.observed:
            observed = (*access.observed, *version.observed)
            return Allowed(access.rule, version.fields, observed, self.revision)
        key = (id(access), id(version))
        both = self._allowed.get(key)
        if both is None:
            both = self._allowed[key] = Allowed(access.rule, version.fields, (), self.revision)
        return both


KINDS_OF_RULES: dict[str, type[KindOfRules]] = {
    name: kind for name, kind in get_type_hints(PolicySet).items() if hasattr(kind, "FILE")
}
"""Every kind of rule, by the `kind` its file names."""
