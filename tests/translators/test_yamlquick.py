"""The quick reader and the strict one say the same, place for place, of every file that the quick one takes."""

import random
from pathlib import Path

import pytest

from translators import yamlfiles, yamlquick

ROOT = Path(__file__).parents[2]
FILES = sorted(
    path
    for folder in ("policies/rules", "partners", "translators/maps", "tests/broken")
    for path in (ROOT / folder).rglob("*.yaml")
)
PIECES = [
    *"abc: -[]{},'\"|>#&*!%?@`~\n \\=.0<é", "- ", ": ", "? ", "\n  ", "\n- ", "---\n", "...\n", "''", '""', "[a, b]",
    "{a: b}", "{a:b}", "::1", "#x", " #", "|-\n  x\n", ">\n  y\n", "\\/", "\\n", "\\x41", "null", "~", "yes", "1e3",
    "010", "0x1F", "1:30", "<<", "\t", "\x85", "\u2028", "%YAML 1.1\n",
]  # fmt: skip


def agree(text: str) -> bool:
    """Whether the quick reader took it; fails where the two differ."""
    quick = yamlquick.read_quickly(text, yamlfiles.DEEPEST)
    if quick is None:
        return False
    strict = yamlfiles._read_strictly(Path("x.yaml"), text.encode(), text)
    assert (quick.data, quick.places, quick.keys) == (strict.data, strict.places, strict.keys)
    return True


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_both_read_every_file_of_ours_alike(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    try:
        yamlfiles._read_strictly(path, text.encode(), text)
    except yamlfiles.FileProblems:
        assert yamlquick.read_quickly(text, yamlfiles.DEEPEST) is None, "what has a mistake is left to the strict one"
    else:
        agree(text)


def test_what_is_shipped_goes_the_quick_way() -> None:
    shipped = [path for path in FILES if "broken" not in path.parts]
    taken = [path for path in shipped if yamlquick.read_quickly(path.read_text(), yamlfiles.DEEPEST) is not None]
    assert taken == shipped


@pytest.mark.parametrize("seed", range(8))
def test_both_read_damaged_files_alike(seed: int) -> None:
    """The strict reader raises for what it refuses, so taking that would fail here."""
    chance = random.Random(seed)
    whole = [text for text in (path.read_text() for path in FILES) if len(text) < 6_000]
    taken = tried = 0
    while taken < 40:
        tried += 1
        assert tried < 5_000, "or nothing is compared"
        text = chance.choice(whole)
        start = chance.randrange(len(text))
        text = text[start : start + chance.randrange(20, 500)]
        for _ in range(chance.randrange(1, 4)):
            place = chance.randrange(len(text) + 1)
            left_out = chance.randrange(3)
            text = text[:place] + chance.choice(PIECES) * (left_out < 2) + text[place + left_out :]
        taken += agree(text)


@pytest.mark.parametrize(
    "text",
    ["a: &x 1\n", "a: *x\n", "a: !!str 1\n", "<<: {a: 1}\n", "a: 1\na: 2\n", "a:\n", "a: ~\n", "%YAML 1.1\n---\na: 1\n",
     "a: 1\n---\nb: 2\n", "a:\t1\n", "a: |#\n", "", "? [a]\n: 1\n", "a: 'x\x85y'\n", "[" * 40 + "]" * 40],
)  # fmt: skip
def test_what_is_out_of_the_ordinary_is_left_to_the_strict_reader(text: str) -> None:
    assert yamlquick.read_quickly(text, yamlfiles.DEEPEST) is None


def test_without_libyaml_every_file_goes_the_long_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yamlquick, "CParser", None)
    assert yamlquick.read_quickly("a: 1\n", yamlfiles.DEEPEST) is None
    assert yamlfiles.read(Path("x.yaml"), b"a: 1\n").data == {"a": 1}
