"""Who uses which version: counted from recorded facts, told with the state each version is in now."""

from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec import Struct

from policies.facts import DocumentFacts, RequestFacts
from policies.versionrules import LIFE
from policies.versions import Versions

_Key = tuple[str, str, str]


class Use(Struct, frozen=True, kw_only=True):
    """`version`: `api v0`, or a document in its format's words. `state`: as it is now, `unknown` when no rule names it.
    `messages` counts all, `refused` those of them that were not taken."""

    sender_kind: str
    sender: str
    version: str
    state: str
    messages: int
    refused: int
    last_seen: datetime


class Uses:
    """Counts as it goes; nothing of a message is kept but its sender, its versions and when it came."""

    def __init__(self, versions: Versions, now: datetime | None = None) -> None:
        self._versions = versions
        self._now = now or datetime.now(UTC)
        self._counts: dict[_Key, list[int]] = {}
        self._last: dict[_Key, datetime] = {}

    def count(self, request: RequestFacts, documents: Sequence[DocumentFacts], *, refused: bool) -> None:
        """One message."""
        self._add(request, f"api {request.api_version}", 1, refused, request.at)
        for version in {f"{one.format} {one.name} {one.version}" for one in documents}:
            self._add(request, version, 1, refused, request.at)

    def count_refused(self, example: RequestFacts, requests: int, at: datetime) -> None:
        """Requests refused before their body was read, of which one is known."""
        self._add(example, f"api {example.api_version}", requests, True, at)

    def told(self, *, ending: bool = False) -> list[Use]:
        """By version, the most used first; `ending`: only what is deprecated or further, or that no rule names."""
        uses = [self._use(key) for key in self._counts]
        if ending:
            late = LIFE[LIFE.index("deprecated") :]
            uses = [use for use in uses if use.state in late or use.state == "unknown"]
        return sorted(uses, key=lambda use: (use.version, -use.messages, use.sender))

    def _add(self, request: RequestFacts, version: str, messages: int, refused: bool, at: datetime) -> None:
        key = (request.sender_kind, request.sender, version)
        count = self._counts.setdefault(key, [0, 0])
        count[0] += messages
        count[1] += messages if refused else 0
        self._last[key] = max(at, self._last.get(key, at))

    def _use(self, key: _Key) -> Use:
        kind, sender, version = key
        messages, refused = self._counts[key]
        state = self._versions.stage(version, self._now) or "unknown"
        return Use(
            sender_kind=kind, sender=sender, version=version, state=state, messages=messages, refused=refused,
            last_seen=self._last[key],
        )  # fmt: skip
