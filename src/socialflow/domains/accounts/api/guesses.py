"""Limits of guessing: one account's second factors together, and one address's, wherever they are asked for."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from socialflow.domains.accounts import service
from socialflow.domains.accounts.api.requests import OnDevice
from socialflow.domains.accounts.errors import WrongCredentials, WrongFactor
from socialflow.kernel import limits
from socialflow.kernel.limits import Limiter, Rate
from socialflow.kernel.web import CurrentApp, Viewer
from socialflow.kernel.work import Actor, App

# Limits of PyPI's: by five minutes, an hour and a day.
OF_ACCOUNT = ("factor_account", "factor_account_hour", "factor_account_day")
OF_ADDRESS = ("factor_address", "factor_address_hour")
LONGEST_KEY = 64


@dataclass(frozen=True, slots=True)
class Guesses:
    """Where failures of one request are counted."""

    limiter: Limiter
    app: App
    actor: Actor
    address: str
    where: str

    @asynccontextmanager
    async def here(self) -> AsyncIterator[None]:
        """Count the block against the caller's address, if it fails."""
        async with self.limiter.failures(*self._buckets(OF_ADDRESS, limits.address_key(self.address))):
            yield

    @asynccontextmanager
    async def of(self, account_id: uuid.UUID) -> AsyncIterator[None]:
        """The same against an account, too; a wrong factor is entered into the audit log."""
        async with self.here(), self.limiter.failures(*self._buckets(OF_ACCOUNT, str(account_id))):
            try:
                yield
            except (WrongFactor, WrongCredentials):
                await service.stepping.note_failure(self.app, self.actor, account_id, where=self.where)
                raise

    @asynccontextmanager
    async def of_passkey(self, credential_id: bytes) -> AsyncIterator[None]:
        """The same against a passkey, while it is not known to be anybody's."""
        key = credential_id[:LONGEST_KEY].hex()
        async with self.here(), self.limiter.failures(*self._buckets(OF_ACCOUNT, key)):
            yield

    def _buckets(self, names: tuple[str, ...], key: str) -> list[tuple[str, str, Rate]]:
        rates = self.app.settings.limits
        return [(name, key, Rate.parse(getattr(rates, name))) for name in names]


async def guesses_of(request: Request, app: CurrentApp, actor: Viewer, device: OnDevice) -> Guesses:
    """How this request's failures are counted."""
    operation = str(getattr(request.scope.get("route"), "operation_id", ""))
    return Guesses(request.app.state.limiter, app, actor, device.address, operation)


InGuesses = Annotated[Guesses, Depends(guesses_of)]
