"""The wiring of the ways in over HTTP, top to bottom; that over SFTP is in drops.py, that of the worker in wayout.py.
Nothing else constructs anything that lives as long as the process."""

import asyncio
import gc
import os
import socket
import sys
import traceback
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from litestar import Litestar
from msgspec import Struct

from gateway.channels.as2.hearing import Hearing
from gateway.channels.as2.outcomes import Outcomes
from gateway.channels.as2.receiving import As2Inbox
from gateway.channels.as2.receiving import Limits as As2Limits
from gateway.channels.as2.stations import Stations
from gateway.channels.as2.strangers import Strangers
from gateway.channels.http.application import Api, fast, http_application
from gateway.channels.http.asking import Questions
from gateway.channels.http.calling import Callers
from gateway.channels.http.health import Health
from gateway.channels.http.inbox import PlantInbox
from gateway.channels.http.olderapis import OlderApis
from gateway.channels.http.outbox import PartnerOutbox
from gateway.channels.http.selftest import SelfTests
from gateway.channels.http.submitting import Submissions
from gateway.channels.http.timelimits import TimeLimits
from gateway.counters import Counters
from gateway.identity.keys import JwksKeys
from gateway.identity.tokens import TokenVerifier
from gateway.intake import Intake
from gateway.ledger.database import LedgerUnavailable
from gateway.ledger.keyfiles import BadKeyFile, Keys, create_if_absent, load_keys
from gateway.ledger.ledger import Ledger, open_ledger
from gateway.ledger.sealing import Sealer
from gateway.longintake import LongIntake
from gateway.observing import start_logging, telling_life
from gateway.partnerrecord import record_profiles
from gateway.policyrecord import PolicyReports, record_policies
from gateway.rehearsing import Rehearsal
from gateway.settings import Settings, read_settings
from gateway.shadowing import Shadow
from gateway.standing import Standing
from gateway.together import Together
from partners.live import LiveDirectory
from partners.ownkeys import OwnKeys
from policies.keeping import Kept
from policies.live import LivePolicies, Told
from policies.signers import load_signers
from translators.fileproblems import FileProblems
from translators.reading import Limits

DIRECTORY_EVERY = 0.4
"""Seconds between a worker's looks at the profiles: a suspension holds within a second."""


def open_keys(settings: Settings) -> Keys:
    """The ledger's key files; made on first use in development only."""
    return create_if_absent(settings.keys) if settings.is_development else load_keys(settings.keys)


@asynccontextmanager
async def open_records(settings: Settings, role: str) -> AsyncIterator[Ledger]:
    """The ledger, for a process that does `role`."""
    assert settings.database_url is not None
    keys = await asyncio.to_thread(open_keys, settings)
    ledger = await open_ledger(
        settings.database_url,
        Sealer(keys.payload),
        worker=f"{role}@{socket.gethostname()}:{os.getpid()}",
        connections=settings.database_connections,
    )
    try:
        yield ledger
    finally:
        await ledger.close()


def open_policies(settings: Settings, told: Told | None, role: str) -> LivePolicies:
    """The rules in force; kept over a restart by each role, and signed where the operators say by whom."""
    signers = load_signers(settings.policy_signers) if settings.policy_signers is not None else None
    return LivePolicies(settings.policies, told, kept=Kept(settings.state / "policies" / role), signers=signers)


def open_shadow(settings: Settings, policies: LivePolicies, ledger: Ledger) -> Shadow | None:
    """The candidate beside the rules in force, where the operators name one; its mistakes stop nothing."""
    if settings.policies_candidate is None:
        return None
    return Shadow(LivePolicies(settings.policies_candidate, otherwise=policies.current), ledger)


class Judging(Struct, frozen=True):
    """The way in, for a process that runs a channel."""

    ledger: Ledger
    policies: LivePolicies
    partners: LiveDirectory
    counters: Counters
    intake: Intake
    sandbox: Intake
    reports: PolicyReports


@asynccontextmanager
async def open_judging(settings: Settings, role: str) -> AsyncIterator[Judging]:
    """Profiles and rules are followed, and what is in force is reported, until it is left."""
    async with AsyncExitStack() as stack:
        ledger = await stack.enter_async_context(open_records(settings, role))
        told = record_policies(ledger)
        policies = open_policies(settings, told, role)
        told(policies.current, policies.problems)
        partners = LiveDirectory(settings.partners, record_profiles(ledger))
        standing = Standing(ledger, partners)
        await standing.look()
        counters = Counters(settings.counters_url, gateways=lambda: settings.gateways)
        stack.push_async_callback(counters.close)
        shadow = open_shadow(settings, policies, ledger)
        intake = Intake(policies, partners, counters, ledger, Limits(max_bytes=settings.max_body), shadow)
        stack.push_async_callback(intake.close)
        sandbox = Intake(policies, partners, counters, Rehearsal(ledger), Limits(max_bytes=settings.max_body))
        reports = PolicyReports(ledger, policies, shadow)
        stack.push_async_callback(reports.close)
        for_ever = [policies.watch(), partners.watch(DIRECTORY_EVERY), standing.run(), reports.run()]
        for_ever += [shadow.run()] if shadow is not None else []
        stack.push_async_callback(end, [asyncio.create_task(task) for task in for_ever])
        yield Judging(ledger, policies, partners, counters, intake, sandbox, reports)


@asynccontextmanager
async def open_api(settings: Settings) -> AsyncIterator[Api]:
    """Everything the HTTP channel needs, in the order a message meets it."""
    async with AsyncExitStack() as stack:
        judging = await stack.enter_async_context(open_judging(settings, "gateway"))
        ledger, intake = judging.ledger, judging.intake
        keys = JwksKeys(settings.issuers(), settings.state / "jwks", development=settings.is_development)
        await keys.start()
        stack.push_async_callback(keys.close)
        verifier = TokenVerifier(settings.issuers(), keys, replays=judging.counters)
        callers = Callers(verifier, settings.trusted_proxies, settings.public_url)
        times = settings.max_body, settings.body_seconds, settings.total_seconds
        yield Api(
            submissions=Submissions(callers, intake, TimeLimits(), *times),
            questions=Questions(callers, intake, ledger),
            inbox=PlantInbox(callers, intake, ledger),
            outbox=PartnerOutbox(callers, intake, ledger),
            as2=_as2_inbox(settings, judging),
            self_tests=SelfTests(callers, judging.sandbox, ledger, TimeLimits(), *times),
            health=Health(ledger, settings.state, settings.metrics_networks, lambda: judging.reports.in_force),
        )


def create() -> OlderApis:
    """The HTTP application of a server process, from the environment."""
    settings = read_settings(os.environ)
    start_logging(settings.log_level)
    settings.state.mkdir(parents=True, exist_ok=True)

    opened: list[Api] = []

    @asynccontextmanager
    async def life(_: Litestar) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            try:
                opened.append(await stack.enter_async_context(open_api(settings)))
            except Exception as problem:
                _tell_why_not(problem)
                raise
            gc.collect()
            gc.freeze()  # what lives as long as the process is never looked at again by the collector
            gc.set_threshold(50_000, 50, 1000)
            sys.setswitchinterval(0.0005)  # the server's own thread hands requests over: it must not wait 5 ms to do so
            with telling_life("gateway", address=f"{settings.host}:{settings.port}"):
                yield

    application = http_application(
        lambda: opened[-1], lifespan=[life], public_url=settings.public_url, tokens=settings.token_addresses()
    )
    return fast(application, lambda: opened[-1])


def _tell_why_not(problem: Exception) -> None:
    """Why the service does not start, as `worker` says it; the server around it says nothing of its own."""
    if isinstance(problem, (FileProblems, BadKeyFile, LedgerUnavailable)):
        sys.stderr.write(f"{problem}\n")
    else:
        traceback.print_exception(problem)


def _as2_inbox(settings: Settings, judging: Judging) -> As2Inbox:
    return As2Inbox(
        stations=Stations(lambda: judging.partners.current, OwnKeys(settings.partner_keys)),
        outcomes=Outcomes(
            intake=judging.intake,
            ledger=judging.ledger,
            long_intake=LongIntake(judging.ledger, settings.max_body),
            together=Together(judging.intake, judging.counters, judging.ledger, settings.max_body),
            most_content=settings.max_body,
            host=settings.public_host,
        ),
        ledger=judging.ledger,
        hearing=Hearing(judging.ledger),
        strangers=Strangers(),
        time_limits=TimeLimits(),
        limits=As2Limits(
            most_bytes=2 * settings.max_body,  # base64 of base64, and the signature
            body_seconds=settings.body_seconds,
            total_seconds=settings.total_seconds,
        ),
        trusted_proxies=settings.trusted_proxies,
    )


async def end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
