"""The scheduler process: makes the jobs of `@every`, and hints again what was lost. One of many does it at a time."""

import asyncio

from socialflow.entrypoints.relay import serve
from socialflow.kernel import schedule
from socialflow.kernel.config import Settings


def run(settings: Settings) -> None:
    """Keep the clock until SIGTERM."""
    asyncio.run(serve(settings, schedule.run, role="scheduler"))
