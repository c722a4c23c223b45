"""What movements and snapshots of stock share: states of stock, and places in the site's journal of movements."""

import re
from typing import Literal

from msgspec import Struct

StockStatus = Literal["unrestricted", "inspection", "blocked"]
"""Free for use, waiting for a verdict of quality, or not to be used."""

_COUNT = re.compile(r"(?:0|[1-9][0-9]{0,17})\Z").match


class JournalMark(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A place in a site's journal of movements. `sequence` counts up within `epoch`; a new journal has another."""

    sequence: str
    epoch: str | None = None

    def __post_init__(self) -> None:
        if _COUNT(self.sequence) is None:
            raise ValueError(f"`{self.sequence[:40]}` is not a sequence number; write digits, as in 1042")
