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


def guideline_findings(content: bytes, guidelines: tuple[Guideline, ...]) -> tuple[Finding, ...]:
    """Everything the guideline says of an EDIFACT input, and nothing without one."""
    if not guidelines:
        return ()
    examination = examine(content, guidelines=guidelines)
    messages = [each.message for one in examination.interchanges for each in one.messages]
    return (*examination.all_findings, *unsuited(messages, guidelines))


def unsuited(messages: list[Message], guidelines: tuple[Guideline, ...]) -> tuple[Finding, ...]:
    """A word where a guideline was asked for and no message is one of its messages."""
    return tuple(
        Finding("guideline.unsuited", f"no message here is one of {each.name}", severity="warning", act="operator")
        for each in guidelines
        if not any(each.suits(message) for message in messages)
    )
