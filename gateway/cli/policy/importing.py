"""`policy import`: what of another product's rules maps to ours, and what does not."""

import argparse
from pathlib import Path
from typing import Any

from gateway.cli.telling import carefully, console, json_option, row, table, tell_json
from policies.import_apim import import_apim
from policies.import_deck import import_deck
from policies.importing import Imported, Note


def add_commands(verbs: Any) -> None:
    imported = verbs.add_parser("import", help="rules of another gateway, as far as they map; nothing is changed")
    products = imported.add_subparsers(required=True, metavar="PRODUCT")
    apim = products.add_parser("apim", help="a policy document of Azure API Management, exported as `xml`")
    apim.add_argument("file", type=Path, help="the export")
    apim.add_argument("--plan", default="standard", help="the plan of the partners it is about")
    apim.set_defaults(run=carefully(lambda chosen: _tell(chosen, import_apim(chosen.file, chosen.plan))))
    deck = products.add_parser("deck", help="a file of Kong's decK")
    deck.add_argument("file", type=Path, help="the export")
    deck.set_defaults(run=carefully(lambda chosen: _tell(chosen, import_deck(chosen.file))))
    for product in (apim, deck):
        json_option(product)


def _tell(chosen: argparse.Namespace, found: Imported) -> int:
    """Rules are printed, not written: whoever takes them into a file has read them."""
    if chosen.json:
        tell_json(found)
        return 0
    for text in found.files().values():
        print(text)
    _notes("what goes into settings and profiles", found.settings)
    _notes("what does not map", found.unmapped)
    print(f"{len(found.rules)} rules, all in `mode: observe`; {len(found.unmapped)} things do not map")
    return 0


def _notes(title: str, notes: tuple[Note, ...]) -> None:
    if not notes:
        return
    shown = table(title, "where", "what", "here")
    for one in notes:
        row(shown, one.place, one.what, one.text)
    console().print(shown)
    print()
