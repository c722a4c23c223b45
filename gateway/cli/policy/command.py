"""`policy`: what the rules say, what a change of them would do, and how it comes into force.

Exit status, everywhere: 0 yes or done; 1 the answer is no (a mistake, a failed test, a refusal, a difference that was
asked about); 2 the command cannot be carried out. `--json` prints one object, whatever the answer.
"""

from typing import Any

from gateway.cli.anyorder import Verb
from gateway.cli.policy import check, compare, compat, importing, keys, release, status, trying, usage


def add_commands(commands: Any) -> None:
    policy = commands.add_parser("policy", help="work with the rules")
    verbs = policy.add_subparsers(required=True, metavar="VERB", parser_class=Verb)
    for module in (check, trying, compare, compat, usage, keys, release, status, importing):
        module.add_commands(verbs)
