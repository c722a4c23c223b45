"""The strict reading of the files people edit: every trap of YAML refused, every mistake told at once."""

from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta, Struct

from translators.yamlfiles import DEEPEST, MOST_BYTES, FileProblems, convert, load, read

HERE = Path("rules.yaml")


def problems_of(text: str | bytes) -> list[str]:
    content = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(FileProblems) as caught:
        read(HERE, content)
    return [str(problem) for problem in caught.value.problems]


def data_of(text: str) -> Any:
    return read(HERE, text.encode()).data


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "rules.yaml:1:1: the file is empty"),
        ("# nothing\n", "rules.yaml:1:1: the file is empty"),
        ("a: &x 1\n", "rules.yaml:1:4: anchors (`&x`) are not allowed; write the value where it is used"),
        ("a: *x\n", "rules.yaml:1:4: aliases (`*x`) are not allowed; write the value out"),
        ("a: !!str 5\n", "rules.yaml:1:4: tags (`!!str`) are not allowed; write the plain value"),
        ("a: !foo\n  b: 1\n", "rules.yaml:1:4: tags (`!foo`) are not allowed; write the plain value"),
        ("a: ! 5\n", "rules.yaml:1:4: tags (`!`) are not allowed; write the plain value"),
        ("<<: {a: 1}\n", "rules.yaml:1:1: merge keys (`<<`) are not allowed; write the fields out"),
        ("a: 1\nb: 2\na: 3\n", "rules.yaml:3:1: `a` is written twice; first on line 1"),
        ("l: [{a: 1, a: 1}]\n", "rules.yaml:1:12: `a` is written twice; first on line 1"),
        ("a: 1\n---\nb: 2\n", "rules.yaml:2:1: only one document is allowed in a file; begin another file"),
        ("%YAML 1.1\n---\na: 1\n", "rules.yaml:1:1: directives (`%`) are not allowed; the file is YAML 1.2 as it is"),
        ("? [1, 2]\n: 3\n", "rules.yaml:1:3: a key must be plain text"),
        ("a: 1\nwhy:\nb: 2\n", "rules.yaml:2:1: no value is given; write one or leave the key out"),
        ("why: ~\n", "rules.yaml:1:1: no value is given; write one or leave the key out"),
        ("a: [1\nb: 2\n", "rules.yaml:2:2: not valid YAML: expected ',' or ']', but got ':'"),
        ("a: 1\nb: \x01\n", "rules.yaml:2:4: a control character is not allowed"),
        (b"a: 1\nb: \xff\n", "rules.yaml:2:4: the file is not UTF-8"),
        ("a: " + "[" * 40, f"rules.yaml:1:{DEEPEST + 3}: nested deeper than {DEEPEST} levels"),
        (b"#" * (MOST_BYTES + 1), "rules.yaml: the file is larger than 1 MiB; split it"),
    ],
)
def test_a_trap_of_yaml_is_refused_with_its_place(text: str | bytes, sentence: str) -> None:
    assert problems_of(text) == [sentence]


def test_all_mistakes_of_a_file_are_told_at_once_in_their_order() -> None:
    assert [problem.split(": ", 1)[0] for problem in problems_of("a: &x 1\nb: *x\nb: !t 2\n")] == [
        "rules.yaml:1:4",
        "rules.yaml:2:4",
        "rules.yaml:3:1",
        "rules.yaml:3:4",
    ]


def test_only_plain_whole_numbers_and_booleans_are_not_text() -> None:
    text = "[1, -7, 0, 010, 0x1f, 1_000, 1e3, 1.5, 1:30, 2027-03-01, yes, no, on, True, true, false, '5', \"true\"]\n"
    assert data_of(text) == [
        *(1, -7, 0, "010", "0x1f", "1_000", "1e3", "1.5", "1:30", "2027-03-01"),
        *("yes", "no", "on", "True", True, False, "5", "true"),
    ]


def test_digits_too_long_for_an_amount_stay_text() -> None:
    assert data_of("a: 340123450000000011\nb: 3401234500000000118\n") == {
        "a": 340123450000000011,
        "b": "3401234500000000118",
    }


def test_a_billion_laughs_are_refused_before_anything_is_copied() -> None:
    laughs = "a0: &a0 [lol]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    assert problems_of(laughs)[0] == (
        "rules.yaml:1:5: anchors (`&a0`) are not allowed; write the value where it is used"
    )


def test_places_tell_line_and_column_of_keys_and_values() -> None:
    file = read(HERE, b"rules:\n- name: a\n  roles: [x, y]\n")
    assert file.places == {
        "$": (1, 1),
        "$.rules": (2, 1),
        "$.rules[0]": (2, 3),
        "$.rules[0].name": (2, 9),
        "$.rules[0].roles": (3, 10),
        "$.rules[0].roles[0]": (3, 11),
        "$.rules[0].roles[1]": (3, 14),
    }
    assert file.keys["$.rules[0].roles"] == (3, 3)


def test_a_file_that_cannot_be_opened_is_a_problem_and_no_crash(tmp_path: Path) -> None:
    with pytest.raises(FileProblems, match="cannot be read: no such file or directory"):
        load(tmp_path / "absent.yaml")


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    with suppress(FileProblems):
        read(HERE, content)


@given(st.text(alphabet="ab:- []{}&*!|>'\"\n#%?,<~0", max_size=60))
def test_any_yaml_like_text_is_read_or_refused(text: str) -> None:
    with suppress(FileProblems):
        read(HERE, text.encode())


class Hours:
    def __init__(self, count: int) -> None:
        self.count = count

    @classmethod
    def from_text(cls, text: str) -> "Hours":
        count, _, unit = text.partition(" ")
        if unit != "hours":
            raise ValueError(f"`{text}` has no unit; write e.g. `2 hours`")
        return cls(int(count))


class Red(Struct, forbid_unknown_fields=True, tag_field="colour", tag="red"):
    depth: int


class Blue(Struct, forbid_unknown_fields=True, tag_field="colour", tag="blue"):
    shade: str


class Entry(Struct, forbid_unknown_fields=True, rename={"from_": "from"}):
    name: Annotated[str, Meta(pattern="^[a-z]+$")]
    from_: str = ""
    mode: Literal["enforce", "observe"] = "enforce"
    count: Annotated[int, Meta(ge=1)] = 1
    wait: Hours | None = None
    steps: dict[str, int] = {}
    paint: Red | Blue | None = None
    on: bool = False
    tags: Annotated[tuple[str, ...], Meta(min_length=1)] = ("x",)


class Whole(Struct, forbid_unknown_fields=True):
    kind: Literal["entries"]
    entries: tuple[Entry, ...]


def complaints(entries: str, kind: str = "entries") -> list[str]:
    with pytest.raises(FileProblems) as caught:
        convert(read(HERE, f"kind: {kind}\nentries:\n{entries}".encode()), Whole)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ("{}", "3:3: `name` is required"),
        ("{name: a, nme: b}", "3:13: unknown key `nme`; did you mean `name`?"),
        (
            "{name: a, zzz: b}",
            "3:13: unknown key `zzz`; use `name`, `from`, `mode`, `count`, `wait`, `steps`, `paint`, `on` or `tags`",
        ),
        ("{name: 5}", "3:10: expected text, found the number `5`; put it in quotes"),
        ("{name: true}", "3:10: expected text, found `true`; put it in quotes"),
        ("{name: [a]}", "3:10: expected text, found a list"),
        ("{name: A}", "3:10: `A` is not allowed here; it must match `^[a-z]+$`"),
        ("{name: a, mode: enforced}", "3:19: `enforced` is not known here; did you mean `enforce`?"),
        ("{name: a, mode: 1}", "3:19: expected text, found the number `1`; use `enforce` or `observe`"),
        ("{name: a, count: 010}", "3:20: expected a whole number, found `010`"),
        ("{name: a, count: 0}", "3:20: `0` is out of range; it must be at least 1"),
        ("{name: a, on: yes}", "3:17: expected `true` or `false`, found `yes`"),
        ("{name: a, wait: 2}", "3:19: `2` has no unit; write e.g. `2 hours`"),
        ("{name: a, wait: [2]}", "3:19: expected text"),
        ("{name: a, steps: {one: 1, two: x}}", "3:34: expected a whole number, found `x`"),
        ("{name: a, paint: {colour: read}}", "3:29: `read` is not known here; did you mean `red`?"),
        ("{name: a, paint: {colour: red, depth: 1, shade: x}}", "3:44: unknown key `shade`; use `depth`"),
        ("{name: a, tags: []}", "3:19: it must not be empty"),
        ("{name: a, tags: [x, 2]}", "3:23: expected text, found the number `2`; put it in quotes"),
        ("{name: a, tags: x}", "3:19: expected a list, found `x`"),
        ("7", "3:3: expected keys with values, found the number `7`"),
    ],
)
def test_a_wrong_value_is_told_in_words_with_its_place(entry: str, sentence: str) -> None:
    assert complaints(f"- {entry}\n")[0] == f"rules.yaml:{sentence}"


def test_every_entry_with_a_mistake_is_told_whatever_stands_before_it() -> None:
    entries = "- {name: a}\n- {name: 1}\n- {nam: b, mod: observ}\n- {name: c, count: 0}\n- {name: 2}\n"
    assert complaints(entries) == [
        "rules.yaml:4:10: expected text, found the number `1`; put it in quotes",
        "rules.yaml:5:4: unknown key `nam`; did you mean `name`?",
        "rules.yaml:5:12: unknown key `mod`; did you mean `mode`?",
        "rules.yaml:5:17: `observ` is not known here; did you mean `observe`?",
        "rules.yaml:6:20: `0` is out of range; it must be at least 1",
        "rules.yaml:7:10: expected text, found the number `2`; put it in quotes",
    ]


def test_a_mistake_outside_any_list_is_told_too() -> None:
    assert complaints("- {name: a}\n", kind="entry") == [
        "rules.yaml:1:7: `entry` is not known here; did you mean `entries`?"
    ]


def test_a_file_without_mistakes_becomes_its_type() -> None:
    whole = convert(read(HERE, b"kind: entries\nentries:\n- {name: a, from: b, wait: 3 hours}\n"), Whole)
    entry = whole.entries[0]
    assert (entry.name, entry.from_, entry.wait is not None and entry.wait.count) == ("a", "b", 3)
