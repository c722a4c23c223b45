"""What goes wrong, as a client of SFTP hears it: a status and a sentence."""

import errno
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import asyncssh

from gateway.channels.sftp.names import BadName
from gateway.channels.sftp.spool import SpoolRefuses
from gateway.channels.sftp.submitting import NotTaken, Taken
from gateway.ledger.database import LedgerUnavailable
from gateway.observing import SFTP_REFUSED, log_change


def say(outcome: Taken | NotTaken | None) -> None:
    if not isinstance(outcome, NotTaken):
        return
    if outcome.kind == "permission denied":
        raise asyncssh.SFTPPermissionDenied(outcome.text)
    kept = "; it was kept and is no message" if outcome.kind == "incomplete" else ""
    raise asyncssh.SFTPFailure(outcome.text + kept)


@contextmanager
def in_words() -> Iterator[None]:
    """What goes wrong below, as a sentence of SFTP; never a path of ours."""
    try:
        yield
    except BadName as error:
        raise asyncssh.SFTPFailure(str(error)) from None
    except SpoolRefuses as refused:
        if refused.full:
            SFTP_REFUSED.labels("quota").inc()
        raise asyncssh.SFTPFailure(str(refused)) from None
    except LedgerUnavailable:
        raise asyncssh.SFTPFailure("the gateway cannot answer at the moment; try again") from None
    except OSError as error:
        SFTP_REFUSED.labels("disk").inc()
        log_change("sftp.no_space", level=logging.ERROR, reason=error.strerror)
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        text = "no space is left here; we have been told" if full else "the gateway cannot keep this upload"
        raise asyncssh.SFTPFailure(text) from None
