"""The local kill switch: what was issued up to a moment no longer counts here, whatever Keycloak says."""

from collections.abc import Callable
from typing import Final

from msgspec import Struct

# No accepted token lives longer than an hour (plus leeway on both sides), so an older order has nothing left to catch.
_MOOT_AFTER_SECONDS: Final = 3600 + 120


class Revocation(Struct, frozen=True, kw_only=True):
    """Tokens issued at or before `epoch` (seconds since 1970) for which every given field fits; none given: all."""

    epoch: int
    issuer: str | None = None
    client: str | None = None
    token_id: str | None = None

    def covers(self, *, issuer: str, client: str, token_id: str | None, issued_at: int) -> bool:
        """Whether a token with these claims falls under this order."""
        return (
            issued_at <= self.epoch
            and self.issuer in (None, issuer)
            and self.client in (None, client)
            and self.token_id in (None, token_id)
        )


class Revocations:
    """The orders in force; each is forgotten once no token it could catch is still alive."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._orders: set[Revocation] = set()

    def add(self, revocation: Revocation) -> None:
        """Puts an order in force and drops the moot ones."""
        oldest = self._clock() - _MOOT_AFTER_SECONDS
        self._orders = {order for order in self._orders if order.epoch > oldest} | {revocation}

    def cover(self, *, issuer: str, client: str, token_id: str | None, issued_at: int) -> bool:
        """Whether any order catches a token with these claims."""
        return any(
            order.covers(issuer=issuer, client=client, token_id=token_id, issued_at=issued_at) for order in self._orders
        )
