"""What an Odoo destination must be told."""

from typing import Literal

from msgspec import Struct

Hosting = Literal["hosted", "odoo.sh", "own"]

CALLS_PER_SECOND: dict[Hosting, float] = {"hosted": 1.0, "odoo.sh": 3.0, "own": 5.0}
"""Where to start. Odoo names no limit; users of Odoo Online settled on one call a second (odoo/documentation#3647)."""


class OdooSettings(Struct, frozen=True, kw_only=True):
    """One Odoo database.

    `rate` is calls per second to begin with, `ceiling` the most that may be tried when all goes well (None: never
    above `rate`). `company` is needed where the user sees several. `timeout` must exceed Odoo's own limit of 120
    seconds a call, so that a time-out is never younger than the call it gave up. `accepts_tests` lets documents through
    that their sender marked as tests.
    """

    url: str
    database: str
    api_key: str
    rate: float = CALLS_PER_SECOND["own"]
    ceiling: float | None = None
    concurrency: int = 4
    batch: int = 16
    timeout: float = 130.0
    connect_timeout: float = 5.0
    answer_limit: int = 8 * 1024 * 1024
    company: int | None = None
    accepts_tests: bool = False
    name: str = "odoo"

    def __post_init__(self) -> None:
        if not self.url.startswith(("http://", "https://")):
            raise ValueError(f"`{self.url}` is not an address of Odoo; it begins with https://")
        if not self.api_key:
            raise ValueError("an API key of Odoo is needed")
        if self.rate <= 0 or (self.ceiling is not None and self.ceiling < self.rate):
            raise ValueError("the rate is above zero, and the ceiling not below it")
        if self.concurrency < 1 or self.batch < 1:
            raise ValueError("concurrency and batch are at least 1")

    def __repr__(self) -> str:  # the key must not reach a log by way of a traceback
        return f"OdooSettings(url={self.url!r}, database={self.database!r}, rate={self.rate})"
