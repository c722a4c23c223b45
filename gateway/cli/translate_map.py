"""`translate map check|cover MAP…`: is a map fit for use, and which of its rows has no sample tried?"""

import argparse
import json
from pathlib import Path

import msgspec
from rich.table import Table
from rich.text import Text

from gateway.cli.translate_files import console, plain, problems_console
from translators.fileproblems import FileProblem, FileProblems
from translators.findings import Unreadable
from translators.formats import Label
from translators.identify import identify
from translators.mapping.acceptance import Acceptance, accept, compiled
from translators.mapping.files import shipped
from translators.mapping.running import Map
from translators.reading import read


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.description = "Exit status: 0 accepted, 1 not, 2 a map is wrong."
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    check = verbs.add_parser("check", help="parse, write and parse every sample; nothing may change or be left over")
    check.add_argument(
        "--rewrite", action="store_true", help="write the golden output (`NAME.out.json`) of each sample"
    )
    check.set_defaults(run=_check)
    cover = verbs.add_parser("cover", help="the rows no sample uses")
    cover.set_defaults(run=_cover)
    for verb in (check, cover):
        verb.add_argument("maps", nargs="+", metavar="MAP", help="a file, or the name of a map that ships")
        verb.add_argument("--samples", type=Path, action="append", metavar="PATH", help="a sample, or a folder of them")
        verb.add_argument("--json", action="store_true")


def _check(chosen: argparse.Namespace) -> int:
    out, problems = console(), problems_console()
    status = 0
    for word in chosen.maps:
        using, samples = _opened(word, chosen)
        verdict = accept(using, {path.name: path.read_bytes() for path in samples})
        if chosen.rewrite:
            for path in samples:
                _rewrite(path, using)
        status = status if verdict.is_accepted else 1
        if chosen.json:
            print(json.dumps({"map": word, "accepted": verdict.is_accepted, "samples": _samples_json(verdict)}))
            continue
        for sample in verdict.samples:
            for problem in sample.problems:
                problems.print(Text(plain(f"{word}: {sample.name}: {problem}")))
        documents = sum(sample.documents for sample in verdict.samples)
        said = f"{_counted(len(samples), 'sample')}, {_counted(documents, 'document')}"
        said = said if samples else "there is no sample"
        verb = "accepted" if verdict.is_accepted else "not accepted"
        out.print(Text(f"{word}: {verb}, {said}, {len(verdict.unused)} of {len(verdict.rows)} rows not tried"))
    return status


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _samples_json(verdict: Acceptance) -> list[object]:
    return [msgspec.to_builtins(sample) for sample in verdict.samples]


def _cover(chosen: argparse.Namespace) -> int:
    out = console()
    for word in chosen.maps:
        using, samples = _opened(word, chosen)
        verdict = accept(using, {path.name: path.read_bytes() for path in samples})
        if chosen.json:
            unused = [{"file": str(row.path), "line": row.line, "name": row.name} for row in verdict.unused]
            print(json.dumps({"map": word, "rows": len(verdict.rows), "unused": unused}))
            continue
        used = len(verdict.rows) - len(verdict.unused)
        table = Table("file", "line", "row", title=Text(f"{word}: {used} of {len(verdict.rows)} rows are used"))
        for row in verdict.unused:
            table.add_row(Text(row.path.name), str(row.line), Text(row.name))
        out.print(table)
    return 0


def _opened(word: str, chosen: argparse.Namespace) -> tuple[Map, list[Path]]:
    """The map and its samples. Raises FileProblems."""
    path = Path(word)
    if path.suffix not in (".yaml", ".yml"):
        path = shipped(word)
        if not path.is_file():
            text = "no map: its file would end in `.yaml`" if Path(word).exists() else "no map ships under this name"
            raise FileProblems([FileProblem(Path(word), 0, 0, text)])
    using = compiled(path)
    return using, _samples(using, chosen.samples or _usual(path))


def _usual(path: Path) -> list[Path]:
    """Samples lie beside the map, in `samples`, or where the product keeps its own."""
    own = (folder / "tests" / "samples" for folder in path.resolve().parents[2:3])
    folders = (path.parent / "samples", Path("tests/samples"), *own)
    return [next((each for each in folders if each.is_dir()), path.parent)]


def _samples(using: Map, places: list[Path]) -> list[Path]:
    """The files given, and of folders those the map names, or else all `*.in.*` of its message and release."""
    found = [place for place in places if place.is_file()]
    for folder in (place for place in places if place.is_dir()):
        inputs = sorted(folder.glob("*.in.*"))
        names = using.spec.samples
        if names:
            found += [path for path in inputs if path.name.partition(".in.")[0] in names]
        else:
            found += [path for path in inputs if _suits(path, using)]
    return list(dict.fromkeys(found))


def _suits(path: Path, using: Map) -> bool:
    try:
        label = identify(path.read_bytes(), None)
    except Unreadable:
        return False
    if using.spec.format == "xml":
        return (label.format, label.name) == ("xml", using.spec.message)
    if using.spec.format == "x12":
        return (label.format, label.name) == ("x12", using.spec.message)
    return (label.format, label.name, label.version) == (using.spec.format, using.spec.message, using.spec.version)


def _rewrite(path: Path, using: Map) -> None:
    """The golden output beside a sample `NAME.in.*`."""
    spec = using.spec
    label = Label(spec.format, spec.message, spec.version, using.kind.document_type)
    try:
        documents = read(path.read_bytes(), label, using=using).documents
    except Unreadable:
        return  # told by the verdict
    name = path.name.partition(".in.")[0]
    content = b"".join(msgspec.json.format(document.body, indent=2) + b"\n" for document in documents)
    path.with_name(f"{name}.out.json").write_bytes(content)
