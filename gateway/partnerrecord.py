"""Which profiles were in force when: every attempt to load them is an event of the audit."""

import asyncio
import logging
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any

import msgspec

from gateway.clock import now_text
from gateway.ledger.database import LedgerUnavailable
from gateway.ledger.ledger import Ledger
from gateway.ledger.states import Event
from partners.directory import Directory
from partners.live import Told
from translators.fileproblems import FileProblem

_log = logging.getLogger(__name__)


def record_profiles(ledger: Ledger) -> Told:
    """Told by LiveDirectory, from whatever thread read the files; recording goes on in the loop this is called in."""
    loop = asyncio.get_running_loop()

    def told(directory: Directory, problems: tuple[FileProblem, ...]) -> None:
        leaf = {
            "event": Event.PROFILES_REJECTED if problems else Event.PROFILES_LOADED,
            "at": now_text(),
            "directory": directory.revision,
            "profiles": dict(directory.revisions),
            "problems": [str(problem) for problem in problems][:20],
        }
        recording: Coroutine[Any, Any, None] = ledger.note(msgspec.json.encode(leaf, order="sorted"))
        asyncio.run_coroutine_threadsafe(recording, loop).add_done_callback(_report)

    return told


def _report(recorded: "Future[None]") -> None:
    if not recorded.cancelled() and isinstance(recorded.exception(), LedgerUnavailable):
        _log.error("a change of the profiles could not be put on record: the ledger is away")
