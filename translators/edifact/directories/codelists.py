"""Puts the code lists of all releases into one: which code, by which name, from which release to which.

A code that a list has by one name before and after a release counts as listed in it: where lists lose a code and take
it back (some 90 times in 21 releases, mostly 6313 in D.99B and D.00A), nobody could tell a fault of the source from a
change. By another name it is another code.
"""

import re

from translators.edifact.directories.release import Release
from translators.edifact.directories.repairs import LISTS_GIVEN_UP, NO_CODE_LIST, RELEASES

Lists = dict[str, dict[str, dict[str, str]]]
"""Element -> `first-last`, numbers of releases -> code -> name."""


def code_lists(releases: dict[str, Release]) -> Lists:
    """The lists of the elements that the releases use."""
    elements = {name for release in releases.values() for name in release.elements} - set(NO_CODE_LIST)
    lists: Lists = {}
    for element in sorted(elements):
        spans: dict[str, dict[str, str]] = {}
        for code in sorted({code for release in releases.values() for code in release.codes.get(element, ())}):
            titles = [releases[name].codes.get(element, {}).get(code) for name in RELEASES]
            for first, last, title in _spans(element, titles):
                spans.setdefault(f"{first}-{last}", {})[code] = title
        if spans:
            lists[element] = dict(sorted(spans.items(), key=_in_time))
    return lists


def clean(title: str) -> str:
    """A name on one line, with its apostrophes whole: some sources read Windows-1252 or UTF-8 as Latin-1."""
    title = title.replace("\u00e2\u0080\u0099", "'").replace("\u0092", "'").replace("\u2019", "'")
    return " ".join(title.split())


def _spans(element: str, titles: list[str | None]) -> list[tuple[int, int, str]]:
    """(first, last, name) for every name of a code; names that differ in letter case or spaces are one, the latest."""
    without = [RELEASES.index(name) for name in LISTS_GIVEN_UP.get(element, ())]
    spans: list[tuple[int, int, str]] = []
    for number, title in enumerate(titles):
        if title is None:
            continue
        is_broken = bool(without) and bool(spans) and spans[-1][1] < without[0] <= without[1] < number
        if spans and not is_broken and _plain(spans[-1][2]) == _plain(title):
            spans[-1] = spans[-1][0], number, clean(title)
        else:
            spans.append((number, number, clean(title)))
    return spans


def _plain(title: str) -> str:
    return re.sub(r"[^a-z0-9]", "", clean(title).lower())


def _in_time(span: tuple[str, dict[str, str]]) -> tuple[int, ...]:
    return tuple(int(number) for number in span[0].split("-"))
