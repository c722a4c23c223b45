"""What holds for a partner or a plant at a moment, as plain facts that can be shown and compared.

holding(directory, "acme", now())   {Fact("agreement", "orders"): {"document": "purchase_order", …}, …}
compare(before, after)              what each gains, loses, or has otherwise
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec
from cryptography.hazmat.primitives.hashes import SHA256
from msgspec import Struct

from partners.agreements import Agreement, is_in_force
from partners.directory import Directory, is_open
from partners.profile import Partner, Plant

Topic = Literal["standing", "identity", "agreement", "certificate", "key", "terms", "contact"]


class Fact(Struct, frozen=True, order=True):
    """`name` is unique under its topic in one profile."""

    topic: Topic
    name: str


Facts = dict[Fact, dict[str, Any]]
"""Each with its fields in the words of the files."""


Identity = tuple[str, str, dict[str, Any]]
"""(channel or kind of number, name, what else belongs to it)"""


class Effect(Struct, frozen=True, kw_only=True):
    """`fields`, of a change: what was and what is."""

    who: str
    change: Literal["gains", "loses", "changes"]
    fact: Fact
    fields: dict[str, tuple[Any, Any]] = {}


def standing(profile: Partner | Plant, at: datetime) -> str:
    """`open`, or why nothing is exchanged at this moment."""
    if is_open(profile, at):
        return "open" if profile.state == "active" else profile.state
    if profile.from_ is not None and at < profile.from_.at:
        return f"opens {profile.from_.text}"
    if profile.until is not None and at >= profile.until.at:
        return f"ended {profile.until.text}"
    return profile.state


def holding(directory: Directory, who: str, at: datetime) -> Facts:
    """Only the standing while the relation is closed; nothing where there is no such profile."""
    profile: Partner | Plant | None = directory.partners.get(who) or directory.plants.get(who)
    if profile is None:
        return {}
    facts: Facts = {Fact("standing", "standing"): {"is": standing(profile, at)}}
    if is_open(profile, at):
        facts |= {Fact("identity", f"{channel} {name}"): fields for channel, name, fields in identities(profile)}
        facts |= {Fact("contact", one.email): {"about": one.about} for one in profile.contacts}
        facts[Fact("terms", "terms")] = terms(profile)
        if isinstance(profile, Partner):
            facts |= _of_partner(directory, profile, at)
    return facts


def terms(profile: Partner | Plant) -> dict[str, Any]:
    """What is neither a name nor agreed for one kind of document."""
    found: dict[str, Any] = {"name": profile.name, "kind": profile.kind, "binding": profile.binding}
    if isinstance(profile, Partner):
        found["plan"] = profile.plan
        for part in ("as2", "sftp", "webhook"):
            found |= _flat(plain(getattr(profile, part)), f"{part}.")
        for named_already in ("as2.theirs", "as2.ours", "as2.keys", "sftp.mailbox.account", "sftp.mailbox.keys"):
            found.pop(named_already, None)
    return found


def agreed(agreement: Agreement) -> dict[str, Any]:
    """The fields of an agreement but its name and time; those left at nothing are left out."""
    fields = _flat(plain(agreement), "")
    return {name: value for name, value in fields.items() if name not in ("name", "from", "until")}


def compare(before: Mapping[str, Facts], after: Mapping[str, Facts]) -> Iterator[Effect]:
    """By the ids of all profiles of either side, in their order."""
    for who in sorted(before.keys() | after.keys()):
        was, now = before.get(who, {}), after.get(who, {})
        for fact in sorted(was.keys() | now.keys()):
            if fact not in was:
                yield Effect(who=who, change="gains", fact=fact)
            elif fact not in now:
                yield Effect(who=who, change="loses", fact=fact)
            elif was[fact] != now[fact]:
                yield Effect(who=who, change="changes", fact=fact, fields=_differing(was[fact], now[fact]))


def plain(value: Any) -> Any:
    """As the files would write it, without what is empty."""
    return _without_empty(msgspec.to_builtins(value, enc_hook=_text_of))


def _of_partner(directory: Directory, partner: Partner, at: datetime) -> Facts:
    facts: Facts = {Fact("agreement", one.name): agreed(one) for one in partner.agreements if is_in_force(one, at)}
    for dated in directory.timeline(partner.id).entries:
        if dated.holds(at):
            digest = dated.certificate.fingerprint(SHA256()).hex()
            for use in dated.use:
                facts[Fact("certificate", f"{use} {dated.file} sha256:{digest[:16]}")] = {"until": dated.ends}
    for key in partner.as2.keys if partner.as2 is not None else ():
        if (key.from_ is None or at >= key.from_.at) and (key.until is None or at < key.until.at):
            facts |= {Fact("key", f"{use} {key.name}"): {} for use in key.use}
    return facts


def identities(profile: Partner | Plant) -> Iterator[Identity]:
    """How they are known on each channel, and how documents name them."""
    for client in profile.clients:
        yield "client", client, {}
    if isinstance(profile, Partner):
        yield from _named_on_channels(profile)
    for gln in profile.identifiers.gln:
        yield "GLN", gln.value, {}
    if profile.identifiers.duns is not None:
        yield "DUNS", profile.identifiers.duns, {}
    if profile.identifiers.vat is not None:
        yield "VAT", profile.identifiers.vat, {}


def _named_on_channels(partner: Partner) -> Iterator[Identity]:
    if partner.as2 is not None:
        yield "AS2", f"{partner.as2.theirs} → {partner.as2.ours}", {}
    if partner.sftp is not None and partner.sftp.mailbox is not None:
        yield "SFTP", partner.sftp.mailbox.account, {}
        for line in partner.sftp.mailbox.keys:
            kind, content = line.split(" ")[:2]
            yield "SSH key", f"{kind} …{content[-12:]}", {}
    for edifact in partner.edifact.theirs if partner.edifact is not None else ():
        yield "UNB", ":".join((edifact.id, edifact.qualifier, edifact.internal)).rstrip(":"), {}
    for x12 in partner.x12.theirs if partner.x12 is not None else ():
        yield "ISA", f"{x12.qualifier}*{x12.id}", {"group": x12.group} if x12.group else {}
    for cxml in partner.cxml.theirs if partner.cxml is not None else ():
        yield "cXML", f"{cxml.domain} {cxml.identity}", {}


def _differing(was: dict[str, Any], now: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    names = [*was, *(name for name in now if name not in was)]
    return {name: (was.get(name), now.get(name)) for name in names if was.get(name) != now.get(name)}


def _flat(value: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        return {path.removesuffix("."): value} if value is not None else {}
    return {name: each for key, inner in value.items() for name, each in _flat(inner, f"{path}{key}.").items()}


def _without_empty(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {key: _without_empty(inner) for key, inner in value.items()}
        return {key: inner for key, inner in kept.items() if inner not in (None, "", [], {})}
    return [_without_empty(one) for one in value] if isinstance(value, list | tuple) else value


def _text_of(value: Any) -> Any:
    """Moment, Duration and Size keep the words they were written in; a GLN its digits."""
    return value.text if hasattr(value, "text") else value.value
