"""The names that documents bring along, their numbers and keys: they are looked up by and stand in lanes."""

import re

from translators.findings import Finding, Unreadable
from translators.reading import Reading

MOST = 500
"""Characters of a document's number or key."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def hold_names(reading: Reading) -> Reading:
    """The reading, if its names can be kept. Raises Unreadable.

    What no index takes must not get as far as the database: there it fails everything that is committed with it.
    """
    for document in reading.documents:
        for name in (document.number, document.business_key):
            if len(name) > MOST or _CONTROL.search(name):
                text = f"a number or a part of its key has control characters, or more than {MOST} characters together"
                raise Unreadable((Finding("document.value", text),))
    return reading
