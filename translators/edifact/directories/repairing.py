"""Applies the reviewed repairs to a release read from the second source; stops at anything they do not explain."""

from typing import Literal

from translators.edifact.directories.release import Part, Release, Row, walk
from translators.edifact.directories.repairs import (
    COMPOSITES,
    ELEMENT_REPEATS,
    ELEMENT_REPEATS_FROM,
    RELEASES,
    REPRESENTATIONS,
    SEGMENTS,
    SPS_OF_QALITY,
    TRUE_REPEATS,
    Choice,
)

_MOST_DIGITS_KEPT = 5

_Parts = list[Part] | None
_Decisions = dict[tuple[str, str], tuple[Choice, str]]


def repair(release: Release, before: Release | None, after: Release | None) -> None:
    """Make a release of the XML what the UN's text would say; `before` and `after` are the nearest texts."""
    texts = [text for text in (before, after) if text is not None]
    for message, rows in release.messages.items():
        known = [text.messages[message] for text in texts if message in text.messages]
        _restore_repeats(message, rows, known, release.name)
    if "QALITY" in release.messages:
        _restore_sps(release.messages["QALITY"])
    tags = used_tags(release)
    release.segments = {tag: parts for tag, parts in release.segments.items() if tag in tags}
    for tag, parts in release.segments.items():
        around = _parts_in(before, "segments", tag), _parts_in(after, "segments", tag)
        settled = _settled(release.name, tag, parts, around, SEGMENTS)
        release.segments[tag] = _with_repeats(release.name, tag, settled, around)
    composites = {part.id for parts in release.segments.values() for part in parts if not part.id.isdigit()}
    release.composites = {name: release.composites.get(name, []) for name in sorted(composites)}
    for name, given in release.composites.items():
        around = _parts_in(before, "composites", name), _parts_in(after, "composites", name)
        # A composite that is lost as a whole is one shortened to nothing.
        release.composites[name] = _settled(release.name, name, given, around, COMPOSITES)
    _settle_elements(release, texts)


def used_tags(release: Release) -> set[str]:
    """The segments that the messages of the release name."""
    return {row.tag for rows in release.messages.values() for _, row in walk(rows) if not row.group}


def drop_unused(release: Release) -> None:
    """Keep what the messages of the release use; service segments are not the directory's."""
    tags = used_tags(release)
    release.segments = {tag: parts for tag, parts in release.segments.items() if tag in tags}
    used = {part.id for parts in release.segments.values() for part in parts}
    release.composites = {name: parts for name, parts in release.composites.items() if name in used}
    used |= {part.id for parts in release.composites.values() for part in parts}
    release.elements = {name: kind for name, kind in release.elements.items() if name in used}
    release.codes = {name: codes for name, codes in release.codes.items() if name in used}


def check_whole(release: Release) -> None:
    """Stop when something is used and not described, or described and empty."""
    described = {*release.composites, *release.elements}
    for name, parts in {**release.segments, **release.composites}.items():
        if not parts or not described.issuperset(part.id for part in parts):
            raise SystemExit(f"{release.name} {name}: empty, or with parts that are not described: {parts}")
    for message, rows in release.messages.items():
        tags = {row.tag for _, row in walk(rows) if not row.group} - {"UNH", "UNS", "UNT"}
        if not tags <= set(release.segments):
            raise SystemExit(f"{release.name} {message}: not described are {sorted(tags - set(release.segments))}")


def _parts_in(text: Release | None, kind: Literal["segments", "composites"], name: str) -> _Parts:
    if text is None:
        return None
    return (text.segments if kind == "segments" else text.composites).get(name)


def _restore_repeats(message: str, rows: list[Row], texts: list[list[Row]], release: str) -> None:
    known = [{path: row.repeats for path, row in walk(text)} for text in texts]
    for path, row in walk(rows):
        true = TRUE_REPEATS.get((message, path))
        if len(str(row.repeats)) != _MOST_DIGITS_KEPT or any(text.get(path) == row.repeats for text in known):
            continue
        if true is None or not str(true).startswith(str(row.repeats)):
            raise SystemExit(f"{release} {message} {path}: {row.repeats} may be cut; decide in repairs.py")
        row.repeats = true


def _restore_sps(rows: list[Row]) -> None:
    groups = dict(walk(rows))
    for path, repeats in SPS_OF_QALITY.items():
        inner = groups[path].rows
        if not any(row.tag == "SPS" for row in inner):
            before = next(number for number, row in enumerate(inner) if row.tag == "DTM")
            inner.insert(before, Row("SPS", mandatory=False, repeats=repeats))


def _settled(
    release: str, name: str, given: list[Part], texts: tuple[_Parts, _Parts], decisions: _Decisions
) -> list[Part]:
    """The parts that are true: as decided, else as given if a text says so, else as both texts say."""
    known = [parts for parts in texts if parts is not None]
    shapes = [_shape(parts) for parts in known]
    if (release, name) in decisions:
        choice = decisions[release, name][0]
        return _chosen(choice, given, texts, f"{release} {name}")
    if _shape(given) in shapes:
        return known[shapes.index(_shape(given))]
    if len(known) > 1 and shapes[0] == shapes[1] and _is_shortened(given, known[0]):
        return known[0]
    if len(known) == 1 and not given:
        return known[0]
    raise SystemExit(f"{release} {name}: {_shape(given)} is in no text; decide in repairs.py")


def _chosen(choice: Choice, given: list[Part], texts: tuple[_Parts, _Parts], what: str) -> list[Part]:
    parts = {"before": texts[0], "after": texts[1], "xml": given}[choice]
    if parts is None:
        raise SystemExit(f"{what}: there is no text {choice} it")
    return parts


def _with_repeats(release: str, tag: str, parts: list[Part], texts: tuple[_Parts, _Parts]) -> list[Part]:
    """The parts with the repeats of the texts that have the same parts."""
    ids = [part.id for part in parts]
    same = tuple(text if text is not None and [part.id for part in text] == ids else None for text in texts)
    if (release, tag) in ELEMENT_REPEATS:
        return _chosen(ELEMENT_REPEATS[release, tag][0], parts, (same[0], same[1]), f"{release} {tag}")
    known = [text for text in same if text is not None]
    if not known or all([p.repeats for p in text] == [p.repeats for p in known[0]] for text in known):
        repeats = [part.repeats for part in (known or [parts])[0]]
        return [Part(part.id, part.mandatory, each) for part, each in zip(parts, repeats, strict=True)]
    if texts[0] is not None and any(part.repeats > 1 for part in texts[0]):
        raise SystemExit(f"{release} {tag}: the texts before and after repeat differently; decide in repairs.py")
    is_before = RELEASES.index(release) < RELEASES.index(ELEMENT_REPEATS_FROM)
    return _chosen("before" if is_before else "after", parts, (same[0], same[1]), f"{release} {tag}")


def _shape(parts: list[Part]) -> tuple[tuple[str, bool], ...]:
    return tuple((part.id, part.mandatory) for part in parts)


def _is_shortened(given: list[Part], whole: list[Part]) -> bool:
    """Whether `given` is `whole` with parts left out, or without marks that something is mandatory."""
    rest = iter(part.id for part in whole)
    return all(part.id in rest for part in given)


def _settle_elements(release: Release, around: list[Release]) -> None:
    for name in {part.id for parts in _all_parts(release) for part in parts if part.id.isdigit()}:
        texts = [text.elements[name] for text in around if name in text.elements]
        given = release.elements.get(name)
        decided = REPRESENTATIONS.get((release.name, name))
        fixed = [text for text in texts if given is not None and text == given.replace("..", "")]
        if decided is not None and given in (None, decided[0]):
            release.elements[name] = decided[0]
        elif given is None or fixed:
            found = set(fixed or texts)
            if len(found) != 1:
                raise SystemExit(f"{release.name} {name}: {sorted(found)}; decide in repairs.py")
            release.elements[name] = found.pop()
        elif given not in texts:
            raise SystemExit(f"{release.name} {name}: {given} is in no text, they have {texts}; decide in repairs.py")


def _all_parts(release: Release) -> list[list[Part]]:
    return [*release.segments.values(), *release.composites.values()]
