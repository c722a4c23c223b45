"""All partners and plants, found by the credential they use and by the numbers documents call them."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

from msgspec import Struct

from partners.profile import Partner, Plant
from translators.yamlfiles import FileProblem, FileProblems, YamlFile, convert
from translators.yamlfiles import load as load_yaml

SenderKind = Literal["partner", "plant", "corporate"]
P = TypeVar("P", Partner, Plant)


class _Filed(Struct, Generic[P], frozen=True):
    """A profile with the file it came from."""

    profile: P
    file: YamlFile

    def problem(self, path: str, text: str) -> FileProblem:
        return self.file.problem(f"$.{path}", text)


class Directory:
    """Profiles never change once loaded; `revision` names the files' content."""

    def __init__(self, partners: Iterable[Partner], plants: Iterable[Plant], revision: str) -> None:
        self.revision = revision
        self.partners = {partner.id: partner for partner in partners}
        self.plants = {plant.id: plant for plant in plants}
        self._clients: dict[tuple[str, str], Partner | Plant] = {}
        for partner in self.partners.values():
            self._clients.update((("partner", client), partner) for client in partner.clients)
        for plant in self.plants.values():
            self._clients.update((("plant", client), plant) for client in plant.clients)
        self._plants_by_gln = {gln.value: plant for plant in self.plants.values() for gln in plant.identifiers.gln}
        self._partners_by_gln = {one.value: each for each in self.partners.values() for one in each.identifiers.gln}
        self._by_as2 = {(one.as2.theirs, one.as2.ours): one for one in self.partners.values() if one.as2 is not None}
        self._by_account = {
            one.sftp.mailbox.account: one for one in self.partners.values() if one.sftp and one.sftp.mailbox
        }

    def by_client(self, kind: SenderKind, client: str) -> Partner | Plant | None:
        """Who uses this OAuth client of this kind of issuer; the same id at another issuer is somebody else.

        A suspended or expired one is found too: see `is_open`.
        """
        return self._clients.get((kind, client))

    def by_as2(self, theirs: str, ours: str) -> Partner | None:
        """Whose relation this pair of AS2 names is, AS2-From and AS2-To of what they send; case counts."""
        return self._by_as2.get((theirs, ours))

    def by_account(self, account: str) -> Partner | None:
        """Whose account at our SFTP server it is."""
        return self._by_account.get(account)

    def plant_by_gln(self, gln: str) -> Plant | None:
        """The plant at this GLN, such as the ship-to of a despatch advice."""
        return self._plants_by_gln.get(gln)

    def partner_by_gln(self, gln: str) -> Partner | None:
        """The partner that documents call by this GLN."""
        return self._partners_by_gln.get(gln)


def is_open(profile: Partner | Plant, at: datetime) -> bool:
    """Whether the relation is active and in force at this moment (aware, UTC)."""
    return (
        profile.state == "active"
        and (profile.from_ is None or at >= profile.from_.at)
        and (profile.until is None or at < profile.until.at)
    )


def load(folder: Path) -> Directory:
    """Reads `profiles/*.yaml` and `plants/*.yaml`; raises FileProblems with every problem found."""
    problems: list[FileProblem] = []
    partners = _read(folder / "profiles", Partner, problems)
    plants = _read(folder / "plants", Plant, problems)
    everyone: list[_Filed[Any]] = [*partners, *plants]
    for one in everyone:
        problems += _check(one)
    problems += _check_unique(partners, plants)
    if problems:
        raise FileProblems(problems)
    files = [one.file for one in everyone]
    return Directory((one.profile for one in partners), (one.profile for one in plants), _revision(folder, files))


def _read(folder: Path, type: type[P], problems: list[FileProblem]) -> list[_Filed[P]]:  # noqa: A002 - as in convert
    if not folder.is_dir():
        problems.append(FileProblem(folder, 0, 0, "there is no such folder"))
        return []
    read: list[_Filed[P]] = []
    for path in sorted(folder.iterdir()):
        if path.suffix == ".yml":
            problems.append(FileProblem(path, 0, 0, "a profile ends in `.yaml`; this one would be overlooked"))
        if path.suffix != ".yaml":
            continue
        try:
            file = load_yaml(path)
            read.append(_Filed(convert(file, type), file))
        except FileProblems as found:
            problems += found.problems
    return read


def _check(one: _Filed[Any]) -> Iterator[FileProblem]:
    profile = one.profile
    if one.file.path.stem != profile.id:
        yield one.problem("id", f"the file must be named after its id: `{profile.id}.yaml`")
    if profile.from_ is not None and profile.until is not None and profile.until.at <= profile.from_.at:
        yield one.problem("until", "`until` must be later than `from`")
    if isinstance(profile, Partner) and not (profile.clients or profile.as2 or profile.sftp or profile.webhook):
        yield one.problem("id", "it can neither send nor receive; give it `clients`, `as2`, `sftp` or a `webhook`")
    if isinstance(profile, Plant) and not profile.identifiers.gln:
        yield one.problem("identifiers", "a plant needs a `gln`, or nothing that is shipped to it finds it")


def _check_unique(partners: list[_Filed[Partner]], plants: list[_Filed[Plant]]) -> Iterator[FileProblem]:
    """An identity belongs to one of them. Partners and plants have issuers of their own, so clients may be alike."""
    everyone: list[_Filed[Any]] = [*partners, *plants]
    yield from _unique(everyone, "id", lambda profile: [("id", profile.id)])
    yield from _unique(everyone, "GLN", lambda profile: _listed("identifiers.gln", profile.identifiers.gln))
    yield from _unique(everyone, "VAT number", lambda profile: _single("identifiers.vat", profile.identifiers.vat))
    yield from _unique(everyone, "DUNS number", lambda profile: _single("identifiers.duns", profile.identifiers.duns))
    yield from _unique(partners, "pair of AS2 names", lambda profile: _as2_names(profile))
    yield from _unique(partners, "SFTP account", lambda profile: _accounts(profile))
    yield from _unique(partners, "interchange sender", lambda profile: _interchange_names(profile))
    for of_one_issuer in (list[_Filed[Any]](partners), list[_Filed[Any]](plants)):
        yield from _unique(of_one_issuer, "client", lambda profile: _listed("clients", profile.clients))


Named = Iterable[tuple[str, str]]


def _listed(path: str, values: Iterable[Any]) -> Named:
    return [(f"{path}[{number}]", str(getattr(value, "value", value))) for number, value in enumerate(values)]


def _single(path: str, value: str | None) -> Named:
    return [(path, value)] if value is not None else []


def _as2_names(profile: Partner) -> Named:
    return _single("as2.theirs", f"{profile.as2.theirs}` to `{profile.as2.ours}" if profile.as2 else None)


def _accounts(profile: Partner) -> Named:
    mailbox = profile.sftp.mailbox if profile.sftp is not None else None
    return _single("sftp.mailbox.account", mailbox.account if mailbox is not None else None)


def _interchange_names(profile: Partner) -> Named:
    """As UNB and ISA name them, with the qualifier, because the same number may be another's elsewhere."""
    edifact = profile.edifact.theirs if profile.edifact is not None else ()
    x12 = profile.x12.theirs if profile.x12 is not None else ()
    for number, name in enumerate(edifact):
        yield f"edifact.theirs[{number}].id", ":".join((name.id, name.qualifier, name.internal)).rstrip(":")
    for number, isa in enumerate(x12):
        yield f"x12.theirs[{number}].id", f"{isa.qualifier}*{isa.id}"


def _unique(filed: list[_Filed[Any]], what: str, names: Callable[[Any], Named]) -> Iterator[FileProblem]:
    seen: dict[str, tuple[_Filed[Any], str]] = {}
    for one in filed:
        for path, name in names(one.profile):
            if name in seen:
                first, first_path = seen[name]
                line = first.file.places[f"$.{first_path}"][0]
                place = f"{first.file.path.parent.name}/{first.file.path.name}:{line}"
                yield one.problem(path, f"the {what} `{name}` is already in {place}")
            else:
                seen[name] = (one, path)


def _revision(folder: Path, files: Iterable[YamlFile]) -> str:
    digest = hashlib.sha256()
    for file in sorted(files, key=lambda one: one.path):
        digest.update(f"{file.path.relative_to(folder).as_posix()}\0{len(file.content)}\0".encode())
        digest.update(file.content)
    return f"sha256:{digest.hexdigest()[:16]}"
