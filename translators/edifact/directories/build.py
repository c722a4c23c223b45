"""Derives the compact tables from the directories, by hand: `python -m translators.edifact.directories.build FOLDER`.

FOLDER holds `unece/` (the UN's own texts of five releases, the reference) and `edifact-mapping/` (XML of sixteen more
and of the service segments). Only facts are taken: tags, order, status, repeats, representations, codes, short names.
What the XML got wrong is repaired by `repairs.py`; anything it does not explain stops the build.
"""

import sys
from pathlib import Path
from typing import Any

from translators.edifact.directories.codelists import code_lists
from translators.edifact.directories.naming import names_of
from translators.edifact.directories.packing import tables, write
from translators.edifact.directories.release import Release
from translators.edifact.directories.repairing import check_whole, drop_unused, repair
from translators.edifact.directories.repairs import RELEASES, TEXTS
from translators.edifact.directories.service import read_service
from translators.edifact.directories.texts import read_texts
from translators.edifact.directories.xmlfiles import read_codes, read_xml


def build(folder: Path) -> dict[str, dict[str, Any]]:
    """File name -> table, for all releases in `folder`."""
    releases = read(folder)
    texts = {name: releases[name] for name in TEXTS}
    for name in RELEASES:
        if name not in texts:
            repair(releases[name], *neighbours(name, texts))
    for release in releases.values():
        drop_unused(release)
        check_whole(release)
    service = read_service(folder)
    return tables(releases, service, code_lists(releases), names_of(releases, service))


def read(folder: Path) -> dict[str, Release]:
    """All releases as their sources have them."""
    releases = {}
    for name in RELEASES:
        suffix = name.partition(".")[2]
        xml = folder / "edifact-mapping" / f"D{suffix}"
        if name in TEXTS:
            releases[name] = read_texts(folder / "unece" / suffix, suffix)
            if not releases[name].codes:  # the UN's code lists of 96A and 01B are not at hand
                releases[name].codes = read_codes(xml / "codes.xml")
        else:
            releases[name] = read_xml(xml, name)
    return releases


def neighbours(name: str, texts: dict[str, Release]) -> tuple[Release | None, Release | None]:
    """The nearest texts before and after a release."""
    at = RELEASES.index(name)
    before = next((texts[each] for each in reversed(RELEASES[:at]) if each in texts), None)
    after = next((texts[each] for each in RELEASES[at:] if each in texts), None)
    return before, after


def main() -> None:
    if len(sys.argv) != 2:
        raise SystemExit("usage: python -m translators.edifact.directories.build FOLDER")
    sizes = write(build(Path(sys.argv[1])))
    for name, size in sizes.items():
        sys.stdout.write(f"{name}: {size} bytes\n")
    sys.stdout.write(f"together {sum(sizes.values())} bytes\n")


if __name__ == "__main__":
    main()
