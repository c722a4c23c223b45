"""Units of UN/ECE Recommendation 20 and their counterparts among Odoo's own units (English names, Odoo 19.0).

Odoo's own map falls back to pieces for a code it does not know; here such a code is refused.
"""

from typing import Any

from msgspec import Struct

from gateway.destinations.odoo.refusals import refuse

NAMES: dict[str, str] = {
    "C62": "Units", "EA": "Units", "H87": "Units", "NAR": "Units",
    "DZN": "Dozens", "HUR": "Hours", "DAY": "Days", "MIN": "Minutes",
    "MMT": "mm", "CMT": "cm", "MTR": "m", "KMT": "km", "INH": "in", "FOT": "ft", "YRD": "yd", "SMI": "mi",
    "MTK": "m²", "FTK": "ft²", "MLT": "ml", "LTR": "L", "MTQ": "m³", "OZA": "fl oz (US)", "QT": "qt (US)",
    "GLL": "gal (US)", "INQ": "in³", "FTQ": "ft³",
    "GRM": "g", "KGM": "kg", "TNE": "Ton", "ONZ": "oz", "LBR": "lb", "KWH": "KWH",
}  # fmt: skip


class Unit(Struct, frozen=True):
    """A unit in Odoo: its id, and the id of the unit its kind goes back to (units of one kind can be converted)."""

    id: int
    root: int


class Units:
    """The active units of one database."""

    def __init__(self, records: list[dict[str, Any]]) -> None:
        self._by_id = {each["id"]: Unit(each["id"], int(each["parent_path"].partition("/")[0])) for each in records}
        named = {each["name"]: each["id"] for each in records}
        self._by_code = {code: self._by_id[named[name]] for code, name in NAMES.items() if name in named}

    def of(self, code: str) -> Unit:
        """The unit for a Rec 20 code; raises `Stopped` with `odoo.unit.unknown`."""
        unit = self._by_code.get(code)
        if unit is None:
            raise refuse("odoo.unit.unknown", f"Odoo has no active unit for `{code}`")
        return unit

    def same_kind(self, unit: Unit, other: int) -> bool:
        """Whether `unit` and the unit with the id `other` measure the same; Odoo itself does not check."""
        known = self._by_id.get(other)
        return known is not None and known.root == unit.root
