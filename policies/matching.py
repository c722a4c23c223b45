"""Why a rule looks at a message, or which of its conditions is the first that does not hold.

Every field of every kind of rule is either a condition here or among what the rule says; a test proves it. Decisions
are never made from this: it tells about rules one by one, and the verdict is the set's own.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from policies.conditions import Facts
from policies.facts import DocumentFacts, RequestFacts
from policies.networks import Addresses, AddressList
from policies.written import Written
from translators.canonical.fieldgroups import known_groups
from translators.yamlsentences import enumerate_words


class Asked(Struct, frozen=True, kw_only=True):
    """What is looked at: a request, or one document of it, and where it would come from and go to."""

    request: RequestFacts
    document: DocumentFacts | None = None
    lists: Mapping[str, AddressList] = {}
    """Of addresses, by name."""
    source: str | None = None
    """The zone of its sender."""
    targets: frozenset[str] = frozenset()
    """The zones of its destinations."""
    flows: frozenset[str] = frozenset()
    """The flow classes of its routes."""
    systems: frozenset[str] = frozenset()
    """What its sender is in the matrix of ownership."""


_Test = Callable[[Any, Any, Asked], str | None]
"""Rule, the field's value, what is asked: a sentence when it does not hold."""


class Failing(Struct, frozen=True, kw_only=True):
    """The first condition that does not hold, and where it is written."""

    field: str
    text: str
    line: int
    column: int


def _among(what: Callable[[Asked], str | None], noun: str) -> _Test:
    def test(_: Any, value: Sequence[str], asked: Asked) -> str | None:
        found = what(asked)
        if not value or found in value:
            return None
        is_now = f"this is `{found}`" if found else f"here there is no {noun}"
        return f"the {noun} must be {_words(value)}; {is_now}"

    return test


def _words(value: Sequence[str]) -> str:
    return enumerate_words(value)


def _roles(_: Any, value: Sequence[str], asked: Asked) -> str | None:
    roles = asked.request.roles
    if not value or not roles.isdisjoint(value):
        return None
    has = _words(sorted(roles)) if roles else "none"
    return f"the sender needs the role {_words(value)}; it has {has}"


def _scopes(_: Any, value: Sequence[str], asked: Asked) -> str | None:
    lacking = [scope for scope in value if scope not in asked.request.scopes]
    return f"the token lacks the scope {_words(lacking)}" if lacking else None


def _may(_: Any, value: str, asked: Asked) -> str | None:
    if value in ("call", "send", asked.request.verb):
        return None
    return f"it is about `{value}`; the sender has come to {asked.request.verb}"


def _addresses(rule: Any, value: Any, asked: Asked) -> str | None:
    held = _hold(value, asked)
    if held if held is not None else _is_deny(rule):
        return None
    return f"the sender must call from an address in {_words(value)}; it calls from {_address(asked)}"


def _outside(rule: Any, value: Any, asked: Asked) -> str | None:
    held = _hold(value, asked)
    if not held if held is not None else _is_deny(rule):
        return None
    return f"the sender must call from an address outside {_words(value)}; it calls from {_address(asked)}"


def _hold(names: Sequence[str], asked: Asked) -> bool | None:
    return Addresses(asked.lists[name] for name in names).hold(asked.request.address)


def _address(asked: Asked) -> str:
    return asked.request.address or "an address that is not known"


def _is_deny(rule: Any) -> bool:
    """A deny holds where nobody can tell, a grant does not."""
    return getattr(rule, "effect", "") == "deny"


def _criticality(rule: Any, _: Any, asked: Asked) -> str | None:
    return None if rule.name in asked.flows else "no route of this document names this flow"


def _source(_: Any, value: str, asked: Asked) -> str | None:
    return None if asked.source == value else f"it leads from zone `{value}`; the sender is in {_zone(asked.source)}"


def _target(_: Any, value: str, asked: Asked) -> str | None:
    if value in asked.targets:
        return None
    where = " and ".join(_zone(name) for name in sorted(asked.targets)) or "no zone"
    return f"it leads to zone `{value}`; the document goes to {where}"


def _zone(name: str | None) -> str:
    return f"zone `{name}`" if name is not None else "no zone"


def _plants(rule: Any, value: Any, asked: Asked) -> str | None:
    document = asked.document
    plant, plants = (document.plant, document.plants) if document is not None else (None, frozenset[str]())
    wanted = {asked.request.sender} if value == "own" else set(value)
    one_of_them = plant in wanted or not plants.isdisjoint(wanted)
    if _is_deny(rule):
        holds = plant is None or one_of_them  # a plant nobody knows may be one of these
    elif hasattr(rule, "destination"):
        holds = one_of_them
    else:
        holds = plant in wanted and (plants <= wanted or not hasattr(rule, "effect"))
    if holds:
        return None
    words = "the sender's own" if value == "own" else _words(value)
    about = " and ".join(f"`{name}`" for name in sorted(plants)) or _plant(plant)
    return f"the plant must be {words}; the document concerns {about}"


def _plant(plant: str | None) -> str:
    return f"`{plant}`" if plant is not None else "a plant we do not know"


def _domain(rule: Any, value: str, asked: Asked) -> str | None:
    """A row of ownership is about a document that writes one of its groups with one of its verbs."""
    writes = asked.document.writes if asked.document is not None else frozenset[str]()
    groups = rule.groups or known_groups()[value]
    if any(f"{verb} {value}.{group}" in writes for verb in rule.verbs for group in groups):
        return None
    does = enumerate_words(sorted(writes)) if writes else "nothing"
    return f"it is about `{value}` ({', '.join(rule.verbs)}); the document says {does}"


def _systems(_: Any, value: Sequence[str], asked: Asked) -> str | None:
    if not asked.systems.isdisjoint(value):
        return None
    is_now = enumerate_words(sorted(asked.systems)) if asked.systems else "none"
    return f"the sender must be the system {_words(value)}; it is {is_now}"


def _test_documents(_: Any, value: bool | None, asked: Asked) -> str | None:
    document = asked.document
    if value is None or document is None or value == document.test:
        return None
    return "only test documents" if value else "only documents that are no tests"


def _from(_: Any, value: Any, asked: Asked) -> str | None:
    at = asked.request.at
    return f"it is not in force before {value.text}" if value is not None and at < value.at else None


def _until(_: Any, value: Any, asked: Asked) -> str | None:
    at = asked.request.at
    return f"it is in force no longer, since {value.text}" if value is not None and at >= value.at else None


def _during(_: Any, value: Any, asked: Asked) -> str | None:
    if any(hours.hold(asked.request.at) for hours in value):
        return None
    words = enumerate_words(hours.text for hours in value)
    return f"it is in force {words}; this is {asked.request.at:%a %Y-%m-%d %H:%M} UTC"


def _api(_: Any, value: str | None, asked: Asked) -> str | None:
    if value is None or (asked.document is None and value == asked.request.api_version):
        return None
    return f"it is about API version `{value}`; this is `{asked.request.api_version}`"


def _version(_: Any, value: Any, asked: Asked) -> str | None:
    document = asked.document
    if value is None or document is None:
        return None
    is_now = f"{document.format} {document.name} {document.version}"
    return None if str(value) == is_now else f"it is about `{value}`; this is `{is_now}`"


def _size(rule: Any, value: Any, asked: Asked) -> str | None:
    document = asked.document
    if value is None or document is None or _exceeds(rule, document):
        return None
    return f"{document.size} bytes are within {value.text}"


def _lines(rule: Any, value: int | None, asked: Asked) -> str | None:
    document = asked.document
    if value is None or document is None or _exceeds(rule, document):
        return None
    return f"{document.lines} lines are within {value}"


def _exceeds(cap: Any, document: DocumentFacts) -> bool:
    too_large = cap.size is not None and document.size > cap.size.bytes
    return too_large or (cap.lines is not None and document.lines > cap.lines)


CONDITIONS: dict[str, _Test] = {
    "may": _may,
    "senders": _among(lambda asked: asked.request.sender_kind, "kind of sender"),
    "plans": _among(lambda asked: asked.request.plan, "plan"),
    "partners": _among(lambda asked: asked.request.sender, "sender"),
    "documents": _among(lambda asked: asked.document.document_type if asked.document else None, "kind of document"),
    "roles": _roles,
    "scopes": _scopes,
    "bindings": _among(lambda asked: asked.request.binding, "binding of the token"),
    "channels": _among(lambda asked: asked.request.channel, "channel"),
    "addresses": _addresses,
    "outside": _outside,
    "criticality": _criticality,
    "source": _source,
    "target": _target,
    "api": _api,
    "document": _version,
    "accepts": _version,
    "plants": _plants,
    "test": _test_documents,
    "domain": _domain,
    "systems": _systems,
    "size": _size,
    "lines": _lines,
    "from_": _from,
    "until": _until,
    "during": _during,
}
"""In the order in which they are told; `when` comes last."""

SAYS = frozenset({
    "name", "why", "mode", "when", "effect", "state", "open_to", "deprecated_from", "retired_from", "sunset",
    "successor", "information", "brownouts", "steps", "requests", "answers", "counts", "per", "rate",
    "burst", "on_store_loss", "schema", "destination", "operation", "ordering_key", "when_parked", "attempts",
    "priority", "quota", "zone", "concurrency", "points", "instead", "overrides", "approved_by",
    "latency", "recovery", "deadline", "flow", "several_plants", "flows", "verdicts", "keep_payloads",
    "keep_events", "viewers", "fields", "days", "hours", "last_days_of_month", "groups", "verbs", "guideline",
    "formats", "depth", "count", "time", "windows",
})  # fmt: skip
"""What a rule says, rather than when it holds (`when` is told by its own words)."""


def first_failing(written: Written[Any], asked: Asked) -> Failing | None:
    """None when every condition of the rule holds."""
    rule = written.rule
    for field, test in CONDITIONS.items():
        value = getattr(rule, field, None)
        # What is not written is no condition. Of an API version `addresses` are what it says.
        if value is None or value in ((), {}) or isinstance(value, dict):
            continue
        text = test(rule, value, asked)
        if text is not None:
            return _failing(written, field.rstrip("_"), text)
    if written.condition is None:
        return None
    facts: Facts = asked.request if rule.is_early() or asked.document is None else asked.document
    judged = written.condition.judge(facts)
    if judged is None:
        # A deny or a limit that cannot be judged holds, a grant does not.
        return (
            None
            if getattr(rule, "effect", "deny") == "deny"
            else _failing(written, "when", f"`{rule.when}` cannot be judged")
        )
    return None if judged else _failing(written, "when", f"`{rule.when}` does not hold")


def _failing(written: Written[Any], field: str, text: str) -> Failing:
    problem = written.problem(field, text)
    return Failing(field=field, text=text, line=problem.line, column=problem.column)
