"""What is told of a CONTRL or APERAK beside what it says: it is read leniently, so mistakes in it are remarkable only.

A partner's answer counts although its UNH lacks an element, or a segment stands out of order; refusing it would leave
what we sent without an answer, and a CONTRL cannot be answered with a CONTRL. Only its envelope has to be right.
"""

from msgspec import structs

from translators.edifact.ackreading import MESSAGES
from translators.edifact.answers import Answers
from translators.edifact.examinations import Examination
from translators.findings import Finding


def remarks(examination: Examination, answers: Answers) -> tuple[Finding, ...]:
    """All findings of one input; an error inside of an answer is a warning, unless reading the answer told it, too.

    `answers` are those of the same input. Reading and checking an answer both tell what this says.
    """
    within = {
        finding
        for one in examination.interchanges
        for each in one.messages
        if each.message.type in MESSAGES
        for finding in each.findings
    }
    refused = {(each.code, each.place) for each in answers.findings if each.severity == "error"}
    told = tuple(
        structs.replace(each, severity="warning")
        if each.severity == "error" and each in within and (each.code, each.place) not in refused
        else each
        for each in examination.all_findings
    )
    known = {(each.code, each.place) for each in told}
    return (*told, *(each for each in answers.findings if (each.code, each.place) not in known))
