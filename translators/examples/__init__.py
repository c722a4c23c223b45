"""Example documents of invented companies: what the demo sends and what the tests compare.

`order.edi`, `order.ubl.xml` and `order.json` are one order in three formats.
"""

from importlib.resources import files


def example(name: str) -> bytes:
    """The bytes of an example, as in `order.edi`. Raises FileNotFoundError for a name that is not there."""
    return files(__package__).joinpath(name).read_bytes()
