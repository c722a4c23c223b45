"""`worker` delivers; it is one process, any number of which may run."""

import argparse
import asyncio
import signal
import sys
from contextlib import ExitStack
from typing import Any

from prometheus_client import start_http_server

from gateway.cli.serve import with_embedded
from gateway.observing import start_logging, telling_life
from gateway.settings import Settings
from gateway.wayout import open_worker


def add_commands(commands: Any) -> None:
    worker = commands.add_parser("worker", help="deliver what was accepted")
    worker.set_defaults(run=work)


def work(_: argparse.Namespace) -> int:
    """Until stopped by SIGTERM or Ctrl-C; what is under way is settled first."""
    with ExitStack() as stack:
        settings = with_embedded(stack)
        start_logging(settings.log_level)
        if settings.worker_metrics_port:
            try:
                start_http_server(settings.worker_metrics_port, settings.host)
            except OSError as error:
                where = f"{settings.host}:{settings.worker_metrics_port}"
                why = (error.strerror or str(error)).lower()
                print(f"cannot listen on {where}: {why}; GATEWAY_WORKER_METRICS_PORT names another", file=sys.stderr)
                return 2
        return asyncio.run(_work(settings))


async def _work(settings: Settings) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with open_worker(settings) as worker:
        with telling_life("worker"):
            running = asyncio.create_task(worker.run())
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
            await worker.stop()
            running.cancel()
            ended = (await asyncio.gather(running, return_exceptions=True))[0]
    if isinstance(ended, Exception):
        print(f"the worker failed: {ended}", file=sys.stderr)
        return 1
    return 0
