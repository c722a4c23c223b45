"""Every release against the UN's own texts around it: what neither of them says is a fault until explained."""

from collections.abc import Iterator
from itertools import pairwise

import pytest

from translators.edifact.directory import Component, Directory, Step, directory, releases

Facts = dict[tuple[str, ...], str]

TEXTS = ("D.96A", "D.97A", "D.01B", "D.07B", "D.17B")
"""Read from the UN's own text; the others from a second source, repaired."""

OTHER_THAN_THE_TEXTS = {
    # The 96A text marks each of these as added or changed in 96A, so it was otherwise in 95B.
    "D.95B": """
        composite C059, C200, C214, C273; segment PSD; element 3148, 3224, 5482
        DESADV CPS/PAC/PCI/GIR; IFTMIN CPI/RFF, NAD/CPI/RFF; INVOIC LIN/TAX/; INVRPT DTM; SLSRPT LOC/LIN/GIN
        IFTSTA CNI/STS/DOC, CNI/STS/GID/PCI, CNI/STS/GID/PCI/, CNI/STS/GID/PCI/GIN, CNI/STS/GID/PCI/PCI
        ORDERS LIN/CCI/, LIN/CCI/CAV, LIN/CCI/CCI, LIN/CCI/MEA
        ORDCHG FTX, LIN/ALC/, LIN/CCI/, LIN/CCI/CAV, LIN/CCI/CCI, LIN/CCI/MEA, LIN/FTX, LIN/MOA, LIN/RFF/, LIN/TAX/
        ORDCHG NAD/
        ORDRSP FTX, LIN/ALC/, LIN/CCI/, LIN/CCI/CAV, LIN/CCI/CCI, LIN/CCI/MEA, LIN/FTX, LIN/MOA, LIN/NAD/
        ORDRSP LIN/PAC/PCI/GIN, LIN/RFF/, LIN/TAX/, NAD/, PAC/PCI/GIN
        PRICAT ALC/DTM, FTX, NAD/, PGI/ALC/, PGI/CUX/, PGI/LIN/, PGI/LIN/ALC/, PGI/LIN/ALC/DTM, PGI/LIN/CCI/
        PRICAT PGI/LIN/CCI/CAV, PGI/LIN/CCI/CCI, PGI/LIN/CCI/MEA, PGI/LIN/IMD, PGI/LIN/NAD, PGI/LIN/PRI/CUX
        PRICAT PGI/LIN/RFF, PGI/LIN/TAX/, PGI/PRI/CUX, PGI/TAX/, RFF/
        """,
    # On its way from nothing (97A) to nine times (01B).
    "D.98B": "SLSRPT LOC/LIN/DTM",
    # 99 where D.99A and D.00A have 5: kept, since the source never enlarged a repeat and the wider refuses nothing.
    "D.99B": "SLSRPT CUX/",
    # The group EQD is new after 07B; its STS becomes a group of its own before 17B.
    "D.10A": "IFTSTA EQD/STS",
    # After the last text, with no second source: DELJIT tells references of a party; IFTSTA 999 as CUX/ in D.99B.
    "D.18A": "DELJIT NAD/RFF/, NAD/RFF/DTM, NAD/RFF/RFF; IFTSTA EQD/RFF",
    # IFTSTA was cut back to about what it was in D.10A; IFTMIN and TDT grew.
    "D.20B": """
        composite C290; segment TDT; element 8462, 8463, 8464
        DELJIT NAD/RFF/, NAD/RFF/DTM, NAD/RFF/RFF; IFTMIN EQD/RNG, GID/RNG, GID/TMP
        IFTSTA CNI/, CNI/STS/EFI/, CNI/STS/EFI/CED, CNI/STS/EFI/COM, CNI/STS/EFI/DTM, CNI/STS/EFI/EFI, CNI/STS/EFI/QTY
        IFTSTA CNI/STS/EFI/RFF, CNI/STS/FTX, CNI/STS/GID/, CNI/STS/MOA, EQD/DTM, EQD/FTX, EQD/NAD, EQD/STS/, EQD/STS/DTM
        IFTSTA NAD/RFF/, NAD/RFF/DTM, NAD/RFF/RFF
        """,
}
OTHER_THAN_THE_TEXTS["D.24A"] = OTHER_THAN_THE_TEXTS["D.20B"] + "; IFTSTA CNI/STS/EQD/EQA/QTY, EQD/EQA/QTY"

SIZES = {
    # Messages, segments, rows of messages, composites, elements, codes.
    "D.95B": (19, 74, 2002, 113, 342, 5325),
    "D.96A": (21, 76, 2156, 115, 347, 5620),
    "D.97A": (23, 77, 2318, 118, 354, 6310),
    "D.98A": (23, 77, 2333, 119, 354, 6750),
    "D.98B": (23, 77, 2338, 119, 353, 7085),
    "D.99A": (23, 78, 2390, 120, 356, 7889),
    "D.99B": (23, 82, 2439, 126, 369, 8587),
    "D.00A": (23, 84, 2489, 127, 373, 8777),
    "D.01B": (23, 88, 2521, 131, 386, 9248),
    "D.03A": (23, 87, 2572, 129, 386, 9446),
    "D.04A": (23, 87, 2584, 129, 386, 9476),
    "D.05B": (23, 87, 2589, 129, 386, 9404),
    "D.07A": (23, 87, 2635, 129, 385, 9433),
    "D.07B": (23, 87, 2649, 129, 385, 9466),
    "D.08A": (23, 87, 2653, 129, 385, 9489),
    "D.10A": (23, 88, 2687, 134, 394, 9952),
    "D.16A": (23, 88, 2733, 135, 397, 10363),
    "D.17B": (23, 88, 2733, 135, 397, 10558),
    "D.18A": (23, 88, 2736, 135, 397, 10619),
    "D.20B": (23, 88, 2730, 136, 400, 10666),
    "D.24A": (23, 88, 2732, 136, 400, 10940),
}


def facts(tables: Directory) -> dict[tuple[str, ...], str]:
    """What one release says: rows of messages by path, parts of segments and composites, representations."""
    found: dict[tuple[str, ...], str] = {}
    for message in tables.messages:
        root = tables.structure(message)
        assert root is not None
        for path, step in walk(root):
            found["row", message, path] = f"{'M' if step.mandatory else 'C'}{step.repeats}"
    for tag in tables.segments:
        rules = tables.segment(tag)
        assert rules is not None
        found["segment", tag] = " ".join(f"{each.id}{'!' * each.mandatory}x{each.repeats}" for each in rules)
        for rule in rules:
            if rule.is_composite:
                parts = (f"{each.id}{'!' * each.mandatory}" for each in rule.components)
                found["composite", rule.id] = " ".join(parts)
            for each in rule.components:
                found["element", each.id] = f"{each.kind}{each.shortest}..{each.longest}"
    return found


def walk(root: Step, path: str = "") -> Iterator[tuple[str, Step]]:
    """Every place below `root`, groups by their triggers, so that groups keep their names when numbers shift."""
    seen: dict[str, int] = {}
    for step in root.steps:
        name = path + step.tag + ("/" if step.group is not None else "")
        seen[name] = seen.get(name, 0) + 1
        name = name if seen[name] == 1 else f"{name.removesuffix('/')}#{seen[name]}{'/' * name.endswith('/')}"
        yield name, step
        yield from walk(step, name)


@pytest.fixture(scope="module")
def told() -> dict[str, Facts]:
    return {name: facts(opened(name)) for name in releases()}


def opened(release: str) -> Directory:
    tables = directory(release)
    assert tables is not None
    return tables


def explained(text: str) -> set[tuple[str, ...]]:
    """`ORDERS LIN/, NAD/; element 3148` as the facts it names."""
    found = set()
    for line in text.replace(";", "\n").splitlines():
        what, _, places = line.strip().partition(" ")
        for place in filter(None, (each.strip() for each in places.split(","))):
            is_kind = what in ("composite", "segment", "element")
            found.add((what, place) if is_kind else ("row", what, place))
    return found


def nearest_texts(release: str) -> list[str]:
    at = releases().index(release)
    before = [name for name in releases()[:at] if name in TEXTS]
    after = [name for name in releases()[at:] if name in TEXTS]
    return before[-1:] + after[:1]


def comparable(fact: tuple[str, ...], names: list[str], told: dict[str, Facts]) -> bool:
    """Rows of a message that all have; a segment, composite or element that one has and the other does not use."""
    if fact[0] == "row":
        return all(("row", fact[1], "UNH") in told[name] for name in names)
    return True


@pytest.mark.parametrize("release", [name for name in SIZES if name not in TEXTS])
def test_a_release_says_what_the_texts_around_it_say(release: str, told: dict[str, Facts]) -> None:
    texts = nearest_texts(release)
    own = told[release]
    other = set()
    for fact in set().union(own, *(told[name] for name in texts)):
        if not comparable(fact, [release, *texts], told):
            continue
        if fact not in own and fact[0] != "row":
            continue  # no message of this release uses it
        if own.get(fact, "") not in {told[name].get(fact, "") for name in texts}:
            other.add(fact)
    assert other == explained(OTHER_THAN_THE_TEXTS.get(release, ""))


def test_segments_are_described_where_they_are_used_and_nowhere_else(told: dict[str, Facts]) -> None:
    for release, own in told.items():
        used = {path.removesuffix("/").rpartition("/")[2].partition("#")[0] for _, path in rows_of(own)}
        segments = {fact[1] for fact in own if fact[0] == "segment"}
        assert used <= segments, release
        assert {tag for tag in segments - used if not tag.startswith("U")} == set(), release


def rows_of(own: Facts) -> list[tuple[str, str]]:
    return [(fact[1], fact[2]) for fact in own if fact[0] == "row"]


@pytest.mark.parametrize("release", SIZES)
def test_a_release_is_as_large_as_it_was_reviewed(release: str, told: dict[str, Facts]) -> None:
    tables, own = opened(release), told[release]
    kinds = [fact[0] for fact in own]
    segments = [tag for tag in tables.segments if not tag.startswith("U")]
    elements = {fact[1] for fact in own if fact[0] == "element"}
    codes = sum(len(tables.code_names(name)) for name in elements if not name.startswith("0"))
    sizes = len(tables.messages), len(segments), kinds.count("row"), kinds.count("composite"), len(elements), codes
    assert sizes == SIZES[release]


def test_no_release_is_left_out() -> None:
    assert list(SIZES) == list(releases())


def test_d07a_is_d07b_without_the_files_of_an_invoice(told: dict[str, Facts]) -> None:
    # D.07B inserts a group EFI before the lines of INVOIC; all other messages are the same in both.
    rows = {
        name: {fact: value for fact, value in told[name].items() if fact[0] == "row"} for name in ("D.07A", "D.07B")
    }
    new = {fact: value for fact, value in rows["D.07B"].items() if fact not in rows["D.07A"]}
    assert {**rows["D.07A"], **new} == rows["D.07B"]
    assert {fact[1] for fact in new} == {"INVOIC"}
    inserted = {"": "C99", "EFI": "M1", "CED": "C99", "COM": "C9", "RFF": "C9", "DTM": "C9", "QTY": "C9"}
    expected = {f"{group}{tag}": value for group in ("EFI/", "LIN/EFI/") for tag, value in inserted.items()}
    assert {path: value for (_, _, path), value in new.items()} == expected


def test_d07a_has_the_segments_of_d07b_but_for_a_fourth_label_of_dangerous_goods(told: dict[str, Facts]) -> None:
    early, late = told["D.07A"], told["D.07B"]
    other = {fact for fact in {*early, *late} if fact[0] != "row" and early.get(fact) != late.get(fact)}
    assert other == {("composite", "C236")}
    assert late["composite", "C236"] == early["composite", "C236"] + " 8246"


CODES_GIVEN_UP = {
    ("D.99B", "6313"): "most moved to 6311; the 01B list lacks them too",
    ("D.05B", "4439"): "the UN's own 07B list lacks them too",
    ("D.05B", "7161"): "the UN's own 07B list lacks them too",
    ("D.05B", "8155"): "the UN's own 07B list lacks them too",
    ("D.07A", "8179"): "the UN's own 07B has no list",
}


def test_codes_are_seldom_given_up() -> None:
    """A list that loses a tenth of its codes from one release to the next may have lost them in the source."""
    given_up = set()
    for before, after in pairwise(releases()):
        elements = {part.id for tag in opened(after).segments for part in parts_of(opened(after), tag)}
        for element in elements:
            old, new = opened(before).codes(element) or frozenset(), opened(after).codes(element) or frozenset()
            if len(old) >= 20 and len(old - new) > len(old) // 10:
                given_up.add((after, element))
    assert given_up == set(CODES_GIVEN_UP)


def parts_of(tables: Directory, tag: str) -> list[Component]:
    return [part for rule in tables.segment(tag) or () for part in rule.components]
