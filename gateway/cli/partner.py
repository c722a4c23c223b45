"""`partner`: who they are, what is agreed with them, and how they are reached. One module for each verb.

Exit status, everywhere: 0 yes or done; 1 the answer is no; 2 the command cannot be carried out. `--json` prints one
object, whatever the answer.
"""

from typing import Any

from gateway.cli import (
    partner_announcing,
    partner_approve,
    partner_certificates,
    partner_check,
    partner_diff,
    partner_drift,
    partner_import,
    partner_list,
    partner_onboard,
    partner_rehearse,
    partner_self_test,
    partner_show,
    partner_suspend,
    partner_welcome,
)

_VERBS = (
    partner_check,
    partner_list,
    partner_show,
    partner_diff,
    partner_certificates,
    partner_announcing,
    partner_import,
    partner_rehearse,
    partner_suspend,
    partner_approve,
    partner_onboard,
    partner_welcome,
    partner_self_test,
    partner_drift,
)


def add_commands(commands: Any) -> None:
    noun = commands.add_parser("partner", help="trading partners: who they are and what is agreed with them")
    verbs = noun.add_subparsers(required=True, metavar="VERB")
    for verb in _VERBS:
        verb.add_verb(verbs)
