"""One record against its layout: version, what must be there, numbers, dates and times."""

from translators.mapping.digits import calendar_day
from translators.vda.faults import Faults
from translators.vda.layout import Field
from translators.vda.records import VdaRecord


def check_record(record: VdaRecord, faults: Faults) -> None:
    """Tell everything wrong inside one record; nothing of a type there is no table of."""
    known = record.known
    if known is None:
        return
    version = record.text[3:5]
    if version not in known.versions:
        text = f"record {record.tag} has the version `{version}`; known are {', '.join(known.versions)}"
        faults.tell("vda.version", text, tag=record.tag, line=record.line, column=4, element=2)
        return
    for index, (rule, place) in enumerate(zip(known.rules, known.places, strict=True), 1):
        if not place.width or index <= 2:
            continue
        for repetition, values in enumerate(record.elements[index], 1):
            for number, value in enumerate(values):
                part = rule.components[number]
                assert isinstance(part, Field)
                column = record.column_of(index, number + 1, repetition)
                fault = _fault(value, part) if value else ""
                if not value and (rule.mandatory or part.mandatory):
                    fault = "is missing"
                if fault:
                    code = "vda.field.missing" if not value else "vda.field.value"
                    text = f"{rule.id} ({part.name or rule.name}) {fault}"
                    faults.tell(code, text, tag=record.tag, line=record.line, column=column, element=index)
                filler = record.text[column - 1 : column - 1 + place.parts[number]]
                if part.type == "B" and filler.strip():
                    text = f"`{filler.strip()[:20]}` stands where blanks are expected"
                    faults.tell("vda.blanks", text, tag=record.tag, line=record.line, column=column, severity="warning")


def _fault(value: str, part: Field) -> str:
    if part.type in ("N", "N3") and not (value.isascii() and value.isdigit()):
        return f"is `{value[:20]}`; digits are expected"
    if part.type == "D" and calendar_day("20" + value) is None:
        return f"is `{value[:6]}`, which is not a day"
    if part.type == "T" and not (
        len(value) == 4 and value.isascii() and value.isdigit() and value[:2] < "24" and value[2:] < "60"
    ):
        return f"is `{value[:4]}`, which is not a time"
    return ""
