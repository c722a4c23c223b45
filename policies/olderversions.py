"""How old clients keep working: the steps from an older version to the one we read, and back.

A rule says what changed to its successor; over several versions the steps follow one another. Kinds of document whose
older major versions the translators read themselves need no steps.
"""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from policies.versionrules import AddressStep, VersionRule, subject
from policies.written import Written
from translators.canonical.documents import kind_named
from translators.fileproblems import FileProblem
from translators.jsondoc.reshaping import Reshape, mistakes_in


class OlderDocument(Struct, frozen=True):
    """A JSON document that we read by way of steps. `tag` is its `kind`, `newest` the kind it becomes."""

    tag: str
    newest: str
    reshapes: tuple[Reshape, ...]


class OlderApi:
    """An API version that is served by its successor, one or more versions later."""

    def __init__(self, rules: list[VersionRule]) -> None:
        """`rules` lead from the older version to the one before the newest."""
        self.newest = str(rules[-1].successor)
        self._rules = rules

    def address(self, path: str) -> str:
        """The newest version's address for one of the older's, both without their version."""
        for rule in self._rules:
            path = rule.addresses.get(path, path)
        return path

    def requests(self, address: str) -> tuple[Reshape, ...]:
        """The steps for a body sent to an address of the newest version; empty when nothing changed."""
        return self._reshapes([rule.requests for rule in self._rules], address)

    def answers(self, address: str) -> tuple[Reshape, ...]:
        return self._reshapes([rule.answers for rule in self._rules], address)

    def _reshapes(self, changes: list[tuple[AddressStep, ...]], address: str) -> tuple[Reshape, ...]:
        at = address.split("/")
        return tuple(
            Reshape(steps)
            for change in changes
            if (steps := [step for step in change if _is_for(step.of.split("/"), at)])
        )


class OlderVersions:
    """All versions of a set that are read by way of steps."""

    def __init__(self, rules: Iterable[Written[VersionRule]]) -> None:
        known = {subject(one.rule): one.rule for one in rules}
        chains = {name: _chain(rule, known) for name, rule in known.items() if rule.state != "retired"}
        self.apis = {
            str(chain[0].api): OlderApi(chain) for chain in chains.values() if chain and chain[0].api is not None
        }
        self.documents = {
            older.tag: older
            for chain in chains.values()
            if chain and chain[0].document is not None and (older := _older_document(chain)) is not None
        }


def check_older(written: Written[VersionRule]) -> Iterator[FileProblem]:
    """What is wrong with the steps of one version."""
    rule = written.rule
    for field in ("addresses", "requests", "answers"):
        if getattr(rule, field) and rule.api is None:
            yield written.problem(field, f"`{field}` are of an API version; a document has `steps`")
        elif getattr(rule, field) and rule.successor is None:
            yield written.problem(field, f"`{field}` say what changed to the `successor`; name it")
    if rule.steps:
        yield from _check_steps(written)
    for field in ("steps", "requests", "answers"):
        for number, step in enumerate(getattr(rule, field)):
            for inside, text in mistakes_in(step):
                yield written.problem(f"{field}[{number}]" + (f".{inside}" if inside else ""), text)


def successor_of(rule: VersionRule) -> str:
    """Its subject."""
    if rule.document is None:
        return f"api {rule.successor}"
    return f"{rule.document.format} {rule.document.name} {rule.successor}"


def _check_steps(written: Written[VersionRule]) -> Iterator[FileProblem]:
    document = written.rule.document
    if document is None:
        yield written.problem("steps", "`steps` are of a document; an API version has `requests` and `answers`")
    elif document.format != "json":
        yield written.problem("steps", f"steps are taken on JSON; {document.format} is read by a map of its own")
    elif written.rule.successor is None:
        yield written.problem("steps", "steps say what changed to the `successor`; name it")
    elif kind_named(f"{document.name}/{document.version}") is not None:
        yield written.problem("steps", f"the translators read `{document}` themselves; leave `steps` out")


def _chain(rule: VersionRule, known: dict[str, VersionRule]) -> list[VersionRule]:
    """The rules from this one to the last with a successor, as far as they lead; empty for the newest."""
    chain: list[VersionRule] = []
    while rule.successor is not None and rule not in chain and successor_of(rule) in known:
        chain.append(rule)
        rule = known[successor_of(rule)]
    return chain


def _older_document(chain: list[VersionRule]) -> OlderDocument | None:
    """Until the first version that the translators read."""
    taken: list[VersionRule] = []
    for rule in chain:
        assert rule.document is not None
        if rule.document.format != "json" or kind_named(f"{rule.document.name}/{rule.document.version}") is not None:
            break
        taken.append(rule)
    if not taken:
        return None
    first, last = taken[0].document, taken[-1]
    assert first is not None
    newest = f"{first.name}/{last.successor}"
    if kind_named(newest) is None:
        return None
    return OlderDocument(f"{first.name}/{first.version}", newest, tuple(Reshape(one.steps) for one in taken))


def _is_for(pattern: list[str], address: list[str]) -> bool:
    return len(pattern) == len(address) and all(a in ("*", b) for a, b in zip(pattern, address, strict=True))
