"""What changes between two sets of rules, for whom: not which lines of a file.

Both sets are asked the same questions, and where the answers differ, that is what changes. What nobody can be asked (an
ordering key, a retry) is told rule by rule.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from policies.fileparts import networks, parts
from policies.policyset import PolicySet
from policies.questions import ANY_OTHER, Answers, Axes, Sender, Topic, differing_answers
from policies.situations import situations
from policies.written import Written


class Effect(Struct, frozen=True, kw_only=True, order=True):
    """`who` in words; `what` changes for them; `partners` of the profiles it is about, where they were given."""

    topic: Topic
    what: str
    who: str
    partners: tuple[str, ...] = ()


class RuleChange(Struct, frozen=True, kw_only=True):
    """A rule, or a part beside the rules, that is new, gone or written otherwise.

    `fields` has what was and what is, in the words of the files.
    """

    kind: str
    name: str
    change: Literal["added", "removed", "changed"]
    fields: dict[str, tuple[Any, Any]]
    place: str


class Comparison(Struct, frozen=True, kw_only=True):
    before: str
    after: str
    effects: tuple[Effect, ...]
    rules: tuple[RuleChange, ...]


def compare_sets(before: PolicySet, after: PolicySet, at: datetime, plans: dict[str, str] | None = None) -> Comparison:
    """As of the moment `at`. `plans`: the plan of every partner there is, by id."""
    changes, beside = list(_rule_changes(before, after)), list(_part_changes(before, after))
    changed = {(one.kind, one.name) for one in changes}
    concerned = [one for rules in (before, after) for one in rules.written if (one.ref.kind, one.ref.name) in changed]
    effects: list[Effect] = []
    if concerned or beside:
        lists = {name for one in beside for name in _address_lists(one)}
        about = [*concerned, *_using(lists, before, after)]
        asked = situations(about, networks(before), networks(after), lists, at)
        axes = Axes(before, after, about, plans or {}, asked)
        effects = _told(differing_answers(before, after, axes), axes)
    effects += [*_conditions(changes), *_schema_files(before, after)]
    return Comparison(before=before.revision, after=after.revision, effects=tuple(effects), rules=(*changes, *beside))


def _address_lists(part: RuleChange) -> Iterator[str]:
    """Those that are others now, and those that a changed zone has or had."""
    if part.name.startswith("addresses "):
        yield part.name.removeprefix("addresses ")
    elif part.name.startswith("zones "):
        for names in part.fields.get("addresses", ()):
            yield from names or ()


def _using(lists: set[str], before: PolicySet, after: PolicySet) -> Iterator[Written[Any]]:
    """Rules that are as they were and hold from other addresses now."""
    for rules in (before, after):
        for one in rules.written:
            named = {*getattr(one.rule, "addresses", ()), *getattr(one.rule, "outside", ())}
            if named & lists:
                yield one


def _in_all_situations(differing: Iterator[Answers], axes: Axes) -> Iterator[Answers]:
    """What is the same in all situations is told without one."""
    found: dict[Answers, list[str]] = {}
    for one in differing:
        found.setdefault(replace(one, situation=""), []).append(one.situation)
    for one, told in found.items():
        if len(told) == len(axes.situations):
            yield one
        else:
            yield replace(one, how=f"{one.how}, {' or '.join(told)}")


def _told(differing: Iterator[Answers], axes: Axes) -> list[Effect]:
    """What is the same at all times, from everywhere, for all plants, all plans or several roles is told once."""
    places: dict[Answers, set[str]] = {}
    for one in _in_all_situations(differing, axes):
        places.setdefault(replace(one, where=""), set()).add(one.where)
    whos: dict[tuple[Topic, str, str], list[Sender]] = {}
    for one, where in places.items():
        everywhere = where == {""} or len(where) == len(axes.places_of(one.sender))
        what = one.what if everywhere else f"{one.what} for {' or '.join(sorted(where))}"
        whos.setdefault((one.topic, f"{what}{one.change}", one.how), []).append(one.sender)
    effects: dict[tuple[Topic, str], tuple[list[str], set[str]]] = {}
    for (topic, what, how), senders in whos.items():
        words, names = effects.setdefault((topic, what), ([], set()))
        words.append(f"{', '.join(_words_of(senders, axes))}{how}")
        names.update(name for sender in senders for name in axes.partners_like(sender))
    return [
        Effect(topic=topic, what=what, who="; ".join(words), partners=tuple(sorted(names)))
        for (topic, what), (words, names) in effects.items()
    ]


def _words_of(senders: list[Sender], axes: Axes) -> list[str]:
    """`every partner`, or `every partner but` some, when it holds on every plan."""
    partners = [one for one in axes.senders if one.kind == "partner"]
    others = [one for one in partners if one.id == ANY_OTHER]
    if len(others) < 2 or not all(one in senders for one in others):
        return [one.words for one in senders]
    missing = [one.words for one in partners if one not in senders]
    every = f"every partner but {', '.join(missing)}" if missing else "every partner"
    return [every, *(one.words for one in senders if one.kind != "partner")]


def _schema_files(before: PolicySet, after: PolicySet) -> Iterator[Effect]:
    """Schemas that say something else now, under a name that rules go on using."""
    for name, digest in after.files.items():
        if before.files.get(name, digest) == digest or not name.startswith("schemas/"):
            continue
        rules = [one.ref.name for one in after.written if getattr(one.rule, "schema", None) == name]
        who = f"rules {', '.join(f'`{rule}`' for rule in rules)}" if rules else "whatever refers to it"
        yield Effect(topic="schema", what=f"`{name}` has changed", who=who)


def _conditions(changes: list[RuleChange]) -> Iterator[Effect]:
    """Whom a condition lets through is known of real messages alone: `policy replay` has them."""
    for one in changes:
        was, now = one.fields.get("when", (None, None))
        if was != now:
            what = f"{one.kind} `{one.name}` holds where {_or_always(was)} → {_or_always(now)}"
            who = "whoever it is about; `policy replay` tells of the messages there were"
            yield Effect(topic="condition", what=what, who=who)


def _or_always(condition: str | None) -> str:
    return f"`{' '.join(condition.split())}`" if condition else "(always)"


def _part_changes(before: PolicySet, after: PolicySet) -> Iterator[RuleChange]:
    was, now = parts(before), parts(after)
    for key in [*now, *(key for key in was if key not in now)]:
        old = was[key].data if key in was else {}
        new = now[key].data if key in now else {}
        if old != new:
            place = (now.get(key) or was[key]).place
            yield RuleChange(kind=key[0], name=key[1], change=_change(old, new), fields=_fields(old, new), place=place)


def _change(old: dict[str, Any], new: dict[str, Any]) -> Literal["added", "removed", "changed"]:
    if old and new:
        return "changed"
    return "added" if new else "removed"


def _fields(old: dict[str, Any], new: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {name: (old.get(name), new.get(name)) for name in [*old, *new] if old.get(name) != new.get(name)}


def _rule_changes(before: PolicySet, after: PolicySet) -> Iterator[RuleChange]:
    was, now = ({(one.ref.kind, one.ref.name): one for one in rules.written} for rules in (before, after))
    for key in [*now, *(key for key in was if key not in now)]:
        old = _as_written(was[key]) if key in was else {}
        new = _as_written(now[key]) if key in now else {}
        if old == new:
            continue
        ref = (now.get(key) or was[key]).ref
        place = f"{ref.file}:{ref.line}"
        yield RuleChange(kind=key[0], name=key[1], change=_change(old, new), fields=_fields(old, new), place=place)


def _as_written(one: Written[Any]) -> dict[str, Any]:
    """The rule in the words of its file, and, for a schema, what the file it names holds."""
    data: Any = one.file.data
    for step in one.path.removeprefix("$.").replace("]", "").replace("[", ".").split("."):
        data = data[int(step)] if isinstance(data, list) else data[step]
    return dict(data)
