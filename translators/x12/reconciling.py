"""What a received acknowledgement (997, 999) says about what we sent: group by group and set by set."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from msgspec import Struct

from translators.canonical.ack import Ack

Answer = Literal["accepted", "accepted_with_errors", "partly_accepted", "rejected", "received", "unanswered"]


class SentGroup(Struct, frozen=True, kw_only=True):
    """A functional group we sent: its control number (GS06) and the control numbers (ST02) of its sets."""

    control: str
    functional: str
    sets: tuple[str, ...]


class Answered(Struct, frozen=True, kw_only=True):
    """What became of one set, or with `set` empty of the whole group."""

    group: str
    set: str
    answer: Answer


class Reconciliation(Struct, frozen=True, kw_only=True):
    """`answers` for everything that was sent; `strangers` are sentences about answers to what was never sent."""

    answers: tuple[Answered, ...]
    strangers: tuple[str, ...]

    @property
    def is_settled(self) -> bool:
        """Whether everything sent has been accepted."""
        taken = ("accepted", "accepted_with_errors", "received")
        return not self.strangers and all(each.answer in taken for each in self.answers)


def reconcile(sent: Iterable[SentGroup], acks: Iterable[Ack]) -> Reconciliation:
    """Lays acknowledgements beside what was sent. The last word on a set holds.

    A set that its acknowledgement does not name is what the group is; a group that is partly accepted says nothing of
    a set it does not name.
    """
    groups = {_plain(group.control): group for group in sent}
    answers: dict[tuple[str, str], Answer] = {}
    strangers: list[str] = []
    for ack in acks:
        group = groups.get(_plain(ack.subject.group or ""))
        if group is None:
            strangers.append(f"the group `{(ack.subject.group or '')[:9]}` that is answered was never sent")
            continue
        answers[group.control, ""] = ack.result
        strangers += _lay_parts(ack, group, answers)
    return Reconciliation(answers=tuple(_all(groups, answers)), strangers=tuple(strangers))


def _lay_parts(ack: Ack, group: SentGroup, answers: dict[tuple[str, str], Answer]) -> Iterator[str]:
    known = {_plain(each): each for each in group.sets}
    named = set()
    for part in ack.parts:
        own = known.get(_plain(part.subject.message or ""))
        if own is None:
            shown = (part.subject.message or "")[:9]
            yield f"the set `{shown}` of group {group.control} that is answered was never sent"
            continue
        named.add(own)
        answers[group.control, own] = part.result
    for each in group.sets:
        if each not in named and ack.result != "partly_accepted":
            answers[group.control, each] = ack.result


def _all(groups: Mapping[str, SentGroup], answers: Mapping[tuple[str, str], Answer]) -> Iterator[Answered]:
    for group in groups.values():
        for each in ("", *group.sets):
            yield Answered(group=group.control, set=each, answer=answers.get((group.control, each), "unanswered"))


def _plain(control: str) -> str:
    """Control numbers are compared without the zeros before them: GS06 is a number, and some write it as ISA13 is."""
    return control.lstrip("0") or control
