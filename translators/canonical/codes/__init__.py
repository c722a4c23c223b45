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

_MINOR_UNITS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
    None: "XAD XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX",
}
_EXPONENTS = {code: digits for digits, codes in _MINOR_UNITS.items() for code in codes.split()}


def minor_units(currency: str) -> int | None:
    """How many decimals amounts of `currency` have (ISO 4217, column minor unit); None where there is no such unit."""
    return _EXPONENTS.get(currency, 2)
