"""What people have decided about partners beside their profiles: suspended at once, or approved to go live."""

from msgspec import Struct


class Standings(Struct, frozen=True):
    """By the partners' ids. A suspension wins over an approval and over whatever the profile says."""

    suspended: frozenset[str] = frozenset()
    approved: frozenset[str] = frozenset()
