"""The walk reads what the rows that search read, to the last value, or leaves the document to them."""

import copy
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from translators.examples import example
from translators.mapping.running import Map
from translators.writing import write
from translators.xmldoc import sweeping, translating
from translators.xmldoc.parsing import XmlLimits, parse
from translators.xmldoc.translating import kind_of_root, map_for

SAMPLES = sorted((Path(__file__).parents[1] / "samples").glob("*.in.xml"))
UNUSUAL = {"despatch-advice-ubl21.in.xml", "despatch-advice-peppol-ubl21.in.xml", "invoice-cii.in.xml"}
"""Samples in which an element is there that says nothing the map reads: left to the rows that search."""


def compiled(root: Any) -> Map:
    found = map_for(kind_of_root(root))
    assert found is not None
    return found


def assert_same(using: Map, root: Any) -> bool:
    """`trace` asks the rows that search; without it the walk comes first. Whether the walk came through."""
    walked, searched = using.translate(root), using.translate(root, trace=True)
    assert walked.canonical == searched.canonical
    told = [[(each.code, each.text, each.spot) for each in done.troubles] for done in (walked, searched)]
    assert told[0] == told[1]
    assert walked.used == searched.used
    return using.quickly(root) is not None


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_the_walk_comes_through_the_samples(path: Path) -> None:
    root = parse(path.read_bytes(), XmlLimits())
    assert assert_same(compiled(root), root) is (path.name not in UNUSUAL)


def changed(root: Any, chance: random.Random) -> Any:
    """A copy with one to three elements or attributes removed, doubled, moved, emptied or given another's text."""
    copied = copy.deepcopy(root)
    for _ in range(chance.randint(1, 3)):
        elements = list(copied.iter())[1:]
        if not elements:
            break
        element, other = chance.choice(elements), chance.choice(elements)
        match chance.randrange(6):
            case 0:
                element.getparent().remove(element)
            case 1:
                element.addnext(copy.deepcopy(element))
            case 2:
                parent = element.getparent()
                parent.insert(chance.randrange(len(parent)), element)
            case 3:
                element.text = chance.choice(["", " ", "x", "0", "2026-02-30", other.text])
            case 4 if element.attrib:
                name = chance.choice(sorted(element.attrib))
                element.set(name, chance.choice(["", "x", "0088", "EUR", *other.attrib.values()]))
            case _ if element.attrib:
                element.attrib.pop(chance.choice(sorted(element.attrib)))
    return copied


def copies(root: Any, seed: int, count: int) -> Iterator[Any]:
    chance = random.Random(seed)
    return (changed(root, chance) for _ in range(count))


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_a_changed_document_is_read_as_the_rows_that_search_read_it(path: Path) -> None:
    root = parse(path.read_bytes(), XmlLimits())
    using = compiled(root)
    for each in copies(root, 7, 60):
        assert_same(using, each)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_counting_what_was_used_hides_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = path.read_bytes()
    root = parse(content, XmlLimits())
    using = compiled(root)
    for each in (root, *copies(root, 11, 20)):
        used = using.translate(each).used
        counted = translating._residue(list(each.iter()), content, using, used)
        with monkeypatch.context() as one_by_one:
            one_by_one.setattr(translating, "_count_said", lambda _root: -1)
            assert translating._residue(list(each.iter()), content, using, used) == counted


def test_a_later_row_that_adds_to_an_object_of_the_walk_finds_it() -> None:
    root = parse((SAMPLES[0].parent / "order-ubl21.in.xml").read_bytes(), XmlLimits())
    bases = list(root.iter("{*}BaseQuantity"))
    assert bases
    for each in bases:
        each.attrib.pop("unitCode", None)
    using = compiled(root)
    assert assert_same(using, root)
    lines = using.translate(root).canonical.lines
    assert {line.unit_price.basis.unit == line.quantity.unit for line in lines if line.unit_price} == {True}


def test_rows_that_wait_are_asked_only_where_what_they_look_for_was_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    searching = sweeping.searching

    def counted(text: Any, action: Any) -> Any:
        def act(run: Any, node: Any, *rest: Any) -> None:
            asked.append(action)
            action(run, node, *rest)

        return searching(text, act)

    monkeypatch.setattr(sweeping, "searching", counted)
    root = parse(write(example("order.json"), "ubl:Order:2.1"), XmlLimits())
    using = map_for.__wrapped__(kind_of_root(root))  # compiled anew
    assert using is not None
    assert using.quickly(root) is not None
    assert asked == []
    name = next(next(root.iter("{*}Item")).iter("{*}Name"))
    described = copy.deepcopy(name)
    described.tag = name.tag.replace("}Name", "}Description")
    name.addprevious(described)
    assert using.quickly(root) is not None
    assert len(asked) == 1
