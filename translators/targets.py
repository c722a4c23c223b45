"""What can be written, by the name of a target, and the refusal of what cannot."""

import re
from collections.abc import Sequence
from typing import Any

from translators.canonical.documents import KINDS
from translators.canonical.invoice import Invoice
from translators.canonical.order_change import OrderChange
from translators.edifact import translating as edifact
from translators.findings import Finding
from translators.mapping.catalogue import Entry, entries
from translators.mapping.running import Map
from translators.vda import translating as vda
from translators.x12 import translating as x12
from translators.x12.grammar import RELEASES
from translators.xmldoc import translating as xml

_ENVELOPED = ("edifact", "x12", "vda")
"""Formats whose targets are called after them."""


class Unwritable(Exception):  # noqa: N818 - a refusal, not a defect
    """The document cannot be written as asked; `findings` say why."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("; ".join(finding.text for finding in findings[:3]))
        self.findings = tuple(findings)


def targets() -> tuple[str, ...]:
    """Everything `write` knows how to write."""
    return tuple(documents_of())


def documents_of() -> dict[str, str]:
    """Everything `write` knows how to write, with the kind of document each is written from, in words."""
    known = {
        _target(each.format, each.message, each.version, each.root): each.document.partition("/")[0].replace("_", " ")
        for each in entries()
        if not each.reads_only
    }
    return {"json": "document of any kind", **dict(sorted(known.items()))}


def map_to(target: str) -> Map:
    """The map that writes `target`. Raises Unwritable for one there is none for."""
    kind, _, rest = target.partition(":")
    if kind.lower() == "x12":
        message, _, release = rest.partition(":")
        found = x12.compiled_map(message, release or RELEASES[0])
        if found is not None:
            return found
    for entry in entries():
        if entry.format == "x12":
            continue
        known = _target(entry.format, entry.message, entry.version, entry.root)
        if target == known or target == known.rpartition(":")[0] or _loosely(target) == _loosely(known):
            found = _compiled(entry)
            assert found is not None, "the catalogue names maps that are there"
            return found
    carried = _carried(target)
    if carried is not None:
        return carried
    raise refusal("map.target", f"`{target[:60]}` cannot be written; known are {', '.join(_like(target))}")


def _carried(target: str) -> Map | None:
    """For EDIFACT a release no map was written for: that of another, where there is a table of the message."""
    kind, message, release, *more = (*target.upper().split(":"), "", "")
    named = re.fullmatch(r"(D)\.?([0-9]{2}[AB])", release)
    if kind != "EDIFACT" or named is None or any(more):
        return None
    return edifact.compiled_map(message, f"{named[1]}.{named[2]}")


def _like(target: str) -> list[str]:
    """Of what can be written what is most like `target`: other releases, other messages, other formats."""
    kind, _, rest = target.lower().partition(":")
    near = [each for each in targets() if each.lower().startswith(f"{kind}:{rest.partition(':')[0]}:")]
    if not near:
        near = [each.rpartition(":")[0] for each in targets() if each.startswith(f"{kind}:")]
    if not near:
        near = [each.partition(":")[0] + (":…" if ":" in each else "") for each in targets()]
    return list(dict.fromkeys(near))


def _compiled(entry: Entry) -> Map | None:
    if entry.format == "edifact":
        return edifact.compiled_map(entry.message, entry.version)
    return vda.compiled_map(entry.message) if entry.format == "vda" else xml.map_for(entry.root)


def _target(kind: str, message: str, version: str, root: str) -> str:
    if kind in _ENVELOPED:
        return f"{kind}:{message}:{version}"
    return f"{'ubl' if 'oasis:names:specification:ubl' in root else 'xml'}:{message}:{version}"


def _said_by(document: Any) -> str | None:
    """The UBL document that says the same, where several are made of one canonical object."""
    if isinstance(document, Invoice):
        return "CreditNote" if document.type in ("381", "261") else "Invoice"
    if isinstance(document, OrderChange):
        return "OrderCancellation" if document.cancels else "OrderChange"
    return None


def precise(target: str, document: Any) -> str:
    """`ubl` alone means the one UBL document this canonical document becomes."""
    if target != "ubl":
        return target
    found = [
        _target(each.format, each.message, each.version, each.root)
        for each in entries()
        if not each.reads_only and KINDS[each.document].struct is type(document)
    ]
    found = [each for each in found if each.startswith("ubl:")]
    if len(found) > 1:
        found = [each for each in found if each.split(":")[1] == _said_by(document)] or found
    if len(found) != 1:
        raise refusal("map.target", f"say which: {', '.join(found)}" if found else "no UBL document is made of this")
    return found[0]


def _loosely(target: str) -> str:
    """`D96A` for `D.96A`, whatever the case."""
    return target.replace(".", "").lower()


def refusal(code: str, text: str) -> Unwritable:
    """One reason, for the operator."""
    return Unwritable((Finding(code, text, act="operator"),))
