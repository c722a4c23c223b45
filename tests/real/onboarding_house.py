"""A folder of profiles, and what brings one of them into a realm of a real Keycloak."""

from pathlib import Path
from typing import Any

from partners.directory import load
from partners.onboarding.plans import carry_out, plan_for
from tests.real.onboarding_realm import Onboarded, now, write_profile

PROFILE = """
id: {name}
name: Harbourline Supplies
kind: distributor
state: active
plan: standard
binding: {binding}
clients: [{client}]
oauth:
  authentication: {authentication}
  roles: [{roles}]
  {more}
identifiers: {{vat: DE811234567}}
certificates: [{certificates}]
"""


class House:
    """A folder of profiles, and what brings one of them into the realm."""

    def __init__(self, onboarded: Onboarded, folder: Path) -> None:
        self.onboarded = onboarded
        self.folder = folder
        (folder / "certificates").mkdir(parents=True)

    def certificate(self, name: str, content: bytes) -> None:
        (self.folder / "certificates" / name).write_bytes(content)

    def profile(self, name: str, **given: str) -> "House":
        told = {"binding": "none", "client": f"{name}-orders", "authentication": "secret", "roles": "orders.send"}
        write_profile(
            self.folder, name, PROFILE.format(**told | {"more": "", "certificates": "", "name": name} | given)
        )
        return self

    def plan(self, name: str, **options: Any) -> list[Any]:
        directory = load(self.folder)
        return plan_for(
            self.onboarded.open(),
            directory.partners[name],
            directory.timeline(name),
            "partner-gateway",
            now(),
            **options,
        )

    def bring(self, name: str, **options: Any) -> list[str]:
        plan = self.plan(name, **options)
        done = [str(change) for change, _ in carry_out(self.onboarded.open(), plan, self.folder / "secrets")]
        assert [str(change) for change in plan] == done
        return done
