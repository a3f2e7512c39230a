"""Serving: uvicorn, one process or several on one socket, and an end that drops no request."""

import asyncio
import contextlib
import os
import socket
from functools import partial
from types import FrameType
from typing import Any

import uvicorn
from fastapi import FastAPI
from prometheus_client import start_http_server

from socialflow.entrypoints.api.application import build
from socialflow.entrypoints.api.connections import Connection, bounds_of
from socialflow.kernel import logs
from socialflow.kernel.config import Settings

KEEP_ALIVE_SECONDS = 75
GRACE_SECONDS = 25
BACKLOG = 2_048
TICKS_PER_LOOK = 10  # of uvicorn's tenths of a second


class Server(uvicorn.Server):
    """Turns 'not ready' first, waits for load balancers to notice, and only then closes the door."""

    def __init__(self, config: uvicorn.Config, api: FastAPI, drain_seconds: float, children: list[int]) -> None:
        super().__init__(config)
        self._api = api
        self._drain_seconds = drain_seconds
        self._children = children

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """First signal: drain. Second signal: stop now. Our sibling processes are told the same."""
        for child in self._children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, sig)
        if self._api.state.draining.is_set():
            super().handle_exit(sig, frame)
            return
        self._api.state.draining.set()
        asyncio.get_running_loop().call_later(self._drain_seconds, super().handle_exit, sig, None)

    async def on_tick(self, counter: int) -> bool:
        """Once a second, look after the connections."""
        if counter % TICKS_PER_LOOK == 0:
            now = asyncio.get_running_loop().time()
            for connection in list(self.server_state.connections):
                if isinstance(connection, Connection):
                    connection.look_after(now)
        return await super().on_tick(counter)


def run(settings: Settings) -> None:
    """Serve until SIGTERM."""
    logs.configure(settings.observability, role="api")
    listener = listen(settings.http.host, settings.http.port)
    children = [_fork(settings, listener) for _ in range(settings.http.workers - 1)]
    if settings.observability.metrics_port is not None:
        start_http_server(settings.observability.metrics_port, settings.observability.metrics_host)
    _serve(settings, listener, children)
    for child in children:
        os.waitpid(child, 0)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; raises OSError when the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(BACKLOG)
    listener.set_inheritable(True)
    return listener


def _serve(settings: Settings, listener: socket.socket, children: list[int]) -> None:
    api = build(settings)
    # uvicorn calls for a class, and means whatever makes a protocol.
    protocol: Any = partial(Connection, bounds=bounds_of(settings.http))
    config = uvicorn.Config(
        api,
        loop="uvloop",
        http=protocol,
        ws="none",
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
        lifespan="on",
    )
    # A person's Ctrl-C is to be quick: without a load balancer nobody is to notice.
    wanted = settings.environment == "production" or "drain_seconds" in settings.http.model_fields_set
    drain_seconds = settings.http.drain_seconds if wanted else 0.0
    Server(config, api, drain_seconds, children).run(sockets=[listener])


def _fork(settings: Settings, listener: socket.socket) -> int:
    child = os.fork()
    if child == 0:
        _serve(settings, listener, [])
        os._exit(0)
    return child
