"""By which agreement a document came that a partner sent, or why by none."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Literal

from msgspec import Struct

from partners.agreements import Agreement, is_in_force
from partners.profile import Partner
from translators.formats import Label

Disagreement = Literal["none", "differs", "tests_only", "no_tests"]


class Came(Struct, frozen=True, kw_only=True):
    """One document of an input. `label` is None where the input holds several types and only its first was identified.

    `syntax` is what its UNB says, `UNOC:3`; `test` is None in formats that have no test indicator.
    """

    document: str
    channel: str
    at: datetime
    format: str
    label: Label | None = None
    syntax: str = ""
    test: bool | None = None


class NotAgreed(Struct, frozen=True, kw_only=True):
    """Nothing in the profile carries it; `text` says what is agreed instead."""

    why: Disagreement
    text: str


def is_anything_agreed(partner: Partner) -> bool:
    """Of what it sends: asked first, so that nobody else pays for looking, and for words that nobody reads."""
    return any(one.direction == "in" for one in partner.agreements)


def agreement_by_which(partner: Partner, came: Came, *, tests_anyway: bool = False) -> Agreement | NotAgreed:
    """The first in the order of the profile that fits in every respect. Where none does, the respect in which the last
    ones fell out is told. `tests_anyway`: a test may come by what is agreed for production, as while a partner is set
    up."""
    about = [one for one in partner.agreements if (one.direction, one.document) == ("in", came.document)]
    found = [one for one in about if one.channel == came.channel and is_in_force(one, came.at)]
    if not found:
        return NotAgreed(why="none", text=_why_none(partner, came, about))
    fits: Sequence[Callable[[Agreement, Came], bool]] = (_is_of_format, _is_of_syntax)
    for fit in fits:
        kept = [one for one in found if fit(one, came)]
        if not kept:
            return NotAgreed(why="differs", text=_how_it_differs(found, came))
        found = kept
    return _for_tests_or_not(found, came, tests_anyway=tests_anyway)


def _for_tests_or_not(found: list[Agreement], came: Came, *, tests_anyway: bool) -> Agreement | NotAgreed:
    """What has no test indicator is real where something real is agreed."""
    of_tests = [one for one in found if one.test]
    real = [one for one in found if not one.test]
    what = f"`{came.document}` over `{came.channel}`"
    if came.test is None:
        return (real or of_tests)[0]
    if came.test:
        if not of_tests and not tests_anyway:
            return NotAgreed(
                why="no_tests", text=f"{what} is agreed for production alone, and this is marked as a test"
            )
        return (of_tests or real)[0]
    if not real:
        return NotAgreed(why="tests_only", text=f"{what} is agreed for tests alone, and this is not marked as a test")
    return real[0]


def is_of_format(agreement: Agreement, format_: str) -> bool:
    """Whether it is about this format at all, in whatever version."""
    kind = (agreement.format or format_).partition(":")[0].lower()
    return kind == format_ or (kind == "ubl" and format_ == "xml")


def _is_of_format(agreement: Agreement, came: Came) -> bool:
    if not is_of_format(agreement, came.format):
        return False
    if agreement.format is None or came.label is None:
        return True
    _, name, version = (*agreement.format.split(":", 2), "", "")[:3]
    return (not name or _loosely(name) == _loosely(came.label.name)) and (
        not version or _loosely(version) == _loosely(came.label.version)
    )


def _is_of_syntax(agreement: Agreement, came: Came) -> bool:
    repertoire, _, version = came.syntax.partition(":")
    return not came.syntax or (agreement.charset in (None, repertoire) and agreement.syntax in (None, version))


def _how_it_differs(found: list[Agreement], came: Came) -> str:
    asked = " or ".join(dict.fromkeys(_in_words(one) for one in found))
    label = came.label
    this = f"{label.format}:{label.name}:{label.version}" if label is not None else came.format
    return f"`{came.document}` over `{came.channel}` is agreed as {asked}, and this is `{this}`{_and(came.syntax)}"


def _in_words(agreement: Agreement) -> str:
    syntax = ":".join(one for one in (agreement.charset, agreement.syntax) if one)
    return f"`{agreement.format or 'any format'}`{_and(syntax)}"


def _and(syntax: str) -> str:
    return f" in `{syntax}`" if syntax else ""


def _why_none(partner: Partner, came: Came, about: list[Agreement]) -> str:
    elsewhere = dict.fromkeys(f"`{one.channel}`" for one in about if is_in_force(one, came.at))
    if elsewhere:
        return (
            f"`{came.document}` is agreed with `{partner.id}` over {' and '.join(elsewhere)}, and this came over "
            f"`{came.channel}`"
        )
    for one in about:
        if one.from_ is not None and one.from_.at > came.at:
            return f"agreement `{one.name}` with `{partner.id}` for `{came.document}` begins at {one.from_.text}"
    for one in about:
        if one.until is not None:
            return f"agreement `{one.name}` with `{partner.id}` for `{came.document}` ended at {one.until.text}"
    return f"nothing is agreed with `{partner.id}` for receiving `{came.document}`"


def _loosely(text: str) -> str:
    """`D96A` for `D.96A`, whatever the case."""
    return text.replace(".", "").lower()
