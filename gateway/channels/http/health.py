"""Whether this process lives, whether it can take messages, and its figures."""

import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
from litestar.response import Response
from msgspec import Struct
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from gateway.channels.http.heads import HttpRequest, read_head
from gateway.ledger.database import LedgerUnavailable
from gateway.ledger.ledger import Ledger
from gateway.networks import Networks, is_in
from gateway.policyrecord import RulesInForce

LEAST_FREE = 256 * 1024 * 1024
"""Bytes that must be free where the state lies: not ready before full."""


class Health(Struct, frozen=True):
    """Readiness is the ledger and head-room on disk; Odoo, Keycloak and the counters may be away, and rules that differ
    between gateways are told here but turn no traffic away."""

    ledger: Ledger
    state: Path
    metrics_networks: Networks
    rules: Callable[[], RulesInForce] | None = None

    def live(self) -> Response[bytes]:
        return Response(b'{"live":true}', media_type="application/json")

    async def ready(self) -> Response[bytes]:
        checks = {"ledger": await self._ledger_answers(), "disk": shutil.disk_usage(self.state).free > LEAST_FREE}
        holds = all(checks.values())
        rules = {"rules": self.rules()} if self.rules is not None else {}
        body = msgspec.json.encode({"ready": holds, "checks": checks, **rules})
        return Response(body, status_code=200 if holds else 503, media_type="application/json")

    def metrics(self, request: HttpRequest) -> Response[bytes] | None:
        """For those who may see them; the figures name partners. None for everybody else."""
        if not is_in(read_head(request.scope).peer, self.metrics_networks):
            return None
        return Response(generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _ledger_answers(self) -> bool:
        try:
            await self.ledger.ping()
        except LedgerUnavailable:
            return False
        return True
