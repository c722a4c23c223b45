"""The stand-in's records: in memory, every call a transaction, kept in an SQLite file when one is named."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from gateway.destinations.odoo_standin.answers import missing_record

Row = dict[str, Any]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS record (model TEXT, id INTEGER, body TEXT, PRIMARY KEY (model, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS xid (name TEXT PRIMARY KEY, model TEXT, id INTEGER) WITHOUT ROWID;
"""


class Store:
    """Rows by model and id, external ids, and sequences. A call that raises leaves nothing behind."""

    def __init__(self, file: Path | None = None) -> None:
        self.rows: dict[str, dict[int, Row]] = {}
        self.xids: dict[str, tuple[str, int]] = {}
        self._before: dict[tuple[str, int], Row | None] = {}
        self._new_xids: list[str] = []
        self._database = sqlite3.connect(file, isolation_level=None) if file else None
        if self._database is not None:
            self._read(self._database)

    @property
    def is_empty(self) -> bool:
        return not any(self.rows.values())

    def close(self) -> None:
        if self._database is not None:
            self._database.close()

    def find(self, model: str, number: int) -> Row:
        """The row, or the server's MissingError."""
        row = self.rows.get(model, {}).get(number)
        if row is None:
            raise missing_record(model, number)
        return row

    def create(self, model: str, row: Row) -> int:
        table = self.rows.setdefault(model, {})
        number = max(table, default=0) + 1
        self._before.setdefault((model, number), None)
        table[number] = {**row, "id": number, "create_date": now(), "write_date": now()}
        return number

    def change(self, model: str, number: int, **values: Any) -> None:
        row = self.find(model, number)
        self._before.setdefault((model, number), row)
        self.rows[model][number] = {**row, **values, "write_date": now()}

    def remove(self, model: str, number: int) -> None:
        self._before.setdefault((model, number), self.find(model, number))
        del self.rows[model][number]

    def name(self, xid: str, model: str, number: int) -> None:
        self.xids[xid] = (model, number)
        self._new_xids.append(xid)

    def next_name(self, model: str, pattern: str) -> str:
        """The next name of a sequence: `pattern` with the count of the model's records, such as `S{:05}`."""
        return pattern.format(max(self.rows.get(model, {}), default=0) + 1)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """What is done inside is kept when the block ends and undone when it raises."""
        try:
            yield
        except BaseException:
            self.undo()
            raise
        self.keep()

    def undo(self) -> None:
        for (model, number), row in self._before.items():
            if row is None:
                self.rows[model].pop(number, None)
            else:
                self.rows[model][number] = row
        for xid in self._new_xids:
            self.xids.pop(xid, None)
        self._forget()

    def keep(self) -> None:
        if self._database is not None and (self._before or self._new_xids):
            self._write(self._database)
        self._forget()

    def _forget(self) -> None:
        self._before, self._new_xids = {}, []

    def _read(self, database: sqlite3.Connection) -> None:
        database.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;" + _SCHEMA)
        for model, number, body in database.execute("SELECT model, id, body FROM record"):
            self.rows.setdefault(model, {})[number] = msgspec.json.decode(body)
        for name, model, number in database.execute("SELECT name, model, id FROM xid"):
            self.xids[name] = (model, number)

    def _write(self, database: sqlite3.Connection) -> None:
        database.execute("BEGIN")
        for model, number in self._before:
            row = self.rows[model].get(number)
            if row is None:
                database.execute("DELETE FROM record WHERE model = ? AND id = ?", (model, number))
            else:
                body = msgspec.json.encode(row).decode()
                database.execute("INSERT OR REPLACE INTO record VALUES (?, ?, ?)", (model, number, body))
        for xid in self._new_xids:
            database.execute("INSERT OR REPLACE INTO xid VALUES (?, ?, ?)", (xid, *self.xids[xid]))
        database.execute("COMMIT")


def now() -> str:
    """Odoo's spelling of an instant: UTC, whole seconds, no zone."""
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
