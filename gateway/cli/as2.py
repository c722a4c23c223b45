"""`as2`: what a captured AS2 message or receipt contains and whether it verifies, for people who help partners.

Exit status: 0 everything that was checked holds, 1 something does not, 2 the command cannot be carried out.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from rich.console import Console
from rich.text import Text

from gateway.channels.as2.inspecting.captures import read_capture
from gateway.channels.as2.inspecting.layers import Credentials, inspect
from gateway.channels.as2.inspecting.steps import Attachment, Inspection
from gateway.channels.as2.refusing import Unacceptable
from gateway.channels.as2.windows import Spools
from gateway.cli.as2_credentials import CannotUse, of_files, of_profile
from gateway.cli.translate_files import plain
from gateway.clock import now

_VARIABLE = "GATEWAY_AS2_PASSPHRASE"


def add_commands(commands: argparse._SubParsersAction) -> None:  # type: ignore[type-arg]
    verbs = commands.add_parser("as2", help="look into AS2 messages and receipts").add_subparsers(
        required=True, metavar="VERB"
    )
    opened = verbs.add_parser("open", help="what a message or receipt contains and whether it verifies, step by step")
    opened.add_argument("file", type=Path, help="a captured HTTP request or response, a MIME file, .p7m or .p7s")
    opened.add_argument("--key", action="append", default=[], type=Path, help="our private key (PEM or P12)")
    opened.add_argument("--cert", action="append", default=[], type=Path, help="its certificate; not for a P12")
    opened.add_argument("--passphrase-file", type=Path, help=f"of the keys; or the variable {_VARIABLE}")
    opened.add_argument("--partner-cert", action="append", default=[], type=Path, help="what the partner signs with")
    opened.add_argument("--profile", metavar="ID", help="keys and certificates of this partner's profile")
    opened.add_argument("--at", type=_moment, help="judge certificates as of 2026-03-14 or 2026-03-14T09:26; else now")
    opened.add_argument("--extract", type=Path, metavar="DIR", help="write the attachments into this folder")
    opened.add_argument("--json", action="store_true", help="print JSON, for programs")
    opened.set_defaults(run=_open)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"`{text}` is no date like 2026-03-14 or 2026-03-14T09:26") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _open(chosen: argparse.Namespace) -> int:
    try:
        with Spools() as spools, chosen.file.open("rb") as file:
            inspection = inspect(read_capture(file, spools), _credentials(chosen), spools)
            written = _extract(inspection.attachments, chosen.extract) if chosen.extract is not None else []
    except OSError as error:
        print(f"{error.filename}: {(error.strerror or 'it cannot be used').lower()}", file=sys.stderr)
        return 2
    except CannotUse as problem:
        print(problem, file=sys.stderr)
        return 2
    except Unacceptable as refused:
        print(f"{chosen.file}: {refused.detail}", file=sys.stderr)
        return 2
    _show_json(inspection, written) if chosen.json else _show(inspection, written)
    return 1 if inspection.problems else 0


def _credentials(chosen: argparse.Namespace) -> Credentials:
    at = chosen.at or now()
    passphrase = os.environ.get(_VARIABLE, "")
    if chosen.passphrase_file is not None:
        passphrase = chosen.passphrase_file.read_text().rstrip("\r\n")
    found = of_files(chosen.key, chosen.cert, chosen.partner_cert, passphrase.encode() or None)
    if chosen.profile is not None:
        of_partner = of_profile(chosen.profile)
        found = ([*found[0], *of_partner[0]], [*found[1], *of_partner[1]])
    return Credentials(*found, at)


def _extract(attachments: Sequence[Attachment], folder: Path) -> list[Path]:
    """By their own names where these may be file names; nothing that is there is written over."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for number, attachment in enumerate(attachments, 1):
        path = folder / (attachment.name or f"attachment-{number}")
        with path.open("xb") as file:
            for chunk in attachment.content.chunks():
                file.write(chunk)
        written.append(path)
    return written


def _show(inspection: Inspection, written: Sequence[Path]) -> None:
    console = Console(soft_wrap=True, highlight=False)
    for number, step in enumerate(inspection.steps, 1):
        console.print(Text(f"{number}. {plain(step.title)}", "bold"))
        width = max((len(label) for label, _ in step.facts), default=0)
        for label, value in step.facts:
            console.print(Text(f"   {label:{width}}  {plain(value)}"))
        for proof in step.proofs:
            console.print(Text(f"   ✓ {plain(proof)}", "green"))
        for problem in step.problems:
            console.print(Text(f"   ✗ {plain(problem)}", "red"))
    for path in written:
        console.print(Text(f"written: {plain(str(path))}"))
    wrong = len(inspection.problems)
    said = f"{wrong} {'thing does' if wrong == 1 else 'things do'} not hold" if wrong else "all that was checked holds"
    console.print(Text(said, "bold"))


def _show_json(inspection: Inspection, written: Sequence[Path]) -> None:
    described = {
        "holds": not inspection.problems,
        "steps": [msgspec.to_builtins(step) for step in inspection.steps],
        "attachments": [
            {"name": one.name, "media_type": one.media_type, "bytes": one.content.size}
            for one in inspection.attachments
        ],
        "written": [str(path) for path in written],
    }
    print(msgspec.json.format(msgspec.json.encode(described)).decode())
