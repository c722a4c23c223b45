"""`partner welcome`: what a partner is given when it is brought in, on the screen or as a folder to send."""

import argparse
import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import msgspec

from gateway.cli.partner_show import partner_named
from gateway.cli.telling import carefully, json_option, safe, tell_json
from gateway.clock import now
from gateway.settings import Settings, read_settings
from gateway.welcome.folder import PAGE, write_folder
from gateway.welcome.gathering import gather
from gateway.welcome.kit import Kit
from gateway.welcome.page import page
from partners.directory import Directory, load
from partners.profile import Partner


def add_verb(verbs: Any) -> None:
    welcome = verbs.add_parser("welcome", help="the kit for the partner: addresses, certificates, examples, agreements")
    welcome.add_argument("partner", metavar="ID", help="as the name of its profile")
    welcome.add_argument("--to", type=Path, metavar="FOLDER", help="write it as a folder to send, with samples")
    json_option(welcome)
    welcome.set_defaults(run=carefully(_welcome))


def _welcome(chosen: argparse.Namespace) -> int:
    settings = read_settings(os.environ)
    directory = load(settings.partners)
    kit = kit_of(settings, directory, partner_named(directory, chosen.partner))
    written = write_folder(kit, chosen.to) if chosen.to is not None else []
    if chosen.json:
        tell_json({"ok": not kit.missing, "kit": plain(kit), "written": written})
        return int(bool(kit.missing))
    if chosen.to is None:
        print(safe(page(kit)), end="")
    else:
        print(safe(f"{len(written)} files in {chosen.to}; send it whole, its page is {PAGE}"))
    tell_missing(kit)
    return int(bool(kit.missing))


def kit_of(settings: Settings, directory: Directory, partner: Partner) -> Kit:
    """Raises FileProblems where the rules cannot be read."""
    return asyncio.run(gather(settings, directory, partner, now()))


def plain(kit: Kit) -> Any:
    """For programs; bytes are base64."""
    return msgspec.to_builtins(kit)


def tell_missing(kit: Kit) -> None:
    """To whoever is about to send it, and never in what is sent."""
    for one in kit.missing:
        print(safe(f"before you send it: {one}"), file=sys.stderr)
