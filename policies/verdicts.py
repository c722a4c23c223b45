"""A verdict is a value: allowed, or refused by a named rule with a reason."""

from typing import Literal

from msgspec import Struct

Field = tuple[str, str]
"""A header field of the answer: name and value."""

Code = Literal[
    "version.unknown",  # nobody published this API version
    "version.not_open",  # a preview, and this sender is not invited
    "version.retired",  # an API version that is gone; `act` says where to go
    "version.brownout",  # an API version that ends, switched off for a while; `retry_after` says how long
    "version.document_unknown",  # no rule accepts this format, name and version
    "version.document_not_open",  # a document version in preview
    "version.document_retired",  # a document version that is gone
    "version.document_brownout",  # a document version that ends, switched off for a while
    "access.not_granted",  # default deny
    "access.outside_zone",  # the sender calls from where nobody of its kind calls from
    "access.no_conduit",  # nothing carries the document from its sender's zone to its destination's
    "access.denied",  # an explicit deny, which beats every grant
    "limit.none_applies",  # no limit covers this sender, so nothing would hold it
    "limit.exceeded",  # too much, too fast; `retry_after` says when
    "limit.reduced_capacity",  # the same while the counter store is away and only a local share is given
    "limit.unavailable",  # the counter store is away and the limit says refuse
    "limit.too_large",  # more than will ever be allowed at once
    "policy.expired",  # the signed set is past its time, so nothing is admitted under it
    "schema.not_matched",  # the findings say where
    "ownership.not_owned",  # the sender's system may not write what the document sets
    "routing.several_plants",  # the lines go to several plants and the route takes one
    "routing.no_route",  # no rule says where the document goes
    "rule.not_judged",  # the condition of a rule failed
]


class RuleRef(Struct, frozen=True):
    """Which rule: `file` relative to the folder of rules, `line` counted from 1 (0: nobody wrote it, the default)."""

    kind: str
    name: str
    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.kind} `{self.name}` ({self.file}:{self.line})" if self.line else f"{self.kind} `{self.name}`"


class Allowed(Struct, frozen=True, tag="allowed"):
    """`rule` decided; `observed` are the rules in observe mode that would have refused."""

    rule: RuleRef | None = None
    fields: tuple[Field, ...] = ()
    observed: tuple[RuleRef, ...] = ()
    revision: str = ""


class Refused(Struct, frozen=True, tag="refused"):
    """`text` says what is wrong, `act` what the sender can do, `retry_after` seconds to wait at least."""

    rule: RuleRef
    code: Code
    text: str
    act: str
    retry_after: int | None = None
    fields: tuple[Field, ...] = ()
    observed: tuple[RuleRef, ...] = ()
    revision: str = ""
    violated: tuple[str, ...] = ()
    """Every limit that was exceeded, by the name RateLimit-Policy gives it."""


Verdict = Allowed | Refused
