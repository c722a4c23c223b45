"""The short way through a map: its program, made when messages show that it is worth while."""

from typing import Any

from translators.edifact.directory import Directory
from translators.edifact.paths import EdifactSource
from translators.edifact.programs import program
from translators.edifact.structure import MessageTree
from translators.mapping.files import MapFile
from translators.mapping.programtext import Unsupported, Unusual
from translators.mapping.runs import Run

WORTH_A_PROGRAM = 200
"""So many segments must have come before a program is made, which takes as long as reading a few hundred."""


class ShortWay:
    """The programs of one map: the segments of syntax 4 have other shapes than those of syntax 3.

    Tables a guideline has widened are not worth a program; there the closures read.
    """

    def __init__(self, file: MapFile, source: EdifactSource) -> None:
        self._file = file
        self._source = source
        self._is_dated = any(table.is_dated for table in file.tables.values())
        self._programs: dict[Directory, Any] = {}
        self._segments = 0

    def __call__(self, run: Run) -> dict[str, Any]:
        """The data of a message. Raises ValueError for one that is not for it, and leaves no mark on that."""
        tree = run.root
        if self._is_dated or not isinstance(tree, MessageTree) or type(tree.tables) is not Directory:
            raise Unusual
        if tree.tables not in self._programs:
            self._segments += len(tree.placed)
            if self._segments < WORTH_A_PROGRAM:
                raise Unusual
            self._programs[tree.tables] = self._made(tree.tables)
        read = self._programs[tree.tables]
        if read is None or any(each.values is None for each in tree.placed):
            raise Unusual
        try:
            data: dict[str, Any] = read(tree)
        except ValueError:
            for each in tree.placed:
                each.used = 0
            raise
        return data

    def _made(self, tables: Directory) -> Any:
        try:
            return program(self._file, self._source, tables)
        except (Unsupported, ValueError):
            return None
