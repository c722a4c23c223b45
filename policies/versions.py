"""Which versions of the API and of documents are taken, and what is told about those that end.

A version is in `preview` (for those invited), `active`, `deprecated` (works, and every answer says so) or `retired`.
A deprecated version retires by itself at its `sunset`. Fields: Deprecation (RFC 9745), Sunset (RFC 8594), Link with
the relations `deprecation`, `sunset` (same RFCs) and `successor-version` (RFC 5829).
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from policies.facts import DocumentFacts, RequestFacts
from policies.reading import Read
from policies.verdicts import Allowed, Code, Field, Refused
from policies.written import Name, Rule, Written, check_twice, force_of, not_judged
from translators.moments import Moment
from translators.yamlfiles import FileProblem

ApiVersion = Annotated[str, Meta(pattern=r"^v[0-9]{1,4}$", description="write `v` and a number, as in `v1`")]
Link = Annotated[
    str,
    Meta(
        pattern=r"^(https://|/)[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]*$",
        max_length=300,
        description="write an address that begins with `https://` or `/`",
    ),
]
LifeState = Literal["preview", "active", "deprecated", "retired"]


class DocumentVersion(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """In the format's own words: `edifact` `ORDERS` `D.96A`, `xml` `Order` `2.1`, `json` `purchase_order` `1`."""

    format: Literal["edifact", "xml", "json"]
    name: Annotated[str, Meta(min_length=1, max_length=80)]
    version: Annotated[str, Meta(min_length=1, max_length=40)]

    def __str__(self) -> str:
        return f"{self.format} {self.name} {self.version}"


class VersionRule(Rule, frozen=True, kw_only=True):
    """Either `api` or `document`."""

    api: ApiVersion | None = None
    document: DocumentVersion | None = None
    state: LifeState
    open_to: tuple[Name, ...] = ()
    """Senders invited to a preview."""
    deprecated_from: Moment | None = None
    sunset: Moment | None = None
    """Last moment it works; then it is retired."""
    successor: str | None = None
    """What to use instead: an API version (`v2`), or the version of the same document (`D.01B`)."""
    information: Link | None = None
    """A page for those who must change."""

    def is_early(self) -> bool:
        return self.api is not None


class VersionsFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`versions.yaml`."""

    kind: Literal["versions"]
    rules: tuple[VersionRule, ...]


def check_versions(written: list[Written[VersionRule]]) -> Iterator[FileProblem]:
    known = {_subject(one.rule) for one in written}
    for one in written:
        yield from _check(one, known)
    yield from check_twice(written, lambda rule: rule.api, "api", "API version")
    yield from check_twice(written, lambda rule: str(rule.document) if rule.document else None, "document", "document")


def _subject(rule: VersionRule) -> str:
    return f"api {rule.api}" if rule.api else str(rule.document)


def _check(written: Written[VersionRule], known: set[str]) -> Iterator[FileProblem]:
    rule = written.rule
    if (rule.api is None) == (rule.document is None):
        yield written.problem(None, "a version rule is about either `api` or `document`")
        return
    if rule.state == "deprecated" and rule.deprecated_from is None:
        yield written.problem("state", "a deprecated version needs `deprecated_from`")
    if rule.sunset is not None and rule.deprecated_from is None:
        yield written.problem("sunset", "a sunset needs `deprecated_from`: nobody may lose a version unwarned")
    if rule.sunset and rule.deprecated_from and rule.sunset.at < rule.deprecated_from.at:
        yield written.problem("sunset", "`sunset` must not be earlier than `deprecated_from`")
    if rule.state == "retired" and rule.successor is None and rule.information is None:
        yield written.problem(
            "state", "a retired version needs `successor` or `information`, so that the refusal can help"
        )
    if (rule.state == "preview") != bool(rule.open_to):
        yield written.problem("state", "`open_to` and the state `preview` belong together: name who is invited")
    if rule.successor is not None and _successor(rule) not in known:
        yield written.problem("successor", f"`{rule.successor}` has no version rule of its own")
    if rule.successor is not None and _successor(rule) == _subject(rule):
        yield written.problem("successor", "a version cannot follow itself")


def _successor(rule: VersionRule) -> str:
    if rule.document is None:
        return f"api {rule.successor}"
    return f"{rule.document.format} {rule.document.name} {rule.successor}"


class _Version:
    """A version rule made ready: its answers differ by time alone."""

    def __init__(self, written: Written[VersionRule]) -> None:
        self.rule = rule = written.rule
        self.ref = written.ref
        self.force = force_of(written)
        self.what = f"API version `{rule.api}`" if rule.api else f"`{rule.document}`"
        self.prefix = "version." if rule.api else "version.document_"
        self.sunset: datetime | None = rule.sunset.at if rule.sunset else None
        self.invited = frozenset(rule.open_to)
        self.fields = _fields(rule)
        self.allowed = Allowed(self.ref, self.fields)
        self.plain = rule.state == "active" and self.sunset is None and self.force is None

    def judge(self, facts: RequestFacts | DocumentFacts) -> Allowed | Refused | None:
        """None when the rule is not in force: then nobody accepts the version."""
        if self.plain:
            return self.allowed
        in_force = True if self.force is None else self.force.judge(facts)
        if in_force is None:
            return not_judged(self.ref)
        if not in_force:
            return None
        refused = self._refusal(facts if isinstance(facts, RequestFacts) else facts.request)
        if refused is not None and self.rule.mode == "observe":
            return Allowed(self.ref, self.fields, (self.ref,))
        return refused or self.allowed

    def _refusal(self, request: RequestFacts) -> Refused | None:
        if self.rule.state == "preview" and request.sender not in self.invited:
            return self._refused("not_open", f"{self.what} is a preview", "ask to be invited, or use an active version")
        if self.rule.state == "retired" or (self.sunset is not None and request.at >= self.sunset):
            when = f" since {self.sunset:%Y-%m-%d}" if self.sunset is not None else ""
            return self._refused("retired", f"{self.what} is retired{when}", self._where_to_go())
        return None

    def _refused(self, code: str, text: str, act: str) -> Refused:
        whole: Code = self.prefix + code  # type: ignore[assignment] # every sum is a Code, see its table
        return Refused(self.ref, whole, text, act, fields=self.fields)

    def _where_to_go(self) -> str:
        successor, page = self.rule.successor, self.rule.information
        use = f"use `{successor}`" if successor else ""
        read = f"see {page}" if page else ""
        return "; ".join(part for part in (use, read) if part)


def _fields(rule: VersionRule) -> tuple[Field, ...]:
    fields: list[Field] = []
    if rule.deprecated_from is not None:
        fields.append(("Deprecation", f"@{int(rule.deprecated_from.at.timestamp())}"))
    if rule.sunset is not None:
        fields.append(("Sunset", f"{rule.sunset.at:%a, %d %b %Y %H:%M:%S} GMT"))
    links: list[str] = []
    if rule.information is not None and rule.deprecated_from is not None:
        links.append(f'<{rule.information}>; rel="deprecation"')
    if rule.information is not None and rule.sunset is not None:
        links.append(f'<{rule.information}>; rel="sunset"')
    if rule.successor is not None and rule.api is not None:
        links.append(f'</{rule.successor}>; rel="successor-version"')
    if links:
        fields.append(("Link", ", ".join(links)))
    return tuple(fields)


class Versions:
    """All versions of a set; what no rule names is refused."""

    FILE = VersionsFile

    def __init__(self, read: Read) -> None:
        self._default = read.default
        self._apis: dict[str, _Version] = {}
        self._documents: dict[tuple[str, str, str], _Version] = {}
        for written in read.lists["rules"]:
            version = _Version(written)
            if written.rule.api is not None:
                self._apis[written.rule.api] = version
            elif written.rule.document is not None:
                document = written.rule.document
                self._documents[document.format, document.name, document.version] = version

    @staticmethod
    def check(read: Read) -> Iterator[FileProblem]:
        yield from check_versions(read.lists["rules"])

    def of_api(self, request: RequestFacts) -> Allowed | Refused:
        version = self._apis.get(request.api_version)
        verdict = version.judge(request) if version is not None else None
        if verdict is not None:
            return verdict
        act = f"use {self._active()}"
        return Refused(self._default, "version.unknown", f"there is no API version `{request.api_version}`", act)

    def _active(self) -> str:
        return " or ".join(f"`{name}`" for name, version in self._apis.items() if version.rule.state == "active")

    def of_document(self, document: DocumentFacts) -> Allowed | Refused:
        version = self._documents.get((document.format, document.name, document.version))
        verdict = version.judge(document) if version is not None else None
        if verdict is not None:
            return verdict
        name = f"`{document.format} {document.name} {document.version}`"
        taken = [v for f, n, v in self._documents if (f, n) == (document.format, document.name)]
        act = (
            f"send {document.name} in version {' or '.join(f'`{v}`' for v in taken)}" if taken else "ask what we accept"
        )
        return Refused(self._default, "version.document_unknown", f"no rule accepts {name}", act)
