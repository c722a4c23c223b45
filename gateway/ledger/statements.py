"""SQL as named statements: `-- name: x` in a file of queries/ makes `statements("file")["x"]`."""

import re
from functools import cache
from importlib.resources import files

_NAME = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)


@cache
def statements(file: str) -> dict[str, str]:
    """The statements of `queries/<file>.sql` by name."""
    text = (files("gateway.ledger") / "queries" / f"{file}.sql").read_text()
    parts = _NAME.split(text)
    return dict(zip(parts[1::2], (part.strip().rstrip(";") for part in parts[2::2]), strict=True))


def migrations() -> list[tuple[str, str]]:
    """Name and text of every migration, in order."""
    folder = files("gateway.ledger") / "schema"
    return sorted((entry.name, entry.read_text()) for entry in folder.iterdir() if entry.name.endswith(".sql"))
