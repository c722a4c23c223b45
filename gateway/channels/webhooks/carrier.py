"""The carrier `webhook`: a parcel becomes a POST, signed, under the id of the parcel in every attempt."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from gateway.channels.webhooks.answers import Failure, failure_of
from gateway.channels.webhooks.events import event_of
from gateway.channels.webhooks.signing import BadSecret, read_secrets, signed_headers
from gateway.clock import now
from gateway.destinations.carrying import CarrierName, Parcel
from gateway.destinations.contract import (
    Absent,
    Delivered,
    Offered,
    Outcome,
    Postponed,
    Unavailable,
    Unknown,
    Verified,
)
from gateway.egress.client import Answer, Egress, NoAnswer, Times
from gateway.egress.pinned import trust_of
from gateway.ledger.webhooks import Standing, Webhooks
from gateway.observing import WEBHOOK_DISABLED, WEBHOOK_FAILING, log_change
from partners.directory import Directory
from partners.profile import Partner
from partners.webhooks import Webhook

_MOST_ANSWER = 4096
"""Bytes of an answer that are read: nothing depends on them but the connection's being kept."""


class WebhookCarrier:
    """`keys` is the operators' folder of secrets. See docs/webhooks.md for what an endpoint can rely on."""

    name: CarrierName = "webhook"
    every = 2.0

    def __init__(
        self,
        egress: Egress,
        keys: Path,
        webhooks: Webhooks,
        directory: Callable[[], Directory],
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._egress = egress
        self._keys = keys
        self._webhooks = webhooks
        self._directory = directory
        self._clock = clock

    async def carry(self, parcel: Parcel, partner: Partner) -> Outcome:
        """Where it is disabled, or earlier parcels wait to be carried, this one lies ready behind them."""
        webhook = partner.webhook
        if webhook is None:
            return Unavailable(why=f"the profile of `{partner.id}` has no `webhook`", after=5.0)
        standing = await self._webhooks.standing(partner.id, webhook.url, parcel.id)
        if standing.disabled_at is not None or standing.others_wait:
            return Offered()
        wait = standing.not_before - self._clock() if standing.not_before is not None else timedelta()
        if wait > timedelta():
            return Unavailable(why="it asked to be left alone for a while", after=wait.total_seconds())
        body, media_type = event_of(parcel)
        try:
            answer = await self.post(partner, webhook, str(parcel.id), body, media_type)
        except BadSecret as problem:
            return Unavailable(why=str(problem), after=5.0)
        except NoAnswer as silent:
            await self._failed(partner, webhook, Failure(why=silent.why))
            return Unknown(silent.why, harmless=True) if silent.maybe_sent else Unavailable(silent.why)
        failure = failure_of(answer, self._clock())
        if failure is None:
            await self._webhooks.succeeded(partner.id, webhook.url, self._clock(), standing)
            return Delivered(f"HTTP {answer.status}")
        return await self._answered(partner, webhook, failure, standing)

    async def look(self, parcel: Parcel, partner: Partner) -> Verified:  # noqa: ARG002 - see above
        """There is nothing to read back: the same webhook-id again is the agreed way."""
        return Absent()

    async def post(self, partner: Partner, webhook: Webhook, event_id: str, body: bytes, media_type: str) -> Answer:
        """One signed call, whatever the standing of the address. Raises BadSecret, NoAnswer."""
        at = self._clock()
        secrets = read_secrets(self._keys, webhook.secrets)
        headers = signed_headers(secrets, event_id, int(at.timestamp()), body)
        headers |= {"content-type": media_type, "user-agent": "partner-gateway"}
        seconds = float(webhook.time_out.seconds)
        times = Times(connect=min(10.0, seconds), stall=seconds, total=seconds)
        trust = trust_of(self._directory().timeline(partner.id), at)
        return await self._egress.post(webhook.url, body, headers, trust=trust, times=times, most_answer=_MOST_ANSWER)

    async def look_after(self) -> None:
        """A duty of every worker: what lies ready for addresses in use is carried; the figures are renewed."""
        addresses = {one.id: one.webhook.url for one in self._directory().partners.values() if one.webhook is not None}
        await self._webhooks.wake(addresses)
        at = self._clock()
        WEBHOOK_DISABLED.clear()
        WEBHOOK_FAILING.clear()
        for one in await self._webhooks.endpoints():
            if addresses.get(one.partner) != one.url:
                continue
            WEBHOOK_DISABLED.labels(one.partner).set(one.disabled_at is not None)
            failing = (at - one.failing_since).total_seconds() if one.failing_since is not None else 0.0
            WEBHOOK_FAILING.labels(one.partner).set(failing)

    async def close(self) -> None:
        """The client is closed by who opened it."""

    async def _answered(self, partner: Partner, webhook: Webhook, failure: Failure, before: Standing) -> Outcome:
        """What a status alone does not tell is held against the document if the call before it got through."""
        of_document = failure.of_document
        if of_document is None:
            of_document = before.failing_since is None and before.succeeded_at is not None
        if failure.of_document is not True and await self._failed(partner, webhook, failure):
            return Offered()
        if not of_document:
            return Unavailable(failure.why, after=failure.pause.total_seconds() if failure.pause else None)
        return Postponed(failure.why)

    async def _failed(self, partner: Partner, webhook: Webhook, failure: Failure) -> bool:
        """Whether that disabled it, which is told once."""
        at = self._clock()
        disable_after = timedelta() if failure.gone else timedelta(seconds=webhook.disable_after.seconds)
        disabled = await self._webhooks.failed(
            partner.id, webhook.url, at, failure.why,
            not_before=at + failure.pause if failure.pause else None, disable_after=disable_after,
        )  # fmt: skip
        if disabled:
            log_change("webhook.disabled", level=logging.ERROR, partner=partner.id, why=failure.why)
        return disabled
