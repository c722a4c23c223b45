"""The directory of a release: what it answers, what it refuses, and the known repairs in its tables."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files

import pytest

from translators.edifact.directory import (
    Directory,
    Step,
    directory,
    nearest_release,
    releases,
    unknown_message,
)

AFTER_THE_CUT = [name for name in releases() if name != "D.95B"]
HAS_REPEATS = [name for name in releases() if releases().index(name) >= releases().index("D.99B")]


def opened(release: str, syntax: str = "3") -> Directory:
    tables = directory(release, syntax)
    assert tables is not None
    return tables


def groups(release: str, message: str) -> Iterator[tuple[str, Step]]:
    """Every group with the triggers on its way, as in `LIN/CCI`."""

    def below(step: Step, path: str) -> Iterator[tuple[str, Step]]:
        for inner in step.steps:
            if inner.group is not None:
                yield path + inner.tag, inner
                yield from below(inner, f"{path}{inner.tag}/")

    root = opened(release).structure(message)
    assert root is not None
    return below(root, "")


def parts(release: str, tag: str, composite: str) -> list[str]:
    rules = opened(release).segment(tag)
    assert rules is not None
    return [part.id for rule in rules if rule.id == composite for part in rule.components]


@pytest.mark.parametrize(
    ("message", "group", "repeats"),
    [
        ("ORDERS", "LIN", 200_000),
        ("ORDCHG", "LIN", 200_000),
        ("ORDRSP", "LIN", 200_000),
        ("INVOIC", "LIN", 9_999_999),
        ("SLSRPT", "LOC", 200_000),
        ("SLSRPT", "LOC/LIN", 200_000),
        ("STATAC", "DOC", 200_000),
    ],
)
@pytest.mark.parametrize("release", releases())
def test_repeats_of_six_digits_and_more_are_whole(release: str, message: str, group: str, repeats: int) -> None:
    assert dict(groups(release, message))[group].repeats == repeats


@pytest.mark.parametrize("release", AFTER_THE_CUT)
def test_a_price_catalogue_has_999999_lines(release: str) -> None:
    assert dict(groups(release, "PRICAT"))["PGI/LIN"].repeats == 999_999


def test_what_grew_is_as_it_was_before() -> None:
    assert dict(groups("D.95B", "PRICAT"))["PGI/LIN"].repeats == 200_000
    assert dict(groups("D.97A", "REMADV"))["DOC"].repeats == 9_999
    assert dict(groups("D.98A", "REMADV"))["DOC"].repeats == 999_999
    assert dict(groups("D.00A", "INVRPT"))["LIN"].repeats == 9_999
    assert dict(groups("D.03A", "INVRPT"))["LIN"].repeats == 9_999_999


def test_true_repeats_of_five_digits_stay() -> None:
    assert dict(groups("D.08A", "APERAK"))["ERC"].repeats == 99_999
    requirements = dict(groups("D.05B", "ORDERS"))["RCS"]
    assert next(step for step in requirements.steps if step.tag == "FTX").repeats == 99_999


@pytest.mark.parametrize("release", releases())
def test_quality_data_has_its_four_sampling_segments_before_the_dates(release: str) -> None:
    found = {}
    for path, group in groups(release, "QALITY"):
        tags = [step.tag for step in group.steps if step.group is None]
        if "SPS" in tags:
            sps = next(step for step in group.steps if step.tag == "SPS")
            found[path] = sps.mandatory, sps.repeats, tags[tags.index("SPS") + 1]
    assert found == {
        "LIN": (False, 1, "DTM"),
        "LIN/CCI": (False, 10, "DTM"),
        "LIN/GIN/CCI": (False, 10, "DTM"),
        "LIN/PRC/CCI": (False, 10, "DTM"),
    }


@pytest.mark.parametrize("release", releases())
def test_composites_are_whole(release: str) -> None:
    assert parts(release, "LIN", "C829") == ["5495", "1082"]
    assert parts(release, "MEA", "C502") == ["6313", "6321", "6155", "6154"]
    assert parts(release, "NAD", "C082") == ["3039", "1131", "3055"]
    assert "6345" in parts(release, "MOA", "C516")


@pytest.mark.parametrize("release", HAS_REPEATS)
def test_elements_repeat_in_directories_made_for_syntax_version_4(release: str) -> None:
    rules = opened(release, "4").segment("COM")
    assert rules is not None
    assert [(rule.id, rule.mandatory, rule.repeats) for rule in rules] == [("C076", True, 3)]
    assert parts(release, "NAD", "C819") == ["3229", "1131", "3055", "3228"]


def test_nothing_repeats_before() -> None:
    for release in set(releases()) - set(HAS_REPEATS):
        tables = opened(release)
        own = [tag for tag in tables.segments if not tag.startswith("U")]
        assert {rule.repeats for tag in own for rule in tables.segment(tag) or ()} == {1}


@pytest.mark.parametrize("release", releases())
def test_fixed_lengths_are_fixed(release: str) -> None:
    rules = opened(release).segment("DGS")
    assert rules is not None
    number = next(part for rule in rules for part in rule.components if part.id == "7124")
    assert (number.kind, number.shortest, number.longest) == ("n", 4, 4)


def test_a_release_is_loaded_once_whoever_asks() -> None:
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: directory("D.16A", "4"), range(64)))
        rules = list(threads.map(lambda _: opened("D.16A", "4").segment("NAD"), range(64)))
        roots = list(threads.map(lambda _: opened("D.16A", "4").structure("INVOIC"), range(64)))
    assert (
        len({id(each) for each in found}) == len({id(each) for each in rules}) == len({id(each) for each in roots}) == 1
    )


@pytest.mark.parametrize("release", ["", "D.13A", "D.96a", "96A", "D.96A/../x", "D.9\uff16A", "../D.96A", "D.96A\n"])
def test_a_release_without_a_table_is_none(release: str) -> None:
    assert directory(release) is None


def test_what_a_release_does_not_have_is_none() -> None:
    tables = opened("D.95B")
    assert tables.structure("RECADV") is None
    assert tables.segment("ZZZ") is None
    assert tables.codes("9999") is None
    assert tables.code_names("9999") == {}
    assert tables.name("ZZZ") == ""


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("D.96A", "D.96A"),
        ("D.93A", "D.95B"),
        ("D.96B", "D.97A"),  # as near as D.96A, and later
        ("D.03B", "D.04A"),
        ("D.11A", "D.10A"),
        ("D.30B", "D.24A"),
        ("S.93A", "D.95B"),
        ("1.911", None),
        ("", None),
    ],
)
def test_the_nearest_release_is_offered(wanted: str, found: str | None) -> None:
    assert nearest_release(wanted) == found


def test_the_nearest_release_has_the_message() -> None:
    assert nearest_release("D.95A", "ORDERS") == "D.95B"
    assert nearest_release("D.95A", "RECADV") == "D.96A"
    assert nearest_release("D.96A", "OSTENQ") == "D.97A"
    assert nearest_release("D.96A", "BAPLIE") is None


@pytest.mark.parametrize(
    ("message", "release", "sentence"),
    [
        ("ORDERS", "D.11A", "there is no directory table of release `D.11A`; the nearest release with ORDERS is D.10A"),
        ("BAPLIE", "D.13B", "there is no directory table of release `D.13B`"),
        ("BAPLIE", "D.95B", "there is no table of message `BAPLIE` in release D.95B"),
        (
            "RECADV",
            "D.95B",
            "there is no table of message `RECADV` in release D.95B; the nearest release with RECADV is D.96A",
        ),
        ("DESADV", "0.96A", "there is no directory table of release `0.96A`; there is one of D.96A"),
        ("ORDERS", "91.3", "there is no directory table of release `91.3`"),
        ("X" * 99, "Y" * 99, "there is no directory table of release `YYYYYYYYYY`"),
    ],
)
def test_an_unknown_message_is_told_with_what_there_is(message: str, release: str, sentence: str) -> None:
    finding = unknown_message(message, release)
    assert finding is not None
    assert (finding.code, finding.text, finding.syntax_code) == ("edifact.message.unknown", sentence, "17")


def test_nothing_is_told_of_a_known_message() -> None:
    assert unknown_message("ORDERS", "D.96A") is None
    assert unknown_message("CONTRL", "D.3") is None
    assert unknown_message("CONTRL", "4.1") is None


def test_codes_are_those_of_the_release() -> None:
    assert "220" in (opened("D.96A").codes("1001") or ())
    assert opened("D.96A").code_names("3035")["BY"] == "Buyer"
    later = {"751": "Invoice information for accounting purposes"}.items()
    assert later <= opened("D.17B").code_names("1001").items()
    assert "751" not in (opened("D.16A").codes("1001") or ())


def test_a_code_that_was_given_another_meaning_has_the_one_of_the_release() -> None:
    assert opened("D.95B").code_names("1001")["36"] == "Gate Out"
    assert opened("D.96A").code_names("1001")["36"] == "Identity card"


def test_lists_that_the_source_spoilt_are_mended() -> None:
    assert opened("D.96A").codes("9421") == {"1"}  # one of four blocks ran on into the codes of 4439
    assert "AAA" not in (opened("D.07B").codes("8179") or ())
    assert opened("D.24A").codes("6155") is not None  # the element is lost from the composites, not its list
    names = [name for release in releases() for name in opened(release).code_names("1001").values()]
    assert all(name == name.strip() and name.isascii() for name in names)


@pytest.mark.parametrize("element", ["1131", "6411", "3207", "6345", "7140", "3036"])
def test_elements_with_codes_of_others_have_no_list(element: str) -> None:
    for release in releases():
        assert opened(release).codes(element) is None


def test_names_are_short_and_in_the_latest_words() -> None:
    tables = opened("D.96A")
    assert tables.name("ORDERS") == "Purchase order"
    assert tables.name("LIN") == "Line item"
    assert tables.name("C212") == "Item number identification"
    assert tables.name("7140") == "Item identifier"
    assert tables.name("UCM") == "Message/package response"
    assert tables.name("0085") == "Syntax error, coded"
    rules = tables.segment("LIN")
    assert rules is not None
    assert rules[2].name == "Item number identification"
    assert rules[2].components[0].name == "Item identifier"


@pytest.mark.parametrize("release", releases())
def test_everything_has_a_name(release: str) -> None:
    tables = opened(release, "4")
    rules = [rule for tag in tables.segments for rule in tables.segment(tag) or ()]
    named = {*tables.messages, *tables.segments, *(rule.id for rule in rules)}
    named |= {part.id for rule in rules for part in rule.components}
    assert {name for name in named if not tables.name(name)} == set()
    assert max(len(tables.name(name)) for name in named) < 80


@pytest.mark.parametrize("syntax", ["1", "2", "3", "4"])
def test_each_syntax_version_has_its_service_segments_and_contrl(syntax: str) -> None:
    tables = opened("D.3" if syntax < "4" else "4.1", syntax)
    assert tables.messages == ("CONTRL",)
    assert {"UNB", "UNG", "UNH", "UNS", "UNT", "UNE", "UNZ", "UCI", "UCM", "UCS", "UCD", "UCF"} <= set(tables.segments)
    assert ("UGH" in tables.segments) == (syntax == "4")
    found = {path: step.repeats for path, step in groups(tables.release, "CONTRL")}
    assert found == {"UCM": 999_999, "UCM/UCS": 999, "UCF": 999_999, "UCF/UCM": 999_999, "UCF/UCM/UCS": 999}


def test_contrl_has_a_structure_in_every_release() -> None:
    for release in releases():
        assert opened(release).structure("CONTRL") is not None
        assert "CONTRL" not in opened(release).messages


@pytest.mark.parametrize(
    ("syntax", "count", "agency", "date"), [("1", 6, 2, 6), ("2", 6, 2, 6), ("3", 6, 2, 6), ("4", 10, 3, 8)]
)
def test_service_elements_are_those_of_the_version(syntax: str, count: int, agency: int, date: int) -> None:
    tables = opened("D.01B", syntax)

    def longest(tag: str, element: str) -> int:
        rules = tables.segment(tag)
        assert rules is not None
        return next(part.longest for rule in rules for part in rule.components if part.id == element)

    assert (longest("UNT", "0074"), longest("UNH", "0051"), longest("UNB", "0017")) == (count, agency, date)


def test_version_1_takes_the_names_of_directories() -> None:
    rules = opened("D.96A", "1").segment("UNH")
    assert rules is not None
    kinds = {part.id: part.kind for part in rules[1].components}
    assert kinds["0052"] == kinds["0054"] == "an"


def test_version_4_has_all_of_its_header_and_the_repeats_of_its_service_segments() -> None:
    tables = opened("D.16A", "4")
    header, response = tables.segment("UNH"), tables.segment("UCM")
    assert header is not None
    assert response is not None
    assert [rule.id for rule in header] == ["0062", "S009", "0068", "S010", "S016", "S017", "S018"]
    assert {rule.id: rule.repeats for rule in response}["S020"] == 99


def test_service_codes_of_both_generations_are_known() -> None:
    old, new = opened("D.96A", "3"), opened("D.96A", "4")
    assert {str(number) for number in range(1, 45)} == old.codes("0085")
    assert {str(number) for number in range(1, 49)} == new.codes("0085")
    assert {str(number) for number in range(1, 9)} == old.codes("0083") == new.codes("0083")
    assert {"UNOA", "UNOC", "UNOW", "UNOY"} <= (new.codes("0001") or set())
    assert {"1", "4", "7", "8", "ZZZ"} <= (new.codes("0133") or set())
    assert old.codes("0065") is None
    assert new.code_names("0085")["12"] == "Invalid value"


def test_an_unknown_syntax_version_is_read_as_the_nearest() -> None:
    assert directory("D.96A", "9") is directory("D.96A", "4")
    assert directory("D.96A", "") is directory("D.96A", "3")
    assert directory("D.96A", "0") is directory("D.96A", "3")


def test_the_tables_are_small() -> None:
    folder = files("translators.edifact").joinpath("directories")
    sizes = [len(path.read_bytes()) for path in folder.iterdir() if path.name.endswith(".json.z")]
    assert len(sizes) == len(releases()) + 4
    assert sum(sizes) < 320_000


def test_incoterms_beside_the_list_are_codes_and_other_words_are_not() -> None:
    codes = opened("D.05B").codes("4053")
    assert codes is not None
    assert codes >= {"1", "2", "EXW", "DPU"}
    assert "FOX" not in codes
    assert opened("D.96A").codes("4053") is None
