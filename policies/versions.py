"""Which versions of the API and of documents are taken, and what is told about those that end.

A version is in `preview` (for those invited), `active`, `deprecated` (works, and every answer says so), in `sunset`
(works only for those with an exception) or `retired` (works for nobody). The dates of its rule take it from one to the
next by themselves, never back; before the sunset `brownouts` remind whoever overlooked the fields. Fields: Deprecation
(RFC 9745), Sunset (RFC 8594), Link with the relations `deprecation`, `sunset` (same RFCs) and `successor-version`
(RFC 5829).
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from policies.brownouts import BrownoutTimes, CriticalWindows, check_critical_window
from policies.facts import DocumentFacts, RequestFacts
from policies.olderversions import OlderVersions
from policies.reading import Read
from policies.verdicts import Allowed, Code, Field, Refused
from policies.versionchecks import check_exceptions, check_versions
from policies.versionrules import LIFE, LifeState, VersionException, VersionRule, VersionsFile, subject
from policies.written import Force, Written, force_of, not_judged
from translators.fileproblems import FileProblem
from translators.moments import Moment


class _Exception:
    """An exception made ready, for one version."""

    def __init__(self, written: Written[VersionException], version: VersionRule) -> None:
        rule = written.rule
        assert rule.until is not None, "checked when the rules were loaded"
        self.force: Force | None = force_of(written)
        self.allowed = Allowed(written.ref, _fields(version, rule.until))


class _Version:
    """A version rule made ready: its answers differ by time alone, and by sender where there are exceptions."""

    def __init__(
        self, written: Written[VersionRule], exceptions: Iterable[Written[VersionException]], calm: CriticalWindows
    ) -> None:
        self.rule = rule = written.rule
        self.ref = written.ref
        self.force = force_of(written)
        self.what = f"API version `{rule.api}`" if rule.api else f"`{rule.document}`"
        self.prefix = "version." if rule.api else "version.document_"
        self.invited = frozenset(rule.open_to)
        self.fields = _fields(rule, rule.sunset)
        self.allowed = Allowed(self.ref, self.fields)
        self._calm = calm
        self._brownouts = BrownoutTimes(rule.brownouts, rule.sunset.at) if rule.brownouts and rule.sunset else None
        self._exceptions: dict[tuple[str, str], list[_Exception]] = {}
        for one in exceptions:
            made = _Exception(one, rule)
            for kind, names in (("partner", one.rule.partners), ("plant", one.rule.plants)):
                for name in names:
                    self._exceptions.setdefault((kind, name), []).append(made)
        ends = [moment.at for moment in (rule.sunset, rule.retired_from) if moment]
        self._quiet_until = min([*ends, *([self._brownouts.start] if self._brownouts else [])], default=None)
        self._is_served = rule.state in ("active", "deprecated")

    def stage(self, at: datetime) -> LifeState:
        """What the rule's state has become by itself."""
        rule = self.rule
        reached: LifeState = rule.state
        dates: tuple[tuple[Moment | None, LifeState], ...] = (
            (rule.deprecated_from, "deprecated"),
            (rule.sunset, "sunset"),
            (rule.retired_from, "retired"),
        )
        for moment, state in dates:
            if moment is not None and at >= moment.at and LIFE.index(state) > LIFE.index(reached):
                reached = state
        return reached

    def judge(self, facts: RequestFacts | DocumentFacts) -> Allowed | Refused | None:
        """None when the rule is not in force: then nobody accepts the version."""
        in_force = True if self.force is None else self.force.judge(facts)
        if in_force is None:
            return not_judged(self.ref)
        if not in_force:
            return None
        if self._is_served and (self._quiet_until is None or facts.at < self._quiet_until):
            return self.allowed
        refused = self._refusal(facts)
        if isinstance(refused, Refused) and self.rule.mode == "observe":
            return Allowed(self.ref, self.fields, (self.ref,))
        return refused or self.allowed

    def _refusal(self, facts: RequestFacts | DocumentFacts) -> Refused | Allowed | None:
        """None when the version works for this sender now; Allowed when it does by an exception."""
        request = facts if isinstance(facts, RequestFacts) else facts.request
        stage = self.stage(request.at)
        if stage == "preview":
            if request.sender in self.invited:
                return None
            return self._refused("not_open", f"{self.what} is a preview", "ask to be invited, or use an active version")
        if stage == "retired":
            return self._retired()
        for one in self._exceptions.get((request.sender_kind, request.sender), ()):
            if one.force is None or one.force.holds(facts, unsure=False):
                return one.allowed
        if stage == "sunset":
            return self._retired()
        return self._brownout(request)

    def _retired(self) -> Refused:
        when = f" since {self.rule.sunset.at:%Y-%m-%d}" if self.rule.sunset is not None else ""
        return self._refused("retired", f"{self.what} is retired{when}", self._where_to_go())

    def _brownout(self, request: RequestFacts) -> Refused | None:
        end = self._brownouts.end_of(request.at) if self._brownouts is not None else None
        if end is None or self._calm.hold(request):
            return None
        assert self.rule.sunset is not None
        ends = f"{self.rule.sunset.at:%Y-%m-%d}"
        text = f"{self.what} is switched off until {end:%H:%M:%S} UTC, because it ends on {ends}"
        act = f"{self._where_to_go()}; the same request is taken again after that" if self._where_to_go() else "wait"
        seconds = max(1, -(-(end - request.at).total_seconds() // 1))
        return self._refused("brownout", text, act, int(seconds))

    def _refused(self, code: str, text: str, act: str, retry_after: int | None = None) -> Refused:
        whole: Code = self.prefix + code  # type: ignore[assignment] # every sum is a Code, see its table
        return Refused(self.ref, whole, text, act, retry_after, fields=self.fields)

    def _where_to_go(self) -> str:
        successor, page = self.rule.successor, self.rule.information
        use = f"use `{successor}`" if successor else ""
        read = f"see {page}" if page else ""
        return "; ".join(part for part in (use, read) if part)


def _fields(rule: VersionRule, sunset: Moment | None) -> tuple[Field, ...]:
    """`sunset` is the sender's own: that of the version, or of its exception."""
    fields: list[Field] = []
    if rule.deprecated_from is not None:
        fields.append(("Deprecation", f"@{int(rule.deprecated_from.at.timestamp())}"))
    if sunset is not None:
        fields.append(("Sunset", f"{sunset.at:%a, %d %b %Y %H:%M:%S} GMT"))
    links: list[str] = []
    if rule.information is not None and rule.deprecated_from is not None:
        links.append(f'<{rule.information}>; rel="deprecation"')
    if rule.information is not None and sunset is not None:
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
        self.older = OlderVersions(read.lists["rules"])
        self._apis: dict[str, _Version] = {}
        self._documents: dict[tuple[str, str, str], _Version] = {}
        calm = CriticalWindows(read.lists["critical_windows"])
        excepted: dict[str, list[Written[VersionException]]] = {}
        for exception in read.lists["exceptions"]:
            excepted.setdefault(subject(exception.rule), []).append(exception)
        for written in read.lists["rules"]:
            version = _Version(written, excepted.get(subject(written.rule), ()), calm)
            if written.rule.api is not None:
                self._apis[written.rule.api] = version
            elif written.rule.document is not None:
                document = written.rule.document
                self._documents[document.format, document.name, document.version] = version

    @staticmethod
    def check(read: Read) -> Iterator[FileProblem]:
        versions = read.lists["rules"]
        yield from check_versions(versions)
        yield from check_exceptions(read.lists["exceptions"], versions)
        for window in read.lists["critical_windows"]:
            yield from check_critical_window(window)

    def stage(self, version: str, at: datetime) -> LifeState | None:
        """The state of `api v1`, or of a document in its format's words; None when no rule names it."""
        known = {subject(one.rule): one for one in (*self._apis.values(), *self._documents.values())}
        return known[version].stage(at) if version in known else None

    def of_api(self, request: RequestFacts) -> Allowed | Refused:
        version = self._apis.get(request.api_version)
        verdict = version.judge(request) if version is not None else None
        if verdict is not None:
            return verdict
        act = f"use {self._active(request.at)}"
        return Refused(self._default, "version.unknown", f"there is no API version `{request.api_version}`", act)

    def _active(self, at: datetime) -> str:
        return " or ".join(f"`{name}`" for name, version in self._apis.items() if version.stage(at) == "active")

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
