"""The guideline a command names: one that ships, by its name, or a file."""

from pathlib import Path

from translators.edifact.examining import examine
from translators.edifact.guidelines import Guideline, guideline, shipped_guideline, shipped_names
from translators.edifact.interchange import Message
from translators.fileproblems import FileProblem, FileProblems
from translators.findings import Finding
from translators.yamlsentences import suggest


def chosen_guidelines(name: str | None) -> tuple[Guideline, ...]:
    """The guideline to hold messages to; none when none is named. Raises FileProblems."""
    if name is None:
        return ()
    path = Path(name)
    if path.suffix in (".yaml", ".yml"):
        return (guideline(path),)
    if name not in shipped_names():
        text = f"no guideline ships under this name; {suggest(name, shipped_names())}"
        raise FileProblems([FileProblem(path, 0, 0, text)])
    return (shipped_guideline(name),)


def guideline_findings(content: bytes, format_: str, guidelines: tuple[Guideline, ...]) -> tuple[Finding, ...]:
    """Everything the guideline says of an input in this format, and nothing without one."""
    if not guidelines:
        return ()
    if format_ != "edifact":
        return foreign(format_, guidelines)
    examination = examine(content, guidelines=guidelines)
    messages = [each.message for one in examination.interchanges for each in one.messages]
    return (*examination.all_findings, *unsuited(messages, guidelines))


def foreign(format_: str, guidelines: tuple[Guideline, ...]) -> tuple[Finding, ...]:
    """A word where a guideline was asked for and the input is no EDIFACT."""
    return tuple(_unsuited(f"{one.name} is about EDIFACT, and this is {format_.upper()}") for one in guidelines)


def unsuited(messages: list[Message], guidelines: tuple[Guideline, ...]) -> tuple[Finding, ...]:
    """A word where a guideline was asked for and no message is one of its messages."""
    return tuple(
        _unsuited(f"no message here is one of {each.name}")
        for each in guidelines
        if not any(each.suits(message) for message in messages)
    )


def _unsuited(text: str) -> Finding:
    return Finding("guideline.unsuited", text, severity="warning", act="operator")
