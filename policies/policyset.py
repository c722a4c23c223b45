"""The rules in force together: what the gateway asks, and what it is told. A set never changes."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from msgspec.structs import replace

from policies.access import Access, AccessRule
from policies.caps import CapRule, Caps
from policies.facts import DocumentFacts, RequestFacts
from policies.limits import Charge
from policies.rates import RateRule, Rates
from policies.routing import Route, Routing, RoutingRule
from policies.schemas import SchemaRule, Schemas
from policies.verdicts import Allowed, Refused, RuleRef
from policies.versions import VersionRule, Versions
from policies.written import Written


class PolicySet:
    """`revision` names the files' content; every verdict carries it."""

    def __init__(
        self,
        *,
        revision: str,
        defaults: Mapping[str, RuleRef],
        versions: Iterable[Written[VersionRule]],
        rates: Iterable[Written[RateRule]],
        caps: Iterable[Written[CapRule]],
        schemas: Iterable[SchemaRule],
        access: Iterable[Written[AccessRule]],
        routing: Iterable[Written[RoutingRule]],
    ) -> None:
        self.revision = revision
        self.expires: datetime | None = None
        """Of a signed set: from then on nothing is admitted."""
        self._expired = defaults["access"]
        self._no_limit = defaults["limits"]
        self._versions = Versions(versions, defaults["versions"])
        self._rates = Rates(rates, revision)
        self._caps = Caps(caps)
        self._schemas = Schemas(schemas, revision)
        self._access = Access(access, defaults["access"])
        self._routing = Routing(routing)
        self._allowed: dict[tuple[int, int], Allowed] = {}

    def admit(self, facts: RequestFacts) -> Allowed | Refused:
        """Before the body is read: may this sender use the API, in this version, and is there a limit to hold it.

        The fields of the answer tell about a version that ends, whoever asks.
        """
        if self.expires is not None and facts.at >= self.expires:
            text = f"our rules are valid until {self.expires:%Y-%m-%d %H:%M} UTC and were not renewed"
            act = "send it again later, as it is; we have been told"
            return Refused(self._expired, "policy.expired", text, act, revision=self.revision)
        access = self._access.to_call(facts)
        if isinstance(access, Refused):
            return replace(access, revision=self.revision)
        version = self._versions.of_api(facts)
        if isinstance(version, Refused):
            return replace(version, revision=self.revision)
        if not self._rates.hold(facts):
            return self._unlimited(facts)
        return self._both(access, version)

    def charges(self, facts: RequestFacts | DocumentFacts) -> tuple[Charge, ...]:
        """What the counters must count: requests for a request; documents, lines and bytes for a document."""
        if isinstance(facts, RequestFacts):
            return self._rates.of_request(facts)
        return self._rates.of_document(facts)

    def judge(self, facts: DocumentFacts) -> Allowed | Refused:
        """Once the document is read: its version, the grants, the caps; `rule` is the grant that allowed it."""
        version = self._versions.of_document(facts)
        if isinstance(version, Refused):
            return replace(version, revision=self.revision)
        access = self._access.to_send(facts)
        if isinstance(access, Refused):
            return replace(access, revision=self.revision)
        caps = self._caps.judge(facts)
        if isinstance(caps, Refused):
            return replace(caps, revision=self.revision)
        verdict = self._both(access, version)
        return replace(verdict, observed=(*verdict.observed, *caps)) if caps else verdict

    def schema_for(self, facts: DocumentFacts) -> SchemaRule | None:
        """The schema the document must match as received; None when no rule names one."""
        return self._schemas.of(facts)

    def routes(self, facts: DocumentFacts) -> tuple[Route, ...]:
        """Where the document goes; empty when no rule knows, which the gateway refuses."""
        return self._routing.of(facts)

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

    def _unlimited(self, facts: RequestFacts) -> Refused:
        whom = f"plan `{facts.plan}`" if facts.plan else f"this {facts.sender_kind}"
        text = f"no limit covers {whom}, and nobody is unlimited"
        return Refused(self._no_limit, "limit.none_applies", text, "ask us to set your limits", revision=self.revision)
