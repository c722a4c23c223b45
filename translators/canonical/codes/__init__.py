"""The code lists the canonical objects use: units (UN/ECE Recommendation 20), currencies (ISO 4217), countries.

A code that is missing here is refused, never replaced: a list may grow, but no quantity is ever misread.
"""

from importlib.resources import files


def _codes(name: str) -> frozenset[str]:
    lines = files(__package__).joinpath(name).read_text("ascii").splitlines()
    return frozenset(code for line in lines if not line.startswith("#") for code in line.split())


UNITS = _codes("units.txt")
CURRENCIES = _codes("currencies.txt")
COUNTRIES = _codes("countries.txt")
