"""Every mistake in a file's data, although msgspec stops at the first."""

import re
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import msgspec

from translators.yamlsentences import Complaint, complain

MOST_PROBLEMS = 50
"""Problems reported for one file; whoever sees fifty has another problem than the fifty-first."""


def every_mistake(data: Any, type: type[Any], convert: Callable[[Any], Any]) -> list[Complaint]:  # noqa: A002
    """What keeps `convert(data)` from giving a `type`; paths are those of `data`."""
    found: list[Complaint] = []
    trial = _Trial(data)
    while len(found) < MOST_PROBLEMS:
        try:
            convert(trial.data)
        except msgspec.ValidationError as error:
            complaint = complain(str(error), trial.data, convert, type)
        else:
            break
        if complaint.path in trial.gone:
            break  # the list is too short only because its mistakes were taken out
        path = trial.original(complaint.path)
        found.append(Complaint(path, complaint.text, complaint.at_key))
        if not trial.step_over(complaint):
            break
    return found


class _Trial:
    """A copy of the data from which mistakes are taken out one by one to see what else is wrong."""

    _OUTERMOST_ENTRY = re.compile(r"(\$[^\[]*)\[(\d+)\]")

    def __init__(self, data: Any) -> None:
        self.data = deepcopy(data)
        self.gone: dict[str, list[int]] = {}
        self.renamed: dict[str, str] = {}

    def original(self, path: str) -> str:
        """The path as it was before entries were taken out and keys renamed."""
        match = self._OUTERMOST_ENTRY.match(path)
        if match:
            number = int(match[2])
            for removed in sorted(self.gone.get(match[1], ())):
                number += removed <= number
            path = f"{match[1]}[{number}]{path[match.end() :]}"
        for now, before in self.renamed.items():
            if path == now or path.startswith((f"{now}.", f"{now}[")):
                return before + path[len(now) :]
        return path

    def step_over(self, complaint: Complaint) -> bool:
        """Takes the mistake out; False when nothing more can be learnt."""
        if complaint.holder is not None and complaint.unknown_key is not None:
            value = complaint.holder.pop(complaint.unknown_key)
            meant = complaint.meant
            if meant is not None and meant not in complaint.holder:
                complaint.holder[meant] = value
                parent = self.original(complaint.path).removesuffix(complaint.unknown_key)
                self.renamed[parent + meant] = parent + complaint.unknown_key
            return True
        match = self._OUTERMOST_ENTRY.match(complaint.path)
        if match is None:
            return False
        self._take_out(match[1], int(match[2]))
        return True

    def _take_out(self, list_path: str, number: int) -> None:
        entries = self.data
        for name in list_path.split(".")[1:]:
            entries = entries[name]
        del entries[number]
        removed = self.gone.setdefault(list_path, [])
        for before in sorted(removed):
            number += before <= number
        removed.append(number)
