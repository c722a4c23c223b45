"""`python docs/generate.py` writes anew what the pages here take from the code; a test says when it is due.

A generated part stands in a page between `<!-- generated: name -->` and `<!-- end -->`.
"""

import ast
import re
import sys
from collections.abc import Callable
from pathlib import Path

from gateway.answers import AS2_DISPOSITION, HTTP_STATUS
from gateway.destinations.odoo.refusals import REFUSALS
from gateway.errorpages import EXPLANATIONS
from gateway.errors import ERRORS, refusal_code
from gateway.ledger.states import TRANSITIONS, State
from policies.flowtable import ATTEMPTS, CRITICALITY, KEEP, LATENCY
from translators.edifact.directory import directory
from translators.mapping.catalogue import Entry, entries
from translators.mapping.files import load

DOCS = Path(__file__).parent
_EDIFACT = [entry for entry in entries() if entry.format == "edifact"]
_PART = re.compile(r"(<!-- generated: (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)
_FINDING = re.compile(r"(?:document|edifact|json|map|ubl|vda|x12|xml)(?:\.[a-z_]+)+")
_ENDS = [state for state in State if not TRANSITIONS[state]]


def delivery_states() -> str:
    """The state machine of gateway/ledger/states.py as a Mermaid diagram."""
    arrows = [f"    [*] --> {State.PENDING}"]
    for state, ways in TRANSITIONS.items():
        targets: dict[State, list[str]] = {}
        for event, target in ways.items():
            targets.setdefault(target, []).append(event.rpartition(".")[2])
        arrows += [f"    {state} --> {target}: {' / '.join(events)}" for target, events in targets.items()]
    arrows += [f"    {state} --> [*]" for state in _ENDS]
    return "\n".join(["```mermaid", "stateDiagram-v2", *arrows, "```"])


def delivery_transitions() -> str:
    """The same as a table: in which state which event leads where."""
    rows = []
    for state, ways in TRANSITIONS.items():
        rows += [f"| `{state}` | `{event}` | `{target}` |" for event, target in ways.items()]
    return "\n".join(["| in state | event | then |", "|---|---|---|", *rows])


def errors() -> str:
    """Every error: what it is, who acts, its answer, and what to do."""
    parts = []
    for code, error in ERRORS.items():
        said = EXPLANATIONS[code]
        parts.append(
            f"### `{code}`\n\n"
            f"{error.title} · acts: **{error.acts}** · HTTP **{HTTP_STATUS[code]}** · "
            f"AS2 disposition **{AS2_DISPOSITION[code] or 'none, the HTTP status'}** · "
            f"same request again: **{'yes' if error.repeat else 'no'}**\n\n"
            f"{said.meaning}\n\n- Usual cause: {said.cause}\n- What to do: {said.action}"
        )
    return "\n\n".join(parts)


def flow_latencies() -> str:
    rows = [f"| `{name}` | {soon.priority} | {soon.deadline} |" for name, soon in LATENCY.items()]
    return "\n".join(["| `latency` | priority | deadline |", "|---|---|---|", *rows])


def flow_criticalities() -> str:
    rows = [f"| `{name}` | {-grave.sooner:+d} | `{grave.alert}` |" for name, grave in CRITICALITY.items()]
    return "\n".join(["| `criticality` | added to the priority | alert of what is overdue |", "|---|---|---|", *rows])


def flow_attempts() -> str:
    rows = [f"| `{recovery}` | {' | '.join(by[latency] for latency in LATENCY)} |" for recovery, by in ATTEMPTS.items()]
    head = f"| `recovery` | {' | '.join(f'`{latency}`' for latency in LATENCY)} |"
    return "\n".join([head, "|---|---|---|---|", *rows])


def flow_retention() -> str:
    rows = [f"| `{recovery}` | {' | '.join(by[name] for name in CRITICALITY)} |" for recovery, by in KEEP.items()]
    head = f"| `recovery` | {' | '.join(f'`{name}`' for name in CRITICALITY)} |"
    return "\n".join([head, "|---|---|---|---|", *rows])


def odoo_causes() -> str:
    """Why Odoo, or what we know of it, says no for good."""
    return "\n".join(["| cause | means |", "|---|---|", *(f"| `{code}` | {text} |" for code, text in REFUSALS.items())])


def findings() -> str:
    """Every code of a finding written in the translators and the schema check, with the error it becomes."""
    rows = []
    for code in sorted(finding_codes()):
        error = refusal_code(code)
        rows.append(f"| `{code}` | `{error}` | {HTTP_STATUS[error]} |")
    return "\n".join(["| finding | as an error it is answered with | HTTP |", "|---|---|---|", *rows])


def finding_codes() -> set[str]:
    """The codes that stand in the source as whole words; not those put together from parts."""
    places = [*(DOCS.parent / "translators").rglob("*.py"), DOCS.parent / "policies" / "jsonschemas.py"]
    return {
        node.value
        for place in places
        for node in ast.walk(ast.parse(place.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _FINDING.fullmatch(node.value)
    }


def edifact_maps() -> str:
    """Every EDIFACT map: message, release, document, directions, samples."""
    rows = []
    for entry in _EDIFACT:
        spec = load(entry.path).spec
        document = entry.document.partition("/")[0].replace("_", " ")
        directions = f"only read: {spec.reads_only}" if spec.reads_only else "read and written"
        named = directory(entry.version)
        name = named.name(entry.message) if named is not None else ""
        rows.append(f"| {entry.message} | {name} | {entry.version} | {document} | {directions} | {len(spec.samples)} |")
    head = ["| message | | release | becomes | directions | samples |", "|---|---|---|---|---|---|"]
    return "\n".join([*head, *rows])


def edifact_waivers() -> str:
    """What the EDIFACT maps leave out on purpose: by what is left out and why, the messages whose maps do."""
    where: dict[tuple[str, str], list[Entry]] = {}
    for entry in _EDIFACT:
        for waiver in load(entry.path).spec.waived:
            left = f"`{waiver.path}`" if waiver.path is not None else f"`{waiver.to}` is not written"
            maps = where.setdefault((left, waiver.reason), [])
            maps += [entry] if entry not in maps else []
    rows = [f"| {left} | {reason} | {_messages(maps)} |" for (left, reason), maps in sorted(where.items())]
    return "\n".join(["| left out | because | in |", "|---|---|---|", *rows])


def _messages(maps: list[Entry]) -> str:
    """`ORDERS` for all its releases, else with those of the maps."""
    said = []
    for message in dict.fromkeys(entry.message for entry in maps):
        releases = [entry.version for entry in maps if entry.message == message]
        is_all = len(releases) == sum(entry.message == message for entry in _EDIFACT)
        said.append(message if is_all else f"{message} {', '.join(releases)}")
    return "; ".join(said)


PARTS: dict[str, Callable[[], str]] = {
    "flow-latencies": flow_latencies,
    "flow-criticalities": flow_criticalities,
    "flow-attempts": flow_attempts,
    "flow-retention": flow_retention,
    "delivery-states": delivery_states,
    "delivery-transitions": delivery_transitions,
    "errors": errors,
    "odoo-causes": odoo_causes,
    "findings": findings,
    "edifact-maps": edifact_maps,
    "edifact-waivers": edifact_waivers,
}


def renewed(page: str) -> str:
    """The page with its generated parts as the code has them now."""
    return _PART.sub(lambda part: f"{part[1]}{PARTS[part[2]]()}\n{part[3]}", page)


def main() -> int:
    for path in sorted(DOCS.rglob("*.md")):
        page = path.read_text(encoding="utf-8")
        if (fresh := renewed(page)) != page:
            path.write_text(fresh, encoding="utf-8")
            sys.stdout.write(f"{path.relative_to(DOCS)} renewed\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
