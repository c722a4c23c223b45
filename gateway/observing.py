"""What operators see: metrics, and one log line per change of state. Never a payload, never a token.

Metric names, labels and units: docs/reference/metrics.md. Labels take their values from configuration, never from a
message.
"""

import logging
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from math import nan
from typing import Any

import msgspec
from prometheus_client import Counter, Gauge, Histogram

from gateway.clock import now_text
from gateway.ledger.work import Work

RECEIVED = Counter("gateway_messages_received_total", "Submissions judged", ["channel", "document_type", "outcome"])
DUPLICATES = Counter("gateway_duplicates_total", "Submissions that had come before", ["kind"])
AUTH_FAILURES = Counter("gateway_auth_failures_total", "Requests without a caller we trust", ["reason"])
RATE_LIMITED = Counter("gateway_rate_limited_total", "Requests refused by a limit", ["partner"])
DELIVERIES = Counter("gateway_deliveries_total", "Attempts to deliver", ["destination", "document_type", "outcome"])
DELIVERY_SECONDS = Histogram("gateway_delivery_duration_seconds", "Time an attempt took", ["destination"])
ACCEPT_SECONDS = Histogram(
    "gateway_accept_duration_seconds",
    "Time from the request's head to its answer",
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
BREAKER = Gauge("gateway_breaker_state", "0 closed, 1 probing, 2 open", ["destination"])
DEPTH = Gauge("gateway_queue_depth", "Deliveries by state", ["destination", "state"])
OLDEST = Gauge("gateway_oldest_message_age_seconds", "Age of the oldest delivery not yet made", ["destination"])
OVERDUE = Gauge("gateway_overdue", "Deliveries past their deadline that have not ended", ["destination", "alert"])
MISSED = Counter("gateway_deadlines_missed_total", "Deliveries that passed their deadline", ["destination", "alert"])
ACKNOWLEDGEMENTS_OVERDUE = Gauge(
    "gateway_acknowledgements_overdue", "Answers that are late and have not come or gone", ["partner", "side", "kind"]
)
ACKNOWLEDGEMENTS_MISSED = Counter(
    "gateway_acknowledgements_missed_total", "Answers that were late", ["partner", "side", "kind"]
)
PARCELS = Gauge("gateway_parcels", "Parcels for partners that have not ended well", ["partner", "state"])
ERASED = Counter("gateway_payloads_erased_total", "Messages whose bytes were erased by a rule of retention")
EVENTS_ERASED = Counter("gateway_events_erased_total", "Messages whose events were erased by a rule of retention")
IMBALANCE = Gauge("gateway_ledger_imbalance", "Deliveries the ledger cannot account for; must be 0")
POLICY = Gauge("gateway_policy_info", "The policy revision in force", ["revision"])
POLICY_LOADS = Counter("gateway_policy_loads_total", "Attempts to load the rules", ["outcome"])
POLICY_PROBLEMS = Gauge("gateway_policy_problems", "Mistakes in the rules as they lie there now")
POLICY_REVISIONS = Gauge("gateway_policy_revisions", "Different revisions in force among the gateways that run")
POLICY_EXPIRES = Gauge("gateway_policy_expires_seconds", "Time until the signed set in force expires")
SHADOW_JUDGED = Counter("gateway_policy_shadow_judged_total", "Decisions compared with the candidate's")
SHADOW_DIFFERENCES = Counter(
    "gateway_policy_shadow_differences_total",
    "Decisions the candidate would have made otherwise",
    ["partner", "change", "rule"],
)
WEBHOOK_DISABLED = Gauge(
    "gateway_webhook_disabled", "1 where nothing is sent until an operator enables it", ["partner"]
)
WEBHOOK_FAILING = Gauge("gateway_webhook_failing_seconds", "Time since nothing gets through any more", ["partner"])
CERTIFICATE_SECONDS = Gauge(
    "gateway_certificate_seconds", "Time until the last certificate for a use ends", ["partner", "use"]
)
PARTNERS_SUSPENDED = Gauge("gateway_partners_suspended", "Partners suspended by a person, beside the profiles")
EGRESS_FORBIDDEN = Counter("gateway_egress_forbidden_total", "Calls to addresses that are not to be called")
SFTP_LOGINS = Counter("gateway_sftp_logins_total", "Tries to log in at the SFTP server", ["outcome"])
SFTP_REFUSED = Counter("gateway_sftp_refused_total", "Uploads that could not be kept", ["reason"])
SFTP_CONNECTIONS = Gauge("gateway_sftp_connections", "Connections open at the SFTP server")
SFTP_FILES = Gauge("gateway_sftp_files", "Files in partners' mailboxes", ["folder", "state"])
PICKUP_FILES = Counter("gateway_pickup_files_total", "Files of partners' own servers", ["partner", "outcome"])
PICKUP_WAITING = Gauge("gateway_pickup_waiting", "Files on a partner's server that were not taken", ["partner"])
PICKUP_FAILING = Gauge("gateway_pickup_failing_seconds", "Time since looks at a partner's server fail", ["partner"])
TREE_SIZE = Gauge("gateway_audit_tree_size", "Events under the newest checkpoint")
for _counted_by_workers in (IMBALANCE, TREE_SIZE):
    _counted_by_workers.set(nan)  # a process that does not count must not be read as one that counted 0

received = lru_cache(maxsize=1024)(RECEIVED.labels)
"""`RECEIVED.labels`, which takes longer to find a counter than the counter to count."""

_log = logging.getLogger("gateway.messages")
_CIRCUITS = {"closed": 0, "probing": 1, "open": 2}


@contextmanager
def observe_delivery(destination: str) -> Iterator[None]:
    """Times one attempt."""
    started = time.perf_counter()
    try:
        yield
    finally:
        DELIVERY_SECONDS.labels(destination).observe(time.perf_counter() - started)


def count_outcome(destination: str, work: Work, outcome: Any) -> None:
    """One attempt's outcome, as metric and log line."""
    name = type(outcome).__name__.lower()
    DELIVERIES.labels(destination, work.delivery.document_type, name).inc()
    if name not in ("delivered", "offered"):
        log_change(
            "delivery.attempt",
            message_id=work.delivery.message_id,
            delivery=work.delivery.id,
            destination=destination,
            document_type=work.delivery.document_type,
            attempt=work.delivery.attempt,
            outcome=name,
            traceparent=work.delivery.traceparent,
        )


def show_breaker(destination: str, circuit: str) -> None:
    BREAKER.labels(destination).set(_CIRCUITS[circuit])


def log_change(event: str, *, level: int = logging.INFO, **facts: Any) -> None:
    """One line of JSON: what changed, for which message; values are ids and codes, never content."""
    if _log.isEnabledFor(level):
        known = {name: fact for name, fact in facts.items() if fact is not None}
        _log.log(level, event, extra={"facts": known})


@contextmanager
def telling_life(process: str, **facts: Any) -> Iterator[None]:
    """A line when a process has begun its work and one when it ends: what stands between them is one process's."""
    log_change("process.started", process=process, pid=os.getpid(), **facts)
    try:
        yield
    finally:
        log_change("process.stopped", process=process, pid=os.getpid())


class JsonLines(logging.Formatter):
    """One JSON object a line; control characters are escaped by the encoding."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": now_text(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **getattr(record, "facts", {}),
        }
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = record.exc_info[0].__name__
            line["where"] = self.formatException(record.exc_info).splitlines()[-3:-1]
        return msgspec.json.encode(line).decode()


def start_logging(level: str) -> None:
    """To standard error, as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs every address it calls
