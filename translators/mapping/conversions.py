"""How a text of a message becomes a canonical text. Pure; a ValueError carries the sentence for the sender.

Each conversion takes the text and the format code beside it (UN/EDIFACT 2379, empty where there is none) and returns
the canonical text, or None when the text says nothing of that sort (a date without a time has no time). The way back
is beside it: `INVERSES` for one value, `JOINT` where several canonical fields stand in one place of the message.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from translators.mapping.banknumbers import BANK_CONVERSIONS, BANK_INVERSES
from translators.mapping.digits import DIGIT_CONVERSIONS, DIGIT_INVERSES
from translators.mapping.signs import SIGN_INVERSES, sign_conversions

Conversion = Callable[[str, str], str | None]

_DECIMAL = re.compile(r"([+-]?)0*([0-9]*)(?:[.,]([0-9]*))?\Z", re.ASCII)
_ISO_DATE = re.compile(r"(\d{4}-\d\d-\d\d)(Z|[+-]\d\d:\d\d)?\Z", re.ASCII)
_ISO_TIME = re.compile(r"(\d\d:\d\d:\d\d(?:\.\d+)?)(Z|[+-]\d\d:\d\d)?\Z", re.ASCII)
_ISO_INSTANT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)((?:\.\d+)?)(Z|[+-]\d\d:\d\d)\Z", re.ASCII)
_SUBJECT = re.compile(r"#([A-Z]{3})#")


def decimal(text: str, _: str = "") -> str:
    """A number with point or comma as a figure: no plus sign, no leading zeros, at least one digit before the point."""
    if text.isdigit() and text.isascii() and text[0] != "0":
        return text
    whole, point, decimals = text.partition(".")
    if point and whole.isdigit() and decimals.isdigit() and text.isascii() and (whole[0] != "0" or whole == "0"):
        return text.rstrip("0").rstrip(".")
    match = _DECIMAL.match(text)
    if match is None or not (match[2] or match[3] or "0" in text):
        raise ValueError(f"`{text[:40]}` is not a number")
    sign = "-" if match[1] == "-" else ""
    fraction = (match[3] or "").rstrip("0")
    return sign + (match[2] or "0") + ("." + fraction if fraction else "")


def _day(text: str, offset: int, *, century: bool = True) -> str:
    year = text[offset : offset + 4] if century else _century(text[offset : offset + 2])
    rest = offset + (4 if century else 2)
    return _real_day(f"{year}-{text[rest : rest + 2]}-{text[rest + 2 : rest + 4]}", text)


def _century(two: str) -> str:
    return ("20" if two < "80" else "19") + two


def _real_day(iso: str, text: str) -> str:
    try:
        date.fromisoformat(iso)
        return iso
    except ValueError:
        raise ValueError(f"`{text[:40]}` is not a date") from None


def _week(text: str) -> date:
    try:
        return date.fromisocalendar(int(text[:4]), int(text[4:6]), 1)
    except ValueError:
        raise ValueError(f"`{text[:40]}` is not a week") from None


_LENGTHS = {"2": 6, "101": 6, "102": 8, "201": 10, "203": 12, "204": 14, "616": 6, "718": 16, "713": 20, "719": 24}


def _checked(text: str, code: str) -> None:
    wanted = _LENGTHS.get(code)
    if wanted is None:
        known = ", ".join(_LENGTHS)
        raise ValueError(f"the date format {code[:5] or '(none)'} is not known; known are {known}")
    if code in ("718", "719") and len(text) == wanted + 1 and text[wanted // 2] == "-":
        return
    if len(text) != wanted or not (text.isascii() and text.isdigit()):
        raise ValueError(f"`{text[:40]}` is not a date in format {code}")


def edifact_date(text: str, code: str) -> str:
    """The day, or the first day, of a DTM in format 2379."""
    _checked(text, code)
    if code == "2":
        return _real_day(f"{_century(text[4:6])}-{text[2:4]}-{text[0:2]}", text)
    if code == "616":
        return _week(text).isoformat()
    return _day(text, 0, century=code not in ("101", "201", "713"))


def edifact_end_date(text: str, code: str) -> str:
    """The day, or the last day, of a DTM in format 2379."""
    _checked(text, code)
    if code == "616":
        return (_week(text) + timedelta(days=6)).isoformat()
    if code in ("718", "719"):
        return _day(text, len(text) - (8 if code == "718" else 12))
    if code == "713":
        return _day(text, 10, century=False)
    return edifact_date(text, code)


def edifact_time(text: str, code: str) -> str | None:
    """The local time of a DTM, without zone, or None when it has none."""
    _checked(text, code)
    starts = {"201": 6, "203": 8, "204": 8, "713": 6, "719": 8}
    return _clock(text, starts[code], seconds=code == "204") if code in starts else None


def edifact_end_time(text: str, code: str) -> str | None:
    """The local time at the end of a period, or the time of a DTM that is no period."""
    _checked(text, code)
    if code in ("713", "719"):
        return _clock(text, len(text) - 4, seconds=False)
    return edifact_time(text, code)


def _clock(text: str, at: int, *, seconds: bool) -> str:
    hours, minutes, rest = text[at : at + 2], text[at + 2 : at + 4], text[at + 4 : at + 6] if seconds else "00"
    if hours > "23" or minutes > "59" or rest > "59":
        raise ValueError(f"`{text[:40]}` has no time of a day in it")
    return f"{hours}:{minutes}:{rest}"


def iso_date(text: str, _: str = "") -> str:
    """An xsd:date; its time zone, which few mean and UBL advises against, is dropped."""
    if len(text) == 10 and text[7] == "-":
        return _real_day(text, text)
    match = _ISO_DATE.match(text)
    if match is None:
        raise ValueError(f"`{text[:40]}` is not a date; write it as in 2026-11-23")
    return _real_day(match[1], text)


def one_date(text: str, _: str = "") -> str:
    """An xsd:date that is said several times, always the same; the times are joined by blanks."""
    days = dict.fromkeys(iso_date(each) for each in text.split(" "))
    if len(days) > 1:
        raise ValueError(f"the days {', '.join(f'`{day}`' for day in days)} differ; one is expected")
    return next(iter(days))


def iso_time(text: str, _: str = "") -> str:
    """An xsd:time as the sender's clock showed it; its zone is dropped, as that of an xsd:date is."""
    match = _ISO_TIME.match(text)
    if match is None:
        raise ValueError(f"`{text[:40]}` is not a time; write it as in 10:15:00")
    return match[1]


def iso_moment_date(text: str, _: str = "") -> str:
    """The day of an xsd:dateTime, as the sender's calendar had it; of an xsd:date, that day."""
    return iso_date(text.partition("T")[0] if "T" in text else text)


def iso_moment_time(text: str, _: str = "") -> str | None:
    """The time of an xsd:dateTime as the sender's clock showed it, without zone, or None for a day alone."""
    clock = text.partition("T")[2]
    match = _ISO_TIME.match(clock)
    if clock and match is None:
        raise ValueError(f"`{text[:40]}` is not a time; write it as in 2026-11-23T10:15:00+01:00")
    return match[1] if match else None


def iso_instant(text: str, _: str = "") -> str:
    """An xsd:dateTime as an instant in UTC; the zone must be there, as nobody may invent one."""
    match = _ISO_INSTANT.match(text)
    try:
        moment = datetime.fromisoformat(match[1] + match[2][:7] + match[3].replace("Z", "+00:00")) if match else None
        moment = moment.astimezone(UTC) if moment is not None else None
    except (ValueError, OverflowError):
        moment = None
    if moment is None:
        raise ValueError(f"`{text[:40]}` is not an instant; write it with its zone, as in 2026-11-23T10:15:00+01:00")
    return moment.isoformat().replace("+00:00", "Z")


def words(text: str, _: str = "") -> str:
    """The different words of a text, each once, in the order of the alphabet."""
    return " ".join(sorted(set(text.split())))


def note_subject(text: str, _: str = "") -> str | None:
    """The subject code of a UBL note written `#AAI#text`, or None."""
    match = _SUBJECT.match(text)
    return match[1] if match else None


def note_text(text: str, _: str = "") -> str:
    """The text of a UBL note without its subject code."""
    match = _SUBJECT.match(text)
    return text[match.end() :] if match else text


CONVERSIONS: dict[str, Conversion] = {
    "decimal": decimal,
    "edifact_date": edifact_date,
    "edifact_end_date": edifact_end_date,
    "edifact_time": edifact_time,
    "edifact_end_time": edifact_end_time,
    "iso_date": iso_date,
    "one_date": one_date,
    "iso_time": iso_time,
    "iso_moment_date": iso_moment_date,
    "iso_moment_time": iso_moment_time,
    "iso_instant": iso_instant,
    "words": words,
    "note_subject": note_subject,
    "note_text": note_text,
    **DIGIT_CONVERSIONS,
    **BANK_CONVERSIONS,
    **sign_conversions(decimal),
}


INVERSES: dict[str, Callable[[str], str]] = {
    "decimal": str,
    "iso_date": str,
    "one_date": str,
    "iso_time": str,
    "iso_instant": str,
    **DIGIT_INVERSES,
    **BANK_INVERSES,
    **SIGN_INVERSES,
}
"""Canonical text -> the text of a message, for conversions of one field. Raises ValueError with a sentence."""

DATE_ROLES = {
    "edifact_date": "start",
    "edifact_time": "start_time",
    "edifact_end_date": "end",
    "edifact_end_time": "end_time",
}
NOTE_ROLES = {"note_text": "text", "note_subject": "subject"}
MOMENT_ROLES = {"iso_moment_date": "day", "iso_moment_time": "time"}
ROLES = {**DATE_ROLES, **NOTE_ROLES, **MOMENT_ROLES}
"""Conversions that share one place of a message: what each of them takes from it."""

_POINTS = ("102", "203", "204")
_PERIODS = ("718", "719")


def written_date(said: dict[str, str], formats: tuple[str, ...]) -> tuple[str, str]:
    """(text, code of 2379) of a day, a time or a period. `said`: the roles of `DATE_ROLES` that have a value.

    What the format cannot say (the time of one end only) is left out; reading back shows it. `formats` are the codes
    that may be used, all known ones when empty. Raises ValueError with a sentence.
    """
    start, end = said.get("start") or said.get("end"), said.get("end") or said.get("start")
    if start is None or end is None:
        raise ValueError("a time needs its date")
    first, last = said.get("start_time"), said.get("end_time")
    is_period = start != end or (first != last and "start" in said and "end" in said and last is not None)
    known = formats or (*_POINTS, *_PERIODS)
    if is_period and any(code in known for code in _PERIODS):
        if (first or last) and "719" in known:
            return _digits(start) + _hours(first or "00:00") + _digits(end) + _hours(last or "23:59"), "719"
        return _digits(start) + _digits(end), "718" if "718" in known else known[0]
    clock = first or last
    if clock and "204" in known and clock[6:8] not in ("", "00"):
        return _digits(start) + clock[:8].replace(":", ""), "204"
    if clock and "203" in known:
        return _digits(start) + _hours(clock), "203"
    if "102" in known:
        return _digits(start), "102"
    if "203" in known:
        return _digits(start) + "0000", "203"
    if "101" in known:
        return _digits(start)[2:], "101"
    raise ValueError(f"a day cannot be written in the formats {', '.join(known)}")


def _digits(day: str) -> str:
    return day.replace("-", "")


def _hours(clock: str) -> str:
    return clock[:2] + clock[3:5]


def written_note(said: list[tuple[str, str]]) -> str:
    """A UBL note with its subject code in front, `#AAI#text`. Raises ValueError with a sentence."""
    parts = dict(said)
    if "text" not in parts:
        raise ValueError("a subject needs its text")
    return f"#{parts['subject']}#{parts['text']}" if "subject" in parts else parts["text"]


def written_moment(said: list[tuple[str, str]]) -> str:
    """An xsd:date, or an xsd:dateTime without a zone, of (role of `MOMENT_ROLES`, text) that must agree.

    Raises ValueError with a sentence where they do not: one place says one moment.
    """
    days = {text for role, text in said if role == "day"}
    times = {text for role, text in said if role == "time"}
    if not days:
        raise ValueError("a time needs its date")
    if len(days) > 1 or len(times) > 1:
        raise ValueError("one moment is written there, not a period")
    return "T".join((*days, *times))
