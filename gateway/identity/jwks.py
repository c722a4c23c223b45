"""One fetch of one key set: a pinned address, three seconds, 256 KiB, no redirect."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final

import httpx
import msgspec
from msgspec import Struct

from gateway.identity.issuers import Issuer
from gateway.identity.signatures import VerificationKey

MAX_BYTES: Final = 256 * 1024
TIMEOUT_SECONDS: Final = 3.0
_MAX_KEYS: Final = 256


class BadKeySet(Exception):  # noqa: N818 - a refusal, not a defect
    """No usable answer; the text says what was wrong with it and is fit for a log."""


class KeySet(Struct, frozen=True, kw_only=True):
    """The keys by `kid`, their JSON as published, and when they were fetched (seconds since 1970)."""

    keys: Mapping[str, VerificationKey]
    content: bytes
    fetched_at: float


class _Published(Struct):
    keys: list[dict[str, Any]]


async def fetch_key_set(client: httpx.AsyncClient, issuer: Issuer, wall_clock: Callable[[], float]) -> KeySet:
    """What the issuer publishes now. Raises BadKeySet."""
    fetched_at = wall_clock()
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            content = await _get(client, issuer.jwks_uri)
    except TimeoutError as error:
        raise BadKeySet(f"no answer within {TIMEOUT_SECONDS:g} s") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise BadKeySet(f"the address cannot be reached ({type(error).__name__})") from error
    return read_keys(content, fetched_at)


def read_keys(content: bytes, fetched_at: float) -> KeySet:
    """The set in these bytes. Raises BadKeySet when it holds no key with a name of its own.

    A key without a `kid` cannot be named by a token; two keys of one name are ambiguous, so neither is kept. Unfit
    keys stay, to be refused by name when a token asks for them.
    """
    try:
        published = msgspec.json.decode(content, type=_Published).keys
    except (ValueError, RecursionError) as error:
        raise BadKeySet("the answer is not a JSON Web Key Set") from error
    if len(published) > _MAX_KEYS:
        raise BadKeySet(f"the answer holds more than {_MAX_KEYS} keys")
    named = [(kid, key) for key in published if isinstance(kid := key.get("kid"), str)]
    counted = Counter(kid for kid, _ in named)
    keys = {kid: VerificationKey(key) for kid, key in named if counted[kid] == 1}
    if not keys:
        raise BadKeySet("the answer holds no key with a `kid` of its own")
    return KeySet(keys=keys, content=content, fetched_at=fetched_at)


async def _get(client: httpx.AsyncClient, address: str) -> bytes:
    # identity: a compressed answer could unfold past the cap
    headers = {"accept": "application/json", "accept-encoding": "identity"}
    async with client.stream(
        "GET", address, headers=headers, follow_redirects=False, timeout=TIMEOUT_SECONDS
    ) as answer:
        if answer.status_code != httpx.codes.OK:
            raise BadKeySet(f"the address answers with status {answer.status_code}")
        if answer.headers.get("content-encoding", "identity") != "identity":
            raise BadKeySet("the answer is compressed although that was not asked for")
        content = bytearray()
        async for piece in answer.aiter_raw():
            content += piece
            if len(content) > MAX_BYTES:
                raise BadKeySet(f"the answer is larger than {MAX_BYTES // 1024} KiB")
        return bytes(content)
