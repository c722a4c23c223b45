"""Transaction sets made up from the tables: any structure they allow, any value its type allows."""

import string
from random import Random

from translators.edifact.directory import Step
from translators.x12.grammar import Grammar, Value
from translators.x12.hierarchy import LEVELS

_LETTERS = string.ascii_uppercase + string.digits + " -./&é"
_DEEP = 3


def set_of(message: str, tables: Grammar, random: Random) -> list[str]:
    """The segments between ST and SE, written with `*`, `>` and no terminator."""
    root = tables.flat(message)
    assert root is not None
    lines = [each for each in _steps(root, tables, random, 0) if each.split("*")[0] not in ("ST", "SE")]
    return _levelled(lines, random)


def _steps(step: Step, tables: Grammar, random: Random, depth: int) -> list[str]:
    lines: list[str] = []
    for each in step.steps:
        times = 1 if each.mandatory else 0
        if random.random() < 0.5 / (depth + 1):
            times = max(times, min(random.choice((1, 1, 2)), each.repeats))
        for _ in range(times):
            lines += (
                [segment(each.tag, tables, random)] if each.group is None else _steps(each, tables, random, depth + 1)
            )
    return lines


def segment(tag: str, tables: Grammar, random: Random) -> str:
    """One segment: what is mandatory, some of the rest, and what the conditions then ask for."""
    rules = tables.segment(tag)
    if rules is None:
        return f"{tag}*1"
    wire: dict[int, str] = {}
    for rule, fold in zip(rules, tables.folds(tag), strict=True):
        if not fold.width or not (rule.mandatory or random.random() < 0.4):
            continue
        for repetition in range(random.randint(1, min(2, fold.repeats)) if fold.is_folded else 1):
            at = fold.at + repetition * fold.width
            if fold.is_folded:
                for number, part in enumerate(rule.components):
                    wire[at + number] = value(part, tables, random)
            elif rule.is_composite:
                upto = max([1, *(n for n, part in enumerate(rule.components, 1) if part.mandatory)])
                wire[at] = ">".join(value(part, tables, random) for part in rule.components[:upto])
            else:
                wire[at] = value(rule.components[0], tables, random)
    _satisfy(tag, wire, tables, random)
    last = max(wire, default=0)
    return "*".join([tag, *(wire.get(at, "") for at in range(1, last + 1))])


def _satisfy(tag: str, wire: dict[int, str], tables: Grammar, random: Random) -> None:
    for _ in range(4):
        for kind, places in tables.conditions(tag):
            said = [place for place in places if place in wire]
            wanted: tuple[int, ...] = ()
            if kind == "E":
                for place in said[1:]:
                    del wire[place]
            elif kind == "R":
                wanted = () if said else places[:1]
            elif kind == "P" and said:
                wanted = places
            elif kind in "CL" and places[0] in said:
                wanted = places[1:]
            for place in wanted:
                if place not in wire:
                    _put(tag, place, wire, tables, random)


def _put(tag: str, place: int, wire: dict[int, str], tables: Grammar, random: Random) -> None:
    for rule, fold in zip(tables.segment(tag) or (), tables.folds(tag), strict=True):
        if fold.is_folded and fold.at <= place < fold.at + fold.width * fold.repeats:
            start = place - (place - fold.at) % fold.width
            for number, part in enumerate(rule.components):
                wire[start + number] = value(part, tables, random)
        elif fold.at == place and fold.width:
            wire[place] = value(rule.components[0], tables, random)


def value(part: object, tables: Grammar, random: Random) -> str:
    """A value of an element, of any length it may have."""
    assert isinstance(part, Value)
    codes = tables.codes(part.id)
    if codes is not None:
        return random.choice(sorted(codes))
    length = random.randint(part.shortest, min(part.longest, part.shortest + 12))
    if part.type == "DT":
        return f"20{random.randint(10, 60)}{random.randint(1, 12):02}{random.randint(1, 28):02}"[8 - part.shortest :]
    if part.type == "TM":
        return f"{random.randint(0, 23):02}{random.randint(0, 59):02}"
    if part.kind == "n":
        digits = "".join(random.choice(string.digits) for _ in range(max(1, length)))
        if part.type == "R" and length > 1 and random.random() < 0.5:
            digits = digits[:1] + "." + digits[1:]
        return ("-" if random.random() < 0.1 else "") + digits
    return "".join(random.choice(_LETTERS) for _ in range(length)).strip().ljust(part.shortest, "X") or "X"


def _levelled(lines: list[str], random: Random) -> list[str]:
    """Hierarchical levels with numbers, parents and codes that fit."""
    found: list[str] = []
    known = 0
    for line in lines:
        if line.startswith("HL*"):
            known += 1
            parent = str(random.randint(1, known - 1)) if known > 1 else ""
            code = random.choice(LEVELS[1:]) if known > 1 else "S"
            found.append(f"HL*{known}*{parent}*{code}")
        else:
            found.append(line)
    return found
