"""An identity belongs to one of them, whatever channel it is used on."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from partners.filed import Filed
from partners.profile import Partner, Plant
from translators.fileproblems import FileProblem

Named = Iterable[tuple[str, str]]
"""(path in the file, the name that may stand there once)"""


def check_unique(partners: list[Filed[Partner]], plants: list[Filed[Plant]]) -> Iterator[FileProblem]:
    """Partners and plants have issuers of their own, so clients of the two may be alike."""
    everyone: list[Filed[Any]] = [*partners, *plants]
    yield from _unique(everyone, "id", lambda profile: [("id", profile.id)])
    yield from _unique(everyone, "GLN", lambda profile: _listed("identifiers.gln", profile.identifiers.gln))
    yield from _unique(everyone, "VAT number", lambda profile: _single("identifiers.vat", profile.identifiers.vat))
    yield from _unique(everyone, "DUNS number", lambda profile: _single("identifiers.duns", profile.identifiers.duns))
    yield from _unique(partners, "pair of AS2 names", _as2_names)
    yield from _unique(partners, "SFTP account", _accounts)
    yield from _unique(partners, "SSH key", _ssh_keys)
    yield from _unique(partners, "folder that is fetched from", _polled)
    yield from _unique(partners, "interchange sender", _interchange_names)
    yield from _unique(partners, "cXML credential", _credentials)
    yield from _unique(partners, "agreement", _agreements, within=True)
    for of_one_issuer in (list[Filed[Any]](partners), list[Filed[Any]](plants)):
        yield from _unique(of_one_issuer, "client", lambda profile: _listed("clients", profile.clients))


def _listed(path: str, values: Iterable[Any]) -> Named:
    return [(f"{path}[{number}]", str(getattr(value, "value", value))) for number, value in enumerate(values)]


def _single(path: str, value: str | None) -> Named:
    return [(path, value)] if value is not None else []


def _as2_names(profile: Partner) -> Named:
    return _single("as2.theirs", f"{profile.as2.theirs}` to `{profile.as2.ours}" if profile.as2 else None)


def _accounts(profile: Partner) -> Named:
    mailbox = profile.sftp.mailbox if profile.sftp is not None else None
    return _single("sftp.mailbox.account", mailbox.account if mailbox is not None else None)


def _ssh_keys(profile: Partner) -> Named:
    """Without the remark behind it: the same key under another name is the same key."""
    mailbox = profile.sftp.mailbox if profile.sftp is not None else None
    for number, key in enumerate(mailbox.keys if mailbox is not None else ()):
        kind, content = key.split(" ")[:2]
        yield f"sftp.mailbox.keys[{number}]", f"{kind} …{content[-12:]}"


def _polled(profile: Partner) -> Named:
    """Two that fetch from one folder would take files from each other."""
    server = profile.sftp.server if profile.sftp is not None else None
    return _single("sftp.server.poll", server.place.rstrip("/") if server is not None and server.poll else None)


def _interchange_names(profile: Partner) -> Named:
    """As UNB and ISA name them, with the qualifier, because the same number may be another's elsewhere."""
    edifact = profile.edifact.theirs if profile.edifact is not None else ()
    x12 = profile.x12.theirs if profile.x12 is not None else ()
    for number, name in enumerate(edifact):
        yield f"edifact.theirs[{number}].id", ":".join((name.id, name.qualifier, name.internal)).rstrip(":")
    for number, isa in enumerate(x12):
        yield f"x12.theirs[{number}].id", f"{isa.qualifier}*{isa.id}"


def _credentials(profile: Partner) -> Named:
    """The case of a domain does not count."""
    for number, one in enumerate(profile.cxml.theirs if profile.cxml is not None else ()):
        yield f"cxml.theirs[{number}].identity", f"{one.domain.lower()} {one.identity}"


def _agreements(profile: Partner) -> Named:
    return [(f"agreements[{number}].name", one.name) for number, one in enumerate(profile.agreements)]


def _unique(
    filed: list[Filed[Any]], what: str, names: Callable[[Any], Named], *, within: bool = False
) -> Iterator[FileProblem]:
    """`within`: unique in one file; another may have it too."""
    seen: dict[str, tuple[Filed[Any], str]] = {}
    for one in filed:
        if within:
            seen = {}
        for path, name in names(one.profile):
            if name in seen:
                first, first_path = seen[name]
                line = first.file.places[f"$.{first_path}"][0]
                place = f"{first.file.path.parent.name}/{first.file.path.name}:{line}"
                yield one.problem(path, f"the {what} `{name}` is already in {place}")
            else:
                seen[name] = (one, path)
