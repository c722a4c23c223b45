"""Which acknowledgement fits which document, format and channel."""

from collections.abc import Iterator

from partners.agreements import Acknowledgement, Agreement
from partners.filed import Filed
from partners.profile import Partner
from translators.fileproblems import FileProblem

_FORMATS = {
    "contrl": ("edifact", "EDIFACT"),
    "aperak": ("edifact", "EDIFACT"),
    "999": ("x12", "X12"),
    "997": ("x12", "X12"),
}
_DOCUMENTS = {
    "order_response": ("purchase_order", "order_change"),
    "receipt_advice": ("despatch_advice",),
}
_ALWAYS = ("mdn", "order_response", "receipt_advice")


def check_acknowledgements(one: Filed[Partner], path: str, agreement: Agreement) -> Iterator[FileProblem]:
    seen: set[str] = set()
    for number, owed in enumerate(agreement.acknowledgements):
        place = f"{path}acknowledgements[{number}]"
        if owed.kind in seen:
            yield one.problem(f"{place}.kind", f"`{owed.kind}` is agreed twice")
        seen.add(owed.kind)
        text = _unfit(one.profile, agreement, owed)
        if text is not None:
            yield one.problem(f"{place}.kind", text)
        if owed.when == "on-error" and owed.kind in _ALWAYS:
            yield one.problem(f"{place}.when", f"`{owed.kind}` is owed always")
        if one.says(f"{place}.detail") and owed.kind not in ("contrl", "aperak"):
            yield one.problem(f"{place}.detail", f"`detail` belongs to a `contrl` or an `aperak`, not to `{owed.kind}`")
        if owed.kind in ("contrl", "aperak", "997", "order_response") and agreement.direction == "in":
            text = _no_way_back(one.profile, agreement)
            if text is not None:
                yield one.problem(f"{place}.kind", text)
        if owed.warn is not None and owed.warn.seconds >= owed.within.seconds:
            yield one.problem(f"{place}.warn", f"a warning must come before {owed.within.text}, when it is overdue")
    if {"997", "999"} <= seen:
        yield one.problem(f"{path}acknowledgements", "a `999` takes the place of a `997`; agree on one")


def _no_way_back(profile: Partner, agreement: Agreement) -> str | None:
    """Our answer goes by the channel on which they send."""
    match agreement.channel:
        case "as2" if profile.as2 is not None and profile.as2.send is None:
            return "our answer goes over `as2`, which needs `as2.send` in this profile"
        case "sftp" if profile.sftp is not None and profile.sftp.mailbox is None:
            if profile.sftp.server is None or profile.sftp.server.push is None:
                return "our answer goes over `sftp`, which needs a `sftp.mailbox`, or a `push` folder at `sftp.server`"
    return None


def _unfit(profile: Partner, agreement: Agreement, owed: Acknowledgement) -> str | None:
    """A format that is left open inbound may turn out to be the right one."""
    if owed.kind == "mdn":
        if agreement.channel != "as2":
            return f"an `mdn` answers what goes over `as2`, not over `{agreement.channel}`"
        sends = profile.as2.send if profile.as2 is not None else None
        if agreement.direction == "out" and sends is not None and sends.receipt == "none":
            return "`as2.send.receipt` is `none`, so no `mdn` comes"
    if owed.kind in _FORMATS and agreement.format is not None:
        kind, name = _FORMATS[owed.kind]
        if agreement.format.partition(":")[0].lower() != kind:
            return f"a `{owed.kind}` answers {name}, not `{agreement.format}`"
    if owed.kind == "999" and agreement.direction == "in":
        return "we answer X12 with a `997`; a `999` is read, and not made"
    if owed.kind in _DOCUMENTS and agreement.document not in _DOCUMENTS[owed.kind]:
        wanted = " or ".join(f"`{name}`" for name in _DOCUMENTS[owed.kind])
        return f"`{owed.kind}` answers {wanted}, not `{agreement.document}`"
    return None
