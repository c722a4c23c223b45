"""Calendars by name: times in which a limit is higher or lower, such as a change of shift or the end of a month."""

from typing import Annotated

from msgspec import Meta, Struct

from policies.periods import Zone
from policies.windows import CalendarWindow
from policies.written import Name, Why


class CalendarRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A calendar holds in any of its `windows`. A limit names it in `instead`, as the `calendar` of another measure."""

    name: Name
    why: Why
    zone: Zone
    windows: Annotated[tuple[CalendarWindow, ...], Meta(min_length=1)]
