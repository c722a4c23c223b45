"""The wiring of the worker: every destination, every way to a partner, and its duties."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager

import httpx

from gateway.app import DIRECTORY_EVERY, end, open_keys, open_policies, open_records, open_shadow
from gateway.certificateends import CertificateEnds
from gateway.channels.as2.carrier import As2Carrier
from gateway.channels.as2.cem.sending import CertificateLetters
from gateway.channels.as2.replying import Replying
from gateway.channels.as2.stations import Stations
from gateway.channels.sftp.laying import MailboxCarrier
from gateway.channels.sftp.polling import Polling, Servers
from gateway.channels.sftp.pushing import PushCarrier
from gateway.channels.sftp.submitting import Submitting
from gateway.channels.sftp.tending import Tending
from gateway.channels.webhooks.carrier import WebhookCarrier
from gateway.counters import Counters
from gateway.deadlines import Deadlines
from gateway.destinations.carrying import Carrier, CarrierName
from gateway.destinations.contract import Destination
from gateway.destinations.odoo.destination import OdooDestination
from gateway.destinations.odoo.settings import OdooSettings
from gateway.destinations.owned import OwnedDestination
from gateway.destinations.partner.answering import Answering
from gateway.destinations.partner.circuits import Circuits
from gateway.destinations.partner.composing import Composer
from gateway.destinations.partner.destination import PartnerDestination
from gateway.destinations.partner.forwarding import Forwarding
from gateway.destinations.partner.outbox import OutboxCarrier
from gateway.destinations.passing import WritingDestination
from gateway.destinations.plant import PlantDestination
from gateway.destinations.recoded import RecodedDestination
from gateway.destinations.recording import RecordingDestination
from gateway.dividing import Dividing
from gateway.drops import pgp_desk
from gateway.egress.client import Egress
from gateway.intake import Intake
from gateway.ledger.ledger import Ledger
from gateway.retaining import Retaining
from gateway.settings import Settings
from gateway.standing import Standing
from gateway.working import MEASURE_EVERY, Duty, Worker
from partners.live import LiveDirectory
from partners.ownkeys import OwnKeys
from policies.live import LivePolicies
from translators.reading import Limits

SWEEP_EVERY = 3600.0


def destinations(
    settings: Settings, partners: LiveDirectory, policies: LivePolicies, client: httpx.AsyncClient
) -> list[Destination]:
    """Every place documents can go to, with the question of ownership at its door."""
    found: list[WritingDestination] = [PlantDestination(plant) for plant in partners.current.plants]
    if settings.odoo_url is not None and settings.odoo_api_key_file is not None:
        odoo = OdooSettings(
            url=settings.odoo_url,
            database=settings.odoo_database,
            api_key=settings.odoo_api_key_file.read_text().strip(),
            rate=settings.odoo_rate,
        )
        found.append(OdooDestination(odoo, client))
    found += [RecordingDestination(name, settings.state / "recorded" / name) for name in settings.recording]
    recoded = [RecodedDestination(one, lambda: partners.current) for one in found]
    return [OwnedDestination(one, lambda: policies.current.ownership) for one in recoded]


@asynccontextmanager
async def open_egress(settings: Settings) -> AsyncIterator[Egress]:
    """The one client for addresses of partners."""
    egress = Egress(settings.partner_networks, authorities=settings.egress_authorities)
    try:
        yield egress
    finally:
        await egress.close()


def carriers(settings: Settings, ledger: Ledger, egress: Egress, *others: Carrier) -> dict[CarrierName, Carrier]:
    """Every way to a partner."""
    push = PushCarrier(egress.guard, settings.partner_keys)
    found: list[Carrier] = [OutboxCarrier(), MailboxCarrier(ledger.mailboxes), push, *others]
    return {one.name: one for one in found}


def partner_destinations(
    partners: LiveDirectory, policies: LivePolicies, served: Iterable[str], make: Callable[[str], PartnerDestination]
) -> list[Destination]:
    """Every partner with whom something is agreed that we send or answer, as the profiles are now; and those that were
    `served` before: what is left for one whose agreements are gone must be parked, or wait, but not lie where nobody
    looks."""
    before = (name.removeprefix("partner:") for name in served if name.startswith("partner:"))
    agreed = (
        partner.id
        for partner in partners.current.partners.values()
        if any(agreement.direction == "out" or agreement.acknowledgements for agreement in partner.agreements)
    )
    return [
        OwnedDestination(make(name), lambda: policies.current.ownership) for name in dict.fromkeys((*before, *agreed))
    ]


@asynccontextmanager
async def open_polling(
    settings: Settings,
    ledger: Ledger,
    policies: LivePolicies,
    partners: LiveDirectory,
    counters: Counters,
    egress: Egress,
) -> AsyncIterator[Polling]:
    """The looks at partners' servers, with the way in behind them; they end when it is left."""
    shadow = open_shadow(settings, policies, ledger)
    following = [asyncio.create_task(shadow.run())] if shadow is not None else []
    intake = Intake(policies, partners, counters, ledger, Limits(max_bytes=settings.max_body), shadow)
    polling = Polling(
        ledger.pickups,
        Submitting(intake, ledger.mailboxes, settings.total_seconds, pgp_desk(settings, partners, ledger)),
        lambda: partners.current,
        Servers(egress.guard, settings.partner_keys, settings.max_body),
    )
    try:
        yield polling
    finally:
        await polling.close()
        await end(following)


@asynccontextmanager
async def open_worker(settings: Settings) -> AsyncIterator[Worker]:
    """A worker with its destinations and the sequencer."""
    partners = LiveDirectory(settings.partners)
    keys = await asyncio.to_thread(open_keys, settings)
    async with (
        open_records(settings, "worker") as ledger,
        httpx.AsyncClient(follow_redirects=False) as client,
        open_egress(settings) as egress,
        AsyncExitStack() as opened,
    ):
        sequencer = ledger.sequencer(keys.signing, cosigning=keys.cosigning, anchor=settings.checkpoint_file)
        policies = open_policies(settings, None, "worker")
        standing = Standing(ledger, partners)
        await standing.look()
        for_ever = (policies.watch(), partners.watch(DIRECTORY_EVERY), standing.run())
        watching = [asyncio.create_task(task) for task in for_ever]
        deadlines = Deadlines(ledger, lambda: policies.current.flows.by_name)
        retaining = Retaining(ledger, lambda: policies.current)
        webhooks = WebhookCarrier(egress, settings.partner_keys, ledger.webhooks, lambda: partners.current)
        stations = Stations(lambda: partners.current, OwnKeys(settings.partner_keys))
        as2 = As2Carrier(stations, egress, ledger.exchanges, settings.public_url, settings.public_host)
        letters = CertificateLetters(ledger, as2, lambda: partners.current)
        replying = Replying(ledger, stations, egress, as2, lambda: partners.current)
        ways = carriers(settings, ledger, egress, webhooks, as2)
        counters = Counters(settings.counters_url, gateways=lambda: settings.gateways)
        opened.push_async_callback(counters.close)  # after everything that counts
        dividing = Dividing(ledger, policies, partners, counters, Limits(max_bytes=settings.max_body))
        ends = CertificateEnds(ledger, partners, OwnKeys(settings.partner_keys))
        composer = Composer(
            settings.partners / "maps", lambda: policies.current.masking, ledger.masking_key,
            lambda one: partners.current.codes(one),
        )  # fmt: skip
        circuits = Circuits()
        forwarding = Forwarding(lambda: partners.current, ledger.parcels, composer, ways, circuits)
        tending = Tending(ledger.mailboxes)
        polling = await opened.enter_async_context(open_polling(settings, ledger, policies, partners, counters, egress))
        duties = [
            Duty("look after deadlines", deadlines.look, deadlines.every),
            Duty("look after acknowledgements", deadlines.look_at_answers, deadlines.every),
            Duty("erase what is past its time", retaining.look, retaining.every),
            Duty("forward parcels", forwarding.look, forwarding.every, calls=True),
            Duty("count parcels", forwarding.measure, MEASURE_EVERY),
            Duty("look after webhooks", webhooks.look_after, webhooks.every),
            Duty("answer AS2 messages", replying.look, replying.every, calls=True),
            Duty("look after mailboxes", tending.look, tending.every),
            Duty("count files in mailboxes", tending.measure, MEASURE_EVERY),
            Duty("look at partners' servers", polling.look, polling.every),
            Duty("count files at partners' servers", polling.measure, MEASURE_EVERY),
            Duty("forget files of partners' servers", polling.forget, polling.forget_every),
            Duty("warn of certificates that end", ends.look, ends.every),
            Duty("exchange certificates", letters.look, letters.every),
            Duty("divide long interchanges", dividing.look, dividing.every),
            Duty("sweep what no message came for", dividing.sweep, SWEEP_EVERY),
        ]

        served = await ledger.leases.seated()

        def to_partners() -> list[Destination]:
            return partner_destinations(
                partners, policies, served,
                lambda one: PartnerDestination(one, lambda: partners.current, ledger.parcels, composer, ways,
                                               Answering(ledger.content), circuits),
            )  # fmt: skip

        everywhere = [*destinations(settings, partners, policies, client), *to_partners()]
        try:
            yield Worker(ledger, everywhere, sequencer, duties, to_partners)
        finally:
            await end(watching)
            await dividing.close()
            await forwarding.close()
            await replying.close()
            for way in ways.values():
                await way.close()
