"""The last good key sets on disk, so that an absent Keycloak does not stop valid tokens, also after a restart."""

import hashlib
import logging
import os
import stat
import tempfile
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from gateway.identity.jwks import BadKeySet, KeySet, read_keys

_log = logging.getLogger(__name__)
_WRITABLE_BY_OTHERS: Final = stat.S_IWGRP | stat.S_IWOTH


class _Kept(Struct, kw_only=True, forbid_unknown_fields=True):
    iss: str
    fetched_at: float
    content: str


def write_key_set(folder: Path, iss: str, key_set: KeySet) -> None:
    """Puts the set in the folder in one step; only our user may write there. Raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = _Kept(iss=iss, fetched_at=key_set.fetched_at, content=key_set.content.decode())
    descriptor, name = tempfile.mkstemp(dir=folder, prefix=".jwks-")  # created with mode 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(kept))
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(_place(folder, iss))
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def read_key_set(folder: Path, iss: str, now: float) -> KeySet | None:
    """The set kept for this issuer, or None when there is none to trust.

    A file others may write, of another issuer, from the future or unreadable is passed over with a warning: whoever
    can write keys here can sign tokens. How old a set may be is for the caller to judge.
    """
    place = _place(folder, iss)
    try:
        _check_writers(place, folder)
        kept = msgspec.json.decode(place.read_bytes(), type=_Kept)
        key_set = read_keys(kept.content.encode(), kept.fetched_at)
        _check_origin(kept, iss, now)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        _log.warning("kept keys in %s are not used: unreadable (%s)", place, type(error).__name__)
        return None
    except BadKeySet as error:
        _log.warning("kept keys in %s are not used: %s", place, error)
        return None
    return key_set


def _check_writers(*places: Path) -> None:
    if any(place.stat().st_mode & _WRITABLE_BY_OTHERS for place in places):
        raise BadKeySet("others may write there")


def _check_origin(kept: _Kept, iss: str, now: float) -> None:
    if kept.iss != iss:
        raise BadKeySet("they are another issuer's")
    if kept.fetched_at > now:
        raise BadKeySet("they come from the future")


def _place(folder: Path, iss: str) -> Path:
    return folder / f"jwks-{hashlib.sha256(iss.encode()).hexdigest()[:32]}.json"
