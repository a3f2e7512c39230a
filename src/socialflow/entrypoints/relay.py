"""The relay process: turns events of the outbox into jobs, within milliseconds of their commit."""

import asyncio
import dataclasses
import signal
from collections.abc import Awaitable, Callable

from socialflow.entrypoints.bootstrap import open_app
from socialflow.entrypoints.worker import hint_sender
from socialflow.kernel import logs, outbox
from socialflow.kernel.config import Settings
from socialflow.kernel.work import App

Loop = Callable[[App, asyncio.Event], Awaitable[None]]


def run(settings: Settings) -> None:
    """Relay until SIGTERM."""
    asyncio.run(serve(settings, outbox.run, role="relay"))


async def serve(settings: Settings, loop: Loop, *, role: str) -> None:
    """Open an App that can send hints and run `loop` in it until SIGTERM or SIGINT."""
    logs.configure(settings.observability, role=role)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)

    async with open_app(settings) as app:
        logs.named(__name__).info(f"{role}_ready")
        await loop(dataclasses.replace(app, send_hints=hint_sender(settings)), stop)
