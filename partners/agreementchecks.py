"""What must fit together in an agreement, and between it and the rest of its profile. Nothing here looks at a clock."""

from collections.abc import Iterator
from pathlib import Path

from partners.acknowledgementchecks import check_acknowledgements
from partners.agreements import Agreement, own_file
from partners.filed import Filed
from partners.profile import Partner
from partners.profilechecks import check_times
from translators.canonical.documents import KINDS
from translators.edifact.characters import outside
from translators.edifact.guidelines import shipped_names
from translators.fileproblems import FileProblem
from translators.mapping.catalogue import entries
from translators.targets import Unwritable, documents_of, map_to
from translators.yamlsentences import suggest

_OUTBOUND = ("control_numbers", "batch", "association")
_INBOUND = ("interchange", "suspend")
_ENVELOPED = ("edifact", "x12", "vda")
_LONGEST_REFERENCE = 14  # 0020


def check_agreements(one: Filed[Partner], folder: Path) -> Iterator[FileProblem]:
    """`folder` is the one with `profiles/`, where `maps/` and `guidelines/` of partners lie too."""
    for number, agreement in enumerate(one.profile.agreements):
        path = f"agreements[{number}]."
        yield from check_times(one, path, agreement)
        yield from _check_window(one, path, agreement)
        yield from _check_channel(one, path, agreement)
        yield from _check_format(one, path, agreement)
        yield from _check_files(one, path, agreement, folder)
        yield from _check_direction(one, path, agreement)
        yield from _check_control_numbers(one, path, agreement)
        yield from check_acknowledgements(one, path, agreement)
    yield from _check_overlaps(one)


def format_kind(agreement: Agreement) -> str | None:
    """`edifact` of `edifact:ORDERS:D.96A`; None where any format is taken."""
    return agreement.format.partition(":")[0].lower() if agreement.format is not None else None


def _check_window(one: Filed[Partner], path: str, agreement: Agreement) -> Iterator[FileProblem]:
    profile = one.profile
    if agreement.until and profile.from_ and agreement.until.at <= profile.from_.at:
        yield one.problem(f"{path}until", "it ends before the profile's own `from`")
    if agreement.from_ and profile.until and agreement.from_.at >= profile.until.at:
        yield one.problem(f"{path}from", "it begins after the profile's own `until`")


def _check_channel(one: Filed[Partner], path: str, agreement: Agreement) -> Iterator[FileProblem]:
    profile, out = one.profile, agreement.direction == "out"
    sftp = profile.sftp
    mailbox, server = (sftp.mailbox, sftp.server) if sftp is not None else (None, None)
    text = None
    match agreement.channel:
        case "http" if out:
            text = "over `http` they send to us; what we send goes by `webhook`, or they fetch it at the `outbox`"
        case "webhook" | "outbox" if not out:
            text = f"`{agreement.channel}` only carries what we send; they send over `http`"
        case "http" | "outbox" if not profile.clients:
            text = f"`{agreement.channel}` needs `clients` in this profile"
        case "webhook" if profile.webhook is None:
            text = "`webhook` needs a `webhook` in this profile"
        case "as2" if profile.as2 is None:
            text = "`as2` needs an `as2` relation in this profile"
        case "as2" if out and profile.as2 is not None and profile.as2.send is None:
            text = "what we send over `as2` needs `as2.send` in this profile"
        case "sftp" if out and mailbox is None and (server is None or server.push is None):
            text = "what we send over `sftp` needs a `sftp.mailbox`, or a `push` folder at `sftp.server`"
        case "sftp" if not out and mailbox is None and (server is None or server.poll is None):
            text = "what they send over `sftp` needs a `sftp.mailbox`, or a `poll` folder at `sftp.server`"
    if text is not None:
        yield one.problem(f"{path}channel", text)


def _check_format(one: Filed[Partner], path: str, agreement: Agreement) -> Iterator[FileProblem]:
    documents = dict.fromkeys(name.partition("/")[0] for name in KINDS)
    if agreement.document not in documents:
        text = f"`{agreement.document}` is no canonical document; {suggest(agreement.document, documents)}"
        yield one.problem(f"{path}document", text)
        return
    if agreement.format is None:
        if agreement.direction == "out":
            yield one.problem(path.rstrip("."), "what we send needs a `format`")
        return
    kind = format_kind(agreement)
    yield from _check_target(one, path, agreement, agreement.format)
    if agreement.direction == "out":
        for format_, names in (("edifact", one.profile.edifact), ("x12", one.profile.x12)):
            if kind == format_ and names is None:
                yield one.problem(f"{path}format", f"an interchange needs names: add `{format_}` to this profile")
    if kind == "edifact" and agreement.direction == "out":
        yield from _check_repertoire(one, agreement)


def _check_target(one: Filed[Partner], path: str, agreement: Agreement, format_: str) -> Iterator[FileProblem]:
    if format_ in ("json", "ubl"):
        return
    known = documents_of()
    try:
        spec = map_to(format_).spec
    except Unwritable:
        same = [name for name, document in known.items() if document == agreement.document.replace("_", " ")]
        yield one.problem(f"{path}format", f"`{format_}` is not known here; {suggest(format_, ['json', *same])}")
        return
    written = spec.document.partition("/")[0]
    if written != agreement.document:
        text = f"`{format_}` is written from `{written}`, and this agreement is about `{agreement.document}`"
        yield one.problem(f"{path}format", text)


def _check_repertoire(one: Filed[Partner], agreement: Agreement) -> Iterator[FileProblem]:
    names = one.profile.edifact
    if names is None:
        return
    charset = agreement.charset or "UNOC"
    for path, name in (("edifact.ours.id", names.ours), ("edifact.theirs[0].id", names.theirs[0])):
        if outside(charset, name.id.encode()) is not None:
            text = f"`{name.id}` cannot be written in {charset}, which agreement `{agreement.name}` asks for"
            yield one.problem(path, text)


def _check_files(one: Filed[Partner], path: str, agreement: Agreement, folder: Path) -> Iterator[FileProblem]:
    """A map or a guideline: of ours by its name, or of this partner by a file of its own."""
    for field, own, shipped in (
        ("map", agreement.map, [entry.name for entry in entries()]),
        ("guideline", agreement.guideline, list(shipped_names())),
    ):
        if own is None or own in shipped or own.removesuffix(".yaml") in shipped:
            continue
        if own_file(folder / f"{field}s", own) is not None:
            continue
        text = f"no {field} `{own}` ships, nor is it a file in `{field}s/` beside `profiles/`; {suggest(own, shipped)}"
        yield one.problem(f"{path}{field}", text)


def _check_direction(one: Filed[Partner], path: str, agreement: Agreement) -> Iterator[FileProblem]:
    """What only the other direction has would look agreed and do nothing."""
    out, kind = agreement.direction == "out", format_kind(agreement)
    for field in _INBOUND if out else _OUTBOUND:
        if one.says(f"{path}{field}"):
            whose = "they send" if out else "we send"
            yield one.problem(f"{path}{field}", f"`{field}` is about what {whose}", at_key=True)
    for field in ("charset", "syntax"):
        if one.says(f"{path}{field}") and kind not in ("edifact", None):
            yield one.problem(f"{path}{field}", f"`{field}` belongs to EDIFACT", at_key=True)
    if not out:
        return
    if one.says(f"{path}control_numbers") and kind not in _ENVELOPED:
        yield one.problem(f"{path}control_numbers", f"`{kind}` has no interchange to number", at_key=True)
    if agreement.batch is not None and kind not in (*_ENVELOPED, "json"):
        yield one.problem(f"{path}batch", f"`{kind}` holds one document and cannot be batched", at_key=True)


def _check_control_numbers(one: Filed[Partner], path: str, agreement: Agreement) -> Iterator[FileProblem]:
    numbers, place = agreement.control_numbers, f"{path}control_numbers"
    if not one.says(place):
        return
    if numbers.last < numbers.first:
        yield one.problem(f"{place}.last", f"`last` must not be below `first`, which is {numbers.first}")
    if len(str(numbers.last)) > numbers.digits:
        yield one.problem(f"{place}.digits", f"{numbers.last} does not fit into {numbers.digits} digits")
    if format_kind(agreement) == "x12" and (numbers.digits != 9 or numbers.prefix):
        yield one.problem(place, "ISA13 is nine digits and nothing else")
    if len(numbers.prefix) + numbers.digits > _LONGEST_REFERENCE:
        text = (
            f"prefix and digits are {len(numbers.prefix) + numbers.digits} characters; 0020 takes {_LONGEST_REFERENCE}"
        )
        yield one.problem(place, text)


def _check_overlaps(one: Filed[Partner]) -> Iterator[FileProblem]:
    """For one document at one moment one agreement holds. Inbound each channel may have its own."""
    seen: dict[tuple[object, ...], list[Agreement]] = {}
    for number, agreement in enumerate(one.profile.agreements):
        channel = agreement.channel if agreement.direction == "in" else None
        same = (agreement.document, agreement.direction, agreement.format, channel, agreement.test)
        for other in seen.setdefault(same, []):
            if _overlap(agreement, other):
                text = f"`{other.name}` says the same at the same time; end one with `until` before the other's `from`"
                yield one.problem(f"agreements[{number}].name", text)
                break
        seen[same].append(agreement)


def _overlap(one: Agreement, other: Agreement) -> bool:
    return _begins_before_end(one, other) and _begins_before_end(other, one)


def _begins_before_end(one: Agreement, other: Agreement) -> bool:
    return one.from_ is None or other.until is None or one.from_.at < other.until.at
