"""What deserves a look in profiles that hold: what has ended or is about to, and keys of ours that cannot be used."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import get_args

from msgspec import Struct

from partners.certificatechecks import read_certificates
from partners.certificatefiles import BadCertificate
from partners.certificates import CertificateUse, OwnUse
from partners.filed import Filed, read_folder
from partners.ownkeys import OwnKeys, time_of
from partners.profile import Partner
from partners.timelines import Dated
from translators.fileproblems import FileProblem

SOON = timedelta(days=30)


class Warned(Struct, frozen=True, order=True):
    """`kind` is one word, for programs."""

    problem: FileProblem
    kind: str


Judge = Callable[[Path], str | None]
"""Why a file is no secret of a webhook: the file and a sentence; None where it is one."""


def warnings(folder: Path, keys: OwnKeys | None, at: datetime, secret: Judge | None = None) -> list[Warned]:
    """Of every profile that can be read, whatever is wrong with the others. Without `keys` ours are not looked at, nor
    the secrets of webhooks, which `secret` judges."""
    found: list[Warned] = []
    for one in read_folder(folder / "profiles", Partner, []):
        if one.profile.state != "suspended":
            found += _of_relation(one, at)
            found += _of_certificates(one, read_certificates(one, folder / "certificates", []), at)
            found += _of_keys(one, keys, at) if keys is not None else ()
            found += _of_secrets(one, keys.folder, secret) if keys is not None and secret is not None else ()
    return sorted(found)


def _of_relation(one: Filed[Partner], at: datetime) -> Iterator[Warned]:
    profile = one.profile
    if profile.until is not None and profile.until.at <= at:
        yield Warned(one.problem("until", "the relation has ended; nothing is exchanged any more"), "ended")
        return
    for number, agreement in enumerate(profile.agreements):
        if agreement.until is not None and agreement.until.at <= at:
            text = f"the agreement `{agreement.name}` has ended"
            yield Warned(one.problem(f"agreements[{number}].until", text), "ended")
    legacy = profile.as2.legacy if profile.as2 is not None else None
    if legacy is not None and legacy.until.at <= at:
        text = "the time of the legacy algorithms has ended: what they send with them is refused"
        yield Warned(one.problem("as2.legacy.until", text), "ended")
    elif legacy is not None:
        text = f"accepted inbound until {legacy.until.text}: {', '.join(legacy.allows)}"
        yield Warned(one.problem("as2.legacy", text, at_key=True), "weak")


def _of_certificates(one: Filed[Partner], dated: list[Dated], at: datetime) -> Iterator[Warned]:
    """Only where nothing follows: an old certificate beside its successor is how a roll-over looks."""
    numbers = {entry.file: number for number, entry in enumerate(one.profile.certificates)}
    for use in get_args(CertificateUse):
        theirs = [each for each in dated if use in each.use]
        if theirs:
            last = max(theirs, key=lambda each: each.ends)
            place = f"certificates[{numbers[last.file]}].file"
            yield from _ending(one, place, f"the last certificate with `{use}`, `{last.file}`,", last.ends, at)
            if last.ends > at and not any(each.holds(at) for each in theirs):
                begins = min(each.begins for each in theirs if each.ends > at)
                text = f"no certificate with `{use}` holds now; the next begins {begins:%Y-%m-%d %H:%M} UTC"
                yield Warned(one.problem(place, text), "gap")


def _of_keys(one: Filed[Partner], keys: OwnKeys, at: datetime) -> Iterator[Warned]:
    last: dict[OwnUse, tuple[datetime, int]] = {}
    for number, entry in enumerate(one.profile.as2.keys if one.profile.as2 is not None else ()):
        try:
            ends = time_of(entry, keys.pair(entry.name).certificate)[1]
        except BadCertificate as problem:
            yield Warned(one.problem(f"as2.keys[{number}].name", str(problem)), "key")
            continue
        for own_use in entry.use:
            last[own_use] = max(last.get(own_use, (ends, number)), (ends, number))
    for own_use, (ends, number) in last.items():
        yield from _ending(one, f"as2.keys[{number}].name", f"our last key with `{own_use}`", ends, at)


def _of_secrets(one: Filed[Partner], folder: Path, judge: Judge) -> Iterator[Warned]:
    for number, name in enumerate(one.profile.webhook.secrets if one.profile.webhook is not None else ()):
        problem = judge(folder / name)
        if problem is not None:
            yield Warned(one.problem(f"webhook.secrets[{number}]", problem), "secret")


def _ending(one: Filed[Partner], place: str, what: str, ends: datetime, at: datetime) -> Iterator[Warned]:
    if ends <= at:
        yield Warned(one.problem(place, f"{what} ended {ends:%Y-%m-%d %H:%M} UTC"), "ended")
    elif ends - at <= SOON:
        yield Warned(one.problem(place, f"{what} ends {ends:%Y-%m-%d %H:%M} UTC, in {(ends - at).days} days"), "ending")
