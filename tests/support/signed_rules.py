"""Signed sets of rules, and people who sign them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from policies.folders import read_folder
from policies.loading import load
from policies.manifests import SIGNATURES
from policies.signers import PrivateKey, Signers, load_signers
from policies.signing import Terms, approve, sign

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PEOPLE = ("mira", "jonas", "aylin", "petr")


class House:
    """Four people with keys; two approvals are needed, `petr` may only write."""

    def __init__(self, folder: Path, approvals: int = 2) -> None:
        self.keys = {name: PrivateKey.create(folder / f"{name}.pem") for name in PEOPLE}
        self.keys["stranger"] = PrivateKey.create(folder / "stranger.pem")
        self.file = folder / "signers.yaml"
        lines = ["kind: signers", f"approvals: {approvals}", "signers:"]
        for name in PEOPLE:
            may = "[author]" if name == "petr" else "[author, approver]"
            lines.append(f'- {{name: {name}, key: "{self.keys[name].public.text}", may: {may}}}')
        self.file.write_text("\n".join(lines) + "\n")

    @property
    def signers(self) -> Signers:
        return load_signers(self.file)

    def sign(self, rules: Path, number: int, **given: Any) -> None:
        """Signed by mira unless another author is named, approved by nobody."""
        author = given.pop("author", "mira")
        key = given.pop("key", self.keys[author])
        terms: dict[str, Any] = {
            "why": "a test", "made_at": NOW, "expires": NOW + timedelta(days=90), "revision": load(rules).revision,
        }  # fmt: skip
        terms = Terms(number=number, author=author, **(terms | given))
        for name, content in sign(read_folder(rules), terms, key).items():
            (rules / name).write_bytes(content)

    def approve(self, rules: Path, *approvers: str) -> None:
        for approver in approvers:
            content = approve(read_folder(rules), rules, approver, self.keys[approver], self.signers)
            (rules / SIGNATURES).write_bytes(content)

    def make(self, rules: Path, number: int, **given: Any) -> None:
        """Signed by mira, approved by jonas and aylin."""
        self.sign(rules, number, **given)
        self.approve(rules, "jonas", "aylin")
