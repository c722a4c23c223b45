"""`translate`: read any document we know, check it, explain it, write it in another format; prove maps.

`translate FILE…` translates; `translate check`, `translate explain` and `translate map check|cover` are verbs of their
own. A file that is called like a verb is written `./check`.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from gateway.cli import translate_check, translate_explain, translate_map, translate_targets
from gateway.cli.translate_envelope import add_envelope_options, envelope_for
from gateway.cli.translate_files import content_of, each_file, problems_console
from gateway.cli.translate_findings import show_findings
from gateway.cli.translate_guidelines import chosen_guidelines, guideline_findings
from translators.findings import Finding, Unreadable
from translators.identify import identify
from translators.mapping.acceptance import compiled
from translators.reading import Document, Reading, read
from translators.writing import Unwritable, written

_SUFFIXES = {"edifact": ".edi", "x12": ".x12", "vda": ".vda"}
"""Targets whose documents go into one interchange, and how such a file is called."""

_VERBS: dict[str, Callable[[argparse.ArgumentParser], None]] = {
    "check": translate_check.add_options,
    "explain": translate_explain.add_options,
    "map": translate_map.add_options,
    "targets": translate_targets.add_options,
}


def add_commands(commands: Any) -> None:
    # The words after `translate` are parsed here: argparse cannot have both files and verbs in one place.
    noun = commands.add_parser(
        "translate", help="read, check, explain, write documents", prefix_chars="\x00", add_help=False
    )
    noun.add_argument("words", nargs="*", help="a verb or files; `translate --help` says more")
    noun.set_defaults(run=lambda chosen: run(chosen.words))


def run(words: Sequence[str]) -> int:
    """Exit status: 0 done, 1 a document is wrong or cannot be written, 2 the command cannot be carried out."""
    verb = words[0] if words and words[0] in _VERBS else None
    parser = _parser(verb)
    chosen = parser.parse_args(list(words[1:] if verb else words))
    try:
        return int(chosen.run(chosen))
    except BrokenPipeError:  # whoever read our output has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _parser(verb: str | None) -> argparse.ArgumentParser:
    if verb is not None:
        parser = argparse.ArgumentParser(prog=f"partner-gateway translate {verb}")
        _VERBS[verb](parser)
        return parser
    parser = argparse.ArgumentParser(
        prog="partner-gateway translate",
        description="Translate documents to canonical JSON or to another format.",
        epilog="Verbs: translate check FILE…, explain FILE…, map check|cover MAP…, targets; each has its own --help.",
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="files, folders or patterns")
    parser.add_argument(
        "--to",
        default="json",
        metavar="TARGET",
        help="json (unless told otherwise), edifact:ORDERS:D.96A, ubl …; `translate targets` lists them all",
    )
    parser.add_argument("--map", type=Path, metavar="FILE", help="read with this map instead of the one that ships")
    parser.add_argument("--guideline", metavar="NAME", help="hold EDIFACT to a guideline: its name, or its file")
    parser.add_argument("--findings", action="store_true", help="tell information too, not only errors and warnings")
    parser.add_argument("--residue", action="store_true", help="tell what the map did not use")
    parser.add_argument("--trace", action="store_true", help="tell for each field where it stood")
    parser.add_argument("-o", "--output", type=Path, help="write to this file, or for several documents this folder")
    add_envelope_options(parser)
    parser.set_defaults(run=_translate)
    return parser


def _translate(chosen: argparse.Namespace) -> int:
    using = compiled(chosen.map) if chosen.map is not None else None
    guidelines = chosen_guidelines(chosen.guideline)
    console, outputs = problems_console(), _Outputs(chosen.output)
    status = 0
    for path in each_file(chosen.files):
        try:
            content = content_of(path)
            label = identify(content, None)
            reading = read(content, label, using=using, trace=chosen.trace)
            held = guideline_findings(content, label.format, guidelines)
            told = list(dict.fromkeys((*reading.findings, *held)))
            if any(finding.severity == "error" for finding in told):
                status = max(status, 1)
            else:
                told += _write(chosen, outputs, path, reading)
            show_findings(console, path, _asked(chosen, told))
        except (Unreadable, Unwritable) as refusal:
            show_findings(console, path, refusal.findings)
            status = max(status, 1)
        except OSError as error:
            reason = (error.strerror or "cannot be read").lower()
            console.print(f"{error.filename or path}: {reason}", markup=False)
            status = 2
    return status


def _asked(chosen: argparse.Namespace, findings: Sequence[Finding]) -> list[Finding]:
    def is_asked(finding: Finding) -> bool:
        if finding.code.endswith(".residue"):
            return bool(chosen.residue)
        return bool(chosen.findings) or finding.severity != "information"

    return [finding for finding in findings if is_asked(finding)]


def _write(chosen: argparse.Namespace, outputs: "_Outputs", path: Path, reading: Reading) -> list[Finding]:
    """Put out every document of a file; what could not be written is returned."""
    if chosen.to == "json":
        for document in reading.documents:
            outputs.put(path, document.number, _as_json(document, with_trace=chosen.trace), ".json")
        return []
    told: list[Finding] = []
    suffix = _SUFFIXES.get(chosen.to.partition(":")[0].lower(), ".xml")
    if suffix != ".xml":
        envelope = envelope_for(chosen, reading)
        done = written([document.object for document in reading.documents], chosen.to, envelope=envelope)
        outputs.put(path, "interchange", done.content, suffix)
        return list(done.findings)
    for document in reading.documents:
        done = written(document.object, chosen.to, prepared=datetime.now(UTC))
        outputs.put(path, document.number, done.content, suffix)
        told += done.findings
    return told


def _as_json(document: Document, *, with_trace: bool) -> bytes:
    body = msgspec.json.format(document.body, indent=2)
    if with_trace and document.trace is not None:
        places = {pointer: msgspec.to_builtins(place) for pointer, place in sorted(document.trace.items())}
        whole = {"document": msgspec.Raw(document.body), "trace": places}
        body = msgspec.json.format(msgspec.json.encode(whole), indent=2)
    return body + b"\n"


class _Outputs:
    """Where documents go: the standard output, one file, or a folder with a file for each."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._is_begun = False

    def put(self, source: Path, name: str, content: bytes, suffix: str) -> None:
        """One document of `source`. Raises OSError."""
        if self.path is None:
            sys.stdout.buffer.write(content)
            if sys.stdout.isatty() and not content.endswith(b"\n"):
                sys.stdout.buffer.write(b"\n")
            sys.stdout.flush()
        elif self.path.is_dir():
            safe = "".join(each if each.isalnum() or each in "-_." else "_" for each in name).lstrip(".")
            (self.path / f"{source.stem}-{safe or 'document'}{suffix}").write_bytes(content)
        else:
            with self.path.open("ab" if self._is_begun else "wb") as stream:
                stream.write(content)
            self._is_begun = True
