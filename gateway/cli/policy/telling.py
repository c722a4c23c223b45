"""What the policy commands share: which rules and profiles they speak of, and how a rule is named."""

import argparse
import os
from pathlib import Path

from gateway.settings import PACKAGED
from partners.directory import Directory
from partners.directory import load as load_partners
from policies.checking import Known
from policies.verdicts import RuleRef
from translators.fileproblems import FileProblems

RULES = PACKAGED / "policies" / "rules"


def rules_option(parser: argparse.ArgumentParser) -> None:
    live = Path(os.environ.get("GATEWAY_POLICIES", RULES))
    parser.add_argument("--rules", type=Path, default=live, help="the folder of rules; default: the live ones")


def profiles(folder: Path) -> Directory | None:
    """None when there are none to be read: the rules can be looked at without them."""
    try:
        return load_partners(folder)
    except FileProblems:
        return None


def known_of(directory: Directory | None) -> Known | None:
    if directory is None:
        return None
    return Known(
        partners=frozenset(directory.partners),
        plants=frozenset(directory.plants),
        plans=frozenset(partner.plan for partner in directory.partners.values()),
    )


def named(rule: RuleRef | None) -> str:
    """`limits.yaml:14 trial-requests`."""
    if rule is None:
        return ""
    return f"{rule.file}:{rule.line} {rule.name}" if rule.line else f"{rule.kind} default"
