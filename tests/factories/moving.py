"""An App whose clock is a test's to move."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from socialflow.domains.accounts.service import AccessTokens, Authenticator
from socialflow.entrypoints.bootstrap import open_app
from socialflow.kernel.config import Settings
from socialflow.kernel.work import App


@dataclass
class Clock:
    """Real time, and how far one is ahead of it."""

    ahead: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def pass_time(self, **units: float) -> None:
        """So much later, as `timedelta` takes it."""
        self.ahead += timedelta(**units)


@asynccontextmanager
async def moving_app(settings: Settings, clock: Clock, ports: Mapping[type[Any], Any]) -> AsyncIterator[App]:
    """An open App that goes by the clock."""
    async with open_app(settings, ports=ports) as opened:
        ports = dict(opened.ports)
        moving = replace(opened, clock=clock, ports=ports)
        ports[Authenticator] = Authenticator(moving, opened.port(AccessTokens))
        yield moving
