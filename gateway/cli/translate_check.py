"""`translate check FILE…`: is it right? Everything that is wrong, with its place; for a person or as JSON."""

import argparse
import json
from pathlib import Path
from typing import Any

import msgspec

from gateway.cli.translate_files import console, content_of, each_file, plain, problems_console
from gateway.cli.translate_findings import show_findings
from gateway.cli.translate_guidelines import chosen_guidelines, foreign, unsuited
from translators.edifact.ackreading import MESSAGES as ACKNOWLEDGING
from translators.edifact.answerremarks import remarks
from translators.edifact.answers import read_answers
from translators.edifact.examining import examine
from translators.edifact.guidelines import Guideline
from translators.findings import Finding, Unreadable
from translators.identify import identify
from translators.reading import read
from translators.x12 import translating as x12


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.description = "Exit status: 0 all are right, 1 one is not, 2 one cannot be read."
    parser.add_argument("files", nargs="+", metavar="FILE", help="files, folders or patterns")
    parser.add_argument("--guideline", metavar="NAME", help="hold EDIFACT to a guideline: its name, or its file")
    parser.add_argument("--json", action="store_true", help="one JSON object a file")
    parser.add_argument("--findings", action="store_true", help="tell information too")
    parser.set_defaults(run=_check)


def _check(chosen: argparse.Namespace) -> int:
    guidelines = chosen_guidelines(chosen.guideline)
    out, problems = console(), problems_console()
    status = 0
    for path in each_file(chosen.files):
        try:
            content = content_of(path)
        except OSError as error:
            reason = (error.strerror or "cannot be read").lower()
            if chosen.json:
                print(json.dumps({"file": str(path), "ok": False, "unread": reason, "findings": []}))
            else:
                problems.print(f"{path}: {reason}", markup=False)
            status = 2
            continue
        what, findings = examined(content, guidelines)
        is_right = not any(finding.severity == "error" for finding in findings)
        status = status if is_right else max(status, 1)
        if chosen.json:
            print(json.dumps(_as_json(path, what, findings, is_right=is_right), ensure_ascii=False))
        else:
            told = [each for each in findings if chosen.findings or each.severity != "information"]
            show_findings(problems, path, told)
            out.print(f"{path}: {'ok' if is_right else 'wrong'}, {plain(what)}", markup=False, soft_wrap=True)
    return status


def examined(content: bytes, guidelines: tuple[Guideline, ...]) -> tuple[str, tuple[Finding, ...]]:
    """(what it is, findings). EDIFACT and X12 are held to their tables also where no map reads the message."""
    start = content[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()
    if start[:3] in (b"UNA", b"UNB", b"UNH"):
        return _examined_edifact(content, guidelines)
    if start.startswith(b"ISA"):
        what, findings = _examined_x12(content)
        return what, (*findings, *foreign("x12", guidelines))
    try:
        label = identify(content, None)
        reading = read(content, label)
    except Unreadable as unreadable:
        return "not readable", unreadable.findings
    findings = (*reading.findings, *foreign(label.format, guidelines))
    return f"{label.format.upper()} {label.name} {label.version}", findings


def _examined_edifact(content: bytes, guidelines: tuple[Guideline, ...]) -> tuple[str, tuple[Finding, ...]]:
    examination = examine(content, guidelines=guidelines)
    messages = [each.message for one in examination.interchanges for each in one.messages]
    kinds: dict[str, int] = {}
    for message in messages:
        name = f"{message.type} {message.directory}"
        kinds[name] = kinds.get(name, 0) + 1
    found = examination.all_findings
    if any(message.type in ACKNOWLEDGING for message in messages):
        found = remarks(examination, read_answers(content))
    findings = (*found, *unsuited(messages, guidelines))
    if not any(finding.severity == "error" for finding in findings):
        try:
            reading = read(content, identify(content, None))
            findings = (*findings, *(each for each in reading.findings if each not in findings))
        except Unreadable as unreadable:  # right by the directory, wrong for the document; or there is no map
            findings = (*findings, *(each for each in unreadable.findings if _is_of_the_document(each)))
    listed = ", ".join(f"{count} × {name}" for name, count in kinds.items())
    return f"EDIFACT, {listed or 'no message'}", findings


def _examined_x12(content: bytes) -> tuple[str, tuple[Finding, ...]]:
    outcome = x12.translate(content)
    kinds: dict[str, int] = {}
    for each in outcome.translations:
        name = f"{each.set.id} {each.set.group.version}"
        kinds[name] = kinds.get(name, 0) + 1
    listed = ", ".join(f"{count} × {name}" for name, count in kinds.items())
    return f"X12, {listed or 'no transaction set'}", outcome.findings


def _is_of_the_document(finding: Finding) -> bool:
    return finding.code.startswith(("map.", "document.", "edifact.control_total"))


def _as_json(path: Path, what: str, findings: tuple[Finding, ...], *, is_right: bool) -> dict[str, Any]:
    told = [{"severity": each.severity, **msgspec.to_builtins(each)} for each in findings]
    return {"file": str(path), "ok": is_right, "what": what, "findings": told}
