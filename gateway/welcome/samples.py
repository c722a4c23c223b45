"""Documents as a partner may send them, made from the examples that ship: its names, ours, the agreed format."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from partners.agreements import Agreement, own_file
from partners.directory import Directory
from partners.names import CxmlNames
from partners.profile import Partner
from translators.canonical.documents import decode, encode
from translators.canonical.identifiers import check_gs1_key
from translators.edifact.outgoing import Party
from translators.examples import example
from translators.fileproblems import FileProblems
from translators.mapping.acceptance import compiled
from translators.mapping.files import shipped
from translators.mapping.running import Map
from translators.writing import Envelope, Unwritable, write

MEDIA_TYPES = {
    "edifact": "application/edifact", "x12": "application/edi-x12", "vda": "application/edi-consent",
    "json": "application/json", "ubl": "application/xml", "xml": "application/xml",
}  # fmt: skip
_ENDINGS = {"edifact": "edi", "x12": "x12", "vda": "vda", "json": "json", "ubl": "xml", "xml": "xml"}
_REFERENCES = {"edifact": "SAMPLE1", "x12": "000000001", "vda": "00001"}
THEIRS: dict[str, tuple[str, ...]] = {
    "purchase_order": ("buyer", "ship_to", "invoicee"),
    "order_change": ("buyer", "ship_to", "invoicee"),
    "order_response": ("seller",),
    "delivery_schedule": ("customer", "ship_to", "invoicee"),
    "despatch_advice": ("despatcher", "ship_from"),
    "receipt": ("receiver", "ship_to"),
    "invoice": ("seller", "payee", "ship_from"),
    "remittance_advice": ("payer",),
    "price_catalogue": ("seller",),
    "sales_report": ("reporter", "location"),
    "transport_status": ("reporter", "carrier"),
    "inventory_snapshot": ("reporter", "owner"),
    "quality_event": ("sender",),
}
"""Of each document that partners send, the parties that are the sender's side."""
_MOST_TRIMMED = 20
_EXAMPLES = {"purchase_order": "order.json"}


class NoSample(Exception):  # noqa: N818 - a refusal, not a defect
    """No sample can be made; the sentence says why."""


class Made(Struct, frozen=True, kw_only=True):
    """`format` is a target of the translators."""

    document: str
    format: str
    media_type: str
    ending: str
    content: bytes


def sample_of(
    directory: Directory, partner: Partner, document: str, agreement: Agreement | None, maps: Path, at: datetime
) -> Made:
    """The example of this document as the partner would send it: marked as a test where the format has a mark for it.

    Raises NoSample.
    """
    if document not in THEIRS:
        raise NoSample(f"no example of a `{document}` ships")
    target = agreement.format if agreement is not None and agreement.format is not None else "json"
    kind = target.partition(":")[0].lower()
    told = _named(directory, partner, document, THEIRS[document])
    if target.startswith("xml:cXML/") and partner.cxml is not None:
        _with_credentials(told, partner.cxml, THEIRS[document])
    envelope = _envelope(partner, agreement, kind, at)
    content = fitted(told, target, envelope, _map(agreement, maps))[1]
    if kind == "json":
        content = msgspec.json.format(content, indent=2) + b"\n"
    return Made(document=document, format=target, media_type=MEDIA_TYPES[kind], ending=_ENDINGS[kind], content=content)


def answering_example(
    directory: Directory, partner: Partner, agreement: Agreement, maps: Path, at: datetime
) -> bytes:  # fmt: skip
    """The example of what we send by this agreement, in canonical form: us on the side of its sender. Raises
    NoSample."""
    document, target = agreement.document, agreement.format or "json"
    if document not in THEIRS:
        raise NoSample(f"no example of a `{document}` ships")
    told = _named(directory, partner, document, ())
    for role, party in told.items():
        if isinstance(party, dict) and "identifiers" in party and role not in THEIRS[document]:
            told[role] = _them(partner, party)
    envelope = _envelope(partner, agreement, target.partition(":")[0].lower(), at)
    return fitted(told, target, envelope, _map(agreement, maps))[0]


def fitted(told: dict[str, Any], target: str, envelope: Envelope | None, using: Map | None) -> tuple[bytes, bytes]:
    """The document without what the target has no place for, in canonical form and as it is written.

    An example says more than any one format can: a sample may say less. Raises NoSample.
    """
    for _ in range(_MOST_TRIMMED):
        body = encode(decode(msgspec.json.encode(told)))
        try:
            return body, write(body if envelope is None else [body], target, envelope=envelope, using=using)
        except Unwritable as refused:
            places = [one.place.path for one in refused.findings if one.place.path]
            if not places or not _trim(told, places):
                raise NoSample(f"the example does not fit `{target}`: {refused}") from None
    raise NoSample(f"the example does not fit `{target}`, whatever is left out")


def _trim(told: dict[str, Any], places: list[str]) -> bool:
    """Take away what stands at these JSON pointers, or what it stands in where that cannot be without it, or where the
    target adds it. False where nothing can be."""
    taken = [_taken_away(told, place.strip("/").split("/")) for place in places]
    return any(taken)


def _taken_away(told: dict[str, Any], keys: list[str]) -> bool:
    while keys:
        kept = msgspec.json.encode(told)
        if _pop(told, keys):
            try:
                decode(msgspec.json.encode(told))
            except ValueError:
                told.clear()
                told.update(msgspec.json.decode(kept))
            else:
                return True
        keys = keys[:-1]
    return False


def _pop(told: Any, keys: list[str]) -> bool:
    *way, last = keys
    for key in way:
        if isinstance(told, list):
            told = told[int(key)] if int(key) < len(told) else None
        else:
            told = told.get(key) if isinstance(told, dict) else None
    if isinstance(told, list) and int(last) < len(told):
        del told[int(last)]
        return True
    return isinstance(told, dict) and told.pop(last, None) is not None


def _named(directory: Directory, partner: Partner, document: str, theirs: tuple[str, ...]) -> dict[str, Any]:
    """The example with the partner on its side and us on the other."""
    name = _EXAMPLES.get(document, f"{document.replace('_', '-')}.json")
    told: dict[str, Any] = msgspec.json.decode(example(name))
    for role, party in told.items():
        if isinstance(party, dict) and "identifiers" in party:
            told[role] = _them(partner, party) if role in theirs else _us(directory, partner, role, party)
    return told


def _them(partner: Partner, party: dict[str, Any]) -> dict[str, Any]:
    """The address stays that of the example: a profile has none."""
    numbers = partner.identifiers
    found = [("gln", one.value) for one in numbers.gln[:1]]
    found += [(scheme, value) for scheme, value in (("duns", numbers.duns), ("vat", numbers.vat)) if value is not None]
    identifiers = [{"scheme": scheme, "value": value} for scheme, value in found] or party["identifiers"]
    address = {"address": party["address"]} if "address" in party else {}
    return {"identifiers": identifiers, "name": partner.name, **address}


def _us(directory: Directory, partner: Partner, role: str, party: dict[str, Any]) -> dict[str, Any]:
    """Goods go to a plant of ours; everything else to the company, by its name in the interchanges."""
    plant = next(iter(directory.plants.values()), None)
    if role == "ship_to" and plant is not None:
        return {"identifiers": [{"scheme": "gln", "value": plant.identifiers.gln[0].value}], "name": plant.name}
    ours = partner.edifact.ours.id if partner.edifact is not None else ""
    return {**party, "identifiers": [{"scheme": "gln", "value": ours}]} if _is_gln(ours) else party


def _with_credentials(told: dict[str, Any], names: CxmlNames, theirs: tuple[str, ...]) -> None:
    """What the header of a cXML document has to name them and us by."""
    for role, party in told.items():
        if isinstance(party, dict) and "identifiers" in party:
            one = names.theirs[0] if role in theirs else names.ours
            scheme = {"DUNS": "duns", "GLN": "gln", "gln": "gln"}.get(one.domain)
            said = {"scheme": scheme or "other", "value": one.identity} | ({} if scheme else {"agency": one.domain})
            known = [each for each in party["identifiers"] if each["scheme"] != said["scheme"]]
            party["identifiers"] = [*known, said]


def _is_gln(text: str) -> bool:
    try:
        check_gs1_key("gln", text)
    except ValueError:
        return False
    return True


def _envelope(partner: Partner, agreement: Agreement | None, kind: str, at: datetime) -> Envelope | None:
    if kind not in _REFERENCES or agreement is None:
        return None
    theirs, ours = _parties(partner, kind)
    asked = {one.kind for one in agreement.acknowledgements if one.when == "always"}
    return Envelope(
        sender=theirs,
        recipient=ours,
        prepared=at,
        reference=_REFERENCES[kind],
        association=agreement.association,
        version=agreement.syntax or "3",
        repertoire=agreement.charset or "UNOC",
        wants_acknowledgement=bool(asked & {"contrl", "997", "999"}),
        test=True,
        previous="00000" if kind == "vda" else "",
    )


def _parties(partner: Partner, kind: str) -> tuple[Party, Party]:
    """Theirs, then ours. Profiles are not loaded where an agreement needs names that are not there."""
    if kind == "x12" and partner.x12 is not None:
        them, us = partner.x12.theirs[0], partner.x12.ours
        return (Party(id=them.id, qualifier=them.qualifier, internal=them.group),
                Party(id=us.id, qualifier=us.qualifier, internal=us.group))  # fmt: skip
    if kind in ("edifact", "vda") and partner.edifact is not None:
        they, we = partner.edifact.theirs[0], partner.edifact.ours
        return (Party(id=they.id, qualifier=they.qualifier, internal=they.internal),
                Party(id=we.id, qualifier=we.qualifier, internal=we.internal))  # fmt: skip
    raise NoSample(f"the profile has no names for {kind}; write them under `{'x12' if kind == 'x12' else 'edifact'}`")


def _map(agreement: Agreement | None, maps: Path) -> Map | None:
    if agreement is None or agreement.map is None:
        return None
    path = own_file(maps, agreement.map) or shipped(agreement.map.removesuffix(".yaml"))
    try:
        return compiled(path)
    except FileProblems as problems:
        raise NoSample(str(problems.problems[0])) from None


def inbound(partner: Partner, channel: str, at: datetime) -> Iterator[Agreement]:
    """What is agreed for what they send this way, today or later; no acknowledgements, which follow what we send."""
    for one in partner.agreements:
        ended = one.until is not None and one.until.at <= at
        if (one.direction, one.channel) == ("in", channel) and one.document != "ack" and not ended:
            yield one
