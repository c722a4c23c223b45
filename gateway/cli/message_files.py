"""`message files`: the document as its sender named it, and what accompanies it."""

import argparse
import sys
from pathlib import Path
from uuid import UUID

from gateway.cli.operating import operator
from gateway.cli.telling import console, row, table
from gateway.ledger.ledger import Ledger
from gateway.ledger.reading import FileHead
from gateway.showing import reveal


async def show_files(ledger: Ledger, chosen: argparse.Namespace) -> int:
    """1 when the message came alone, or is not there; 2 when a file cannot be written."""
    history = await ledger.history(chosen.id)
    if history is None or not history.files:
        print(f"there is no message {chosen.id}" if history is None else "it came alone; nothing accompanies it")
        return 1
    if chosen.extract is None:
        listed = table(f"{len(history.files)} files", "number", "name", "type", "bytes")
        for one in history.files:
            row(listed, str(one.number), one.file_name or "", one.media_type, str(one.size))
        console().print(listed)
        return 0
    if chosen.reveal is None:
        print("--extract needs --reveal with the reason, which goes on record", file=sys.stderr)
        return 2
    await reveal(ledger, [chosen.id], actor=operator(), reason=chosen.reveal)
    return max([await _extract(ledger, chosen.id, one, chosen.extract) for one in history.files])


async def _extract(ledger: Ledger, message_id: UUID, one: FileHead, folder: Path) -> int:
    """Never over a file that is there. Names were checked when they came: they hold no part of a path."""
    target = _place(folder, one)
    try:
        with target.open("xb") as file:
            size = 0
            async for piece in ledger.files.content(message_id, one.number):
                size += file.write(piece)
    except OSError as problem:
        print(f"cannot write {target}: {problem.strerror}", file=sys.stderr)
        return 2
    if not size and one.size:
        target.unlink()
        print(f"{target.name} is kept no longer")
        return 1
    print(target)
    return 0


def _place(folder: Path, one: FileHead) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{one.number}-{one.file_name or 'unnamed'}"
