"""One partner brought into Keycloak: the plan first, then the steps.

plan = plan_for(realm, partner, timeline, audience, now())
for change in carry_out(realm, plan, secrets): print(change)
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from os import O_CREAT, O_EXCL, O_WRONLY, fdopen, fsync
from os import open as open_file
from pathlib import Path

from partners.onboarding.changes import Act, Change, NewSecret, SetClient
from partners.onboarding.planning import is_left_over, plan_client, plan_disabling, plan_realm, plan_secret
from partners.onboarding.realm import Realm
from partners.onboarding.wanted import CannotOnboard, wanted_clients
from partners.profile import Partner
from partners.timelines import TimeLine


def plan_for(
    realm: Realm, partner: Partner, timeline: TimeLine, audience: str, at: datetime, *, new_secret: bool = False
) -> list[Change]:
    """Every step, in the order they are done; empty when Keycloak is as the profile says. Raises CannotOnboard."""
    wanted = wanted_clients(partner, timeline, audience, at)
    found = realm.read(audience)
    plan = list(plan_realm(wanted, found))
    for one in wanted:
        has = realm.client(one.client)
        plan += plan_client(one, has)
        secret = plan_secret(one, has, anew=new_secret)
        plan += [secret] if secret is not None else []
    for name in sorted(found.clients - set(partner.clients)):
        other = realm.client(name)
        if other is not None and is_left_over(other, partner.id, partner.clients):
            plan.append(plan_disabling(other, partner.id))
    return plan


def carry_out(realm: Realm, plan: Sequence[Change], secrets: Path) -> Iterator[tuple[Change, Path | None]]:
    """Each change when it is done, with the file its secret was written to. Raises CannotOnboard.

    What was done before stays done: the next plan begins where this one stopped. Settings of one client that follow
    each other are given to Keycloak together, so that it never holds half of them.
    """
    at = 0
    while at < len(plan):
        count, act = _together(plan, at)
        written = None
        if isinstance(act, NewSecret):
            written = _keep_secret(realm, act, secrets)
        else:
            realm.apply(act)
        for change in plan[at : at + count]:
            yield change, written
        at += count


def secret_file(folder: Path, client: str) -> Path:
    """Client ids may hold anything; a file's name may not."""
    return folder / f"{''.join(one if one.isalnum() or one in '._-' else '_' for one in client)}.secret"


def _together(plan: Sequence[Change], at: int) -> tuple[int, Act]:
    """How many changes from here are one step, and that step."""
    first = plan[at].act
    if not isinstance(first, SetClient):
        return 1, first
    fields: dict[str, object] = {}
    attributes: dict[str, str] = {}
    count = 0
    for change in plan[at:]:
        act = change.act
        if not isinstance(act, SetClient) or act.client != first.client:
            break
        fields |= act.fields
        attributes |= act.attributes
        count += 1
    return count, SetClient(first.client, fields, attributes)


def _keep_secret(realm: Realm, act: NewSecret, folder: Path) -> Path:
    """The file is made first: a secret that cannot be kept must not be made."""
    path = secret_file(folder, act.client)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = open_file(path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
    except FileExistsError:
        raise CannotOnboard(
            f"{path} still holds an earlier secret of `{act.client}`; give it to the partner or destroy it first"
        ) from None
    except OSError as error:
        reason = (error.strerror or "no reason is known").lower()
        raise CannotOnboard(f"{path}: the secret cannot be written there: {reason}") from None
    try:
        with fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(realm.apply(act) or "")
            file.write("\n")
            file.flush()
            fsync(file.fileno())
    except CannotOnboard:
        with suppress(OSError):
            path.unlink()
        raise
    return path
