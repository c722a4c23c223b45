"""Calls of one delivery: held to the operation's entry in the catalogue, paced, and in plain words."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.destinations.contract import Delivery, Postponed, Unavailable, Unknown
from gateway.destinations.odoo.catalogue import Call, Operation
from gateway.destinations.odoo.faults import is_clash
from gateway.destinations.odoo.knowledge import Knowledge
from gateway.destinations.odoo.pacing import Pace
from gateway.destinations.odoo.refusals import Stopped, refuse
from gateway.destinations.odoo.transport import Transport

Record = dict[str, Any]
_LIMIT = 500


class OutsideCatalogue(Exception):  # noqa: N818 - a defect of a recipe, never of a document
    """A recipe tried what its operation does not permit."""


class Calls:
    """What a recipe may do in Odoo. Every method raises `Stopped` when Odoo's answer ends the delivery."""

    def __init__(
        self, operation: Operation, transport: Transport, pace: Pace, delivery: Delivery, known: Knowledge
    ) -> None:
        self._operation = operation
        self._transport = transport
        self._pace = pace
        self._traceparent = delivery.traceparent
        self.known = known
        self._context: Record = {"lang": "en_US", "allowed_company_ids": [known.company]}

    async def find(
        self, model: str, domain: Sequence[Any], fields: Sequence[str], *, archived: bool = False
    ) -> list[Record]:
        """Records by id, all of them: more than 500 are refused, because a decision on a part would be wrong."""
        call = self._permitted(model, "search_read", fields)
        context = {"active_test": False} if archived else {}
        arguments = {"domain": list(domain), "fields": list(fields), "limit": _LIMIT + 1, "order": "id"}
        records: list[Record] = await self._send(call, arguments, context)
        if len(records) > _LIMIT:
            raise refuse("odoo.data_rejected", f"more than {_LIMIT} records of `{model}` fit")
        return records

    async def load(self, model: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
        """Create or change by external id, all rows or none; gives the ids of the records."""
        call = self._permitted(model, "load", columns)
        answer = await self._send(call, {"fields": list(columns), "data": [list(row) for row in rows]}, {})
        ids = answer.get("ids") if isinstance(answer, dict) else None
        if ids:
            return list(ids)
        messages = answer.get("messages", []) if isinstance(answer, dict) else []
        if any(is_clash(str(message.get("message", ""))) for message in messages):
            self._pace.stumbled()
            raise Stopped(Postponed("another transaction of Odoo was in the way"))
        columns_named = sorted({str(message.get("field")) for message in messages if message.get("field")})
        where = f" in `{', '.join(columns_named)[:80]}`" if columns_named else ""
        raise refuse("odoo.data_rejected", f"Odoo could not take the document{where}")

    async def write(self, model: str, record: int, values: Mapping[str, Any]) -> None:
        await self._send(self._permitted(model, "write", values), {"ids": [record], "vals": dict(values)}, {})

    async def create(self, model: str, values: Mapping[str, Any]) -> int:
        answer = await self._send(self._permitted(model, "create", values), {"vals_list": [dict(values)]}, {})
        return int(answer[0])

    async def act(self, model: str, method: str, record: int, context: Mapping[str, Any] | None = None) -> Any:
        """Call a business method on one record. Its value says nothing about success: read back."""
        call = self._permitted(model, method, ())
        strange = set(context or {}) - call.context
        if strange:
            raise OutsideCatalogue(f"{self._operation.name} may not send the context {sorted(strange)} to {method}")
        return await self._send(call, {"ids": [record]}, dict(context or {}))

    def _permitted(self, model: str, method: str, fields: Sequence[str] | Mapping[str, Any]) -> Call:
        call = self._operation.permits(model, method)
        if call is None:
            raise OutsideCatalogue(f"{self._operation.name} may not call {model}.{method}")
        strange = set(fields) - call.fields - call.optional
        if strange:
            raise OutsideCatalogue(f"{self._operation.name} may not touch {sorted(strange)} with {model}.{method}")
        return call

    async def _send(self, call: Call, arguments: Record, context: Record) -> Any:
        await self._pace.turn()
        began = time.perf_counter()
        try:
            value = await self._transport.call(
                call.model, call.method, arguments | {"context": self._context | context},
                changes=call.effect != "reads", traceparent=self._traceparent,
            )  # fmt: skip
        except Stopped as stopped:
            if isinstance(stopped.outcome, Postponed | Unavailable | Unknown):
                self._pace.stumbled()
            raise
        self._pace.heard(time.perf_counter() - began)
        return value
