"""All partners and plants, found by the credential they use and by the numbers documents call them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from msgspec.structs import replace

from partners.agreedforms import NO_FORMS, Forms, read_forms
from partners.agreementchecks import check_agreements
from partners.certificatechecks import read_certificates
from partners.codetables import CodeTable, read_tables
from partners.filed import Filed, read_folder, revision
from partners.interchangenames import InterchangeNames
from partners.pgpchecks import check_pgp
from partners.profile import Partner, Plant
from partners.profilechecks import check_profile
from partners.recoding import NO_CODES, PartnerCodes
from partners.standings import Standings
from partners.timelines import TimeLine
from partners.uniqueness import check_unique
from translators.yamlfiles import FileProblem, FileProblems

SenderKind = Literal["partner", "plant", "corporate"]
_NONE = TimeLine()

_BESIDE = ("certificates", "maps", "guidelines", "crossrefs")
WATCHED = ("profiles", "plants", *_BESIDE)
"""The folders whose files make a directory what it is."""


class Directory:
    """Profiles never change once loaded; `revision` names the files' content, `revisions` that of each profile."""

    def __init__(
        self,
        partners: Iterable[Partner],
        plants: Iterable[Plant],
        revision: str,
        *,
        timelines: Mapping[str, TimeLine] | None = None,
        revisions: Mapping[str, str] | None = None,
        tables: Mapping[str, tuple[CodeTable, ...]] | None = None,
        forms: Mapping[str, Mapping[str, Forms]] | None = None,
    ) -> None:
        self.revision = revision
        self.revisions = revisions or {}
        self.partners = {partner.id: partner for partner in partners}
        self.plants = {plant.id: plant for plant in plants}
        self._timelines = timelines or {}
        self._tables = tables or {}
        self._forms = forms or {}
        self._codes = {partner: PartnerCodes(each) for partner, each in self._tables.items()}
        self._clients: dict[tuple[str, str], Partner | Plant] = {}
        for partner in self.partners.values():
            self._clients.update((("partner", client), partner) for client in partner.clients)
        for plant in self.plants.values():
            self._clients.update((("plant", client), plant) for client in plant.clients)
        self._plants_by_gln = {gln.value: plant for plant in self.plants.values() for gln in plant.identifiers.gln}
        self._partners_named = {
            (scheme, value): one
            for one in self.partners.values()
            for scheme, value in (
                *(("gln", gln.value) for gln in one.identifiers.gln),
                ("duns", one.identifiers.duns),
                ("vat", one.identifiers.vat),
            )
            if value is not None
        }
        self.interchange_names = InterchangeNames.of(self.partners.values())
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

    def partner_named(self, scheme: str, value: str) -> Partner | None:
        """The partner with this `gln`, `duns` or `vat` number; other schemes name nobody here."""
        return self._partners_named.get((scheme, value))

    def codes(self, partner: str) -> PartnerCodes:
        """The cross-references of the partner with this id; empty, and so false, where it has none."""
        return self._codes.get(partner, NO_CODES)

    def under(self, standings: Standings) -> "Directory":
        """The same with each partner's `state` as it is under what people have decided beside the profiles."""
        return Directory(
            (_under(standings, partner) for partner in self.partners.values()),
            self.plants.values(),
            self.revision,
            timelines=self._timelines,
            revisions=self.revisions,
            tables=self._tables,
            forms=self._forms,
        )

    def forms(self, partner: str, agreement: str) -> Forms:
        """The map and the guideline of an agreement."""
        return self._forms.get(partner, {}).get(agreement, NO_FORMS)

    def timeline(self, partner: str) -> TimeLine:
        """The certificates of the partner with this id."""
        return self._timelines.get(partner, _NONE)


def _under(standings: Standings, partner: Partner) -> Partner:
    if partner.id in standings.suspended:
        return replace(partner, state="suspended")
    if partner.state == "testing" and partner.id in standings.approved:
        return replace(partner, state="active")
    return partner


def is_open(profile: Partner | Plant, at: datetime) -> bool:
    """Whether the relation is active or being tested, and in force at this moment (aware, UTC)."""
    return (
        profile.state != "suspended"
        and (profile.from_ is None or at >= profile.from_.at)
        and (profile.until is None or at < profile.until.at)
    )


def load(folder: Path) -> Directory:
    """Reads `profiles/*.yaml`, `plants/*.yaml` and the certificates; raises FileProblems with every problem found."""
    problems: list[FileProblem] = []
    partners = read_folder(folder / "profiles", Partner, problems)
    plants = read_folder(folder / "plants", Plant, problems)
    timelines: dict[str, TimeLine] = {}
    forms: dict[str, dict[str, Forms]] = {}
    everyone: list[Filed[Any]] = [*partners, *plants]
    for one in everyone:
        problems += check_profile(one)
    for partner in partners:
        problems += check_agreements(partner, folder)
        forms[partner.profile.id] = read_forms(partner, folder, problems)
        problems += check_pgp(partner, folder / "certificates")
        timelines[partner.profile.id] = TimeLine(read_certificates(partner, folder / "certificates", problems))
    problems += check_unique(partners, plants)
    tables = read_tables(folder / "crossrefs", [one.profile.id for one in partners], problems)
    if problems:
        raise FileProblems(problems)
    return Directory(
        (one.profile for one in partners),
        (one.profile for one in plants),
        _revision(folder, everyone),
        timelines=timelines,
        revisions={one.profile.id: one.revision for one in everyone},
        tables=tables,
        forms=forms,
    )


def _revision(folder: Path, everyone: Iterable[Filed[Any]]) -> str:
    """Of all that was read; a certificate that is changed under its name is another directory."""
    contents = {one.file.path.relative_to(folder).as_posix(): one.file.content for one in everyone}
    for each in (folder / name for name in _BESIDE):
        paths = sorted(each.iterdir()) if each.is_dir() else []
        contents.update({path.relative_to(folder).as_posix(): path.read_bytes() for path in paths if path.is_file()})
    return revision(contents)
