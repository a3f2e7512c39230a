"""`socialflow invites create`."""

import asyncio
from typing import Annotated

import typer

from socialflow.domains.accounts.schemas import InviteCreate, InviteMadeRead
from socialflow.domains.accounts.service import invites
from socialflow.entrypoints.bootstrap import open_app
from socialflow.entrypoints.cli.database import need_schema
from socialflow.entrypoints.engines import local
from socialflow.kernel import config
from socialflow.kernel.config import Settings
from socialflow.kernel.work import SYSTEM

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _invites() -> None:
    """Make invites."""


@app.command()
def create(
    uses: Annotated[int, typer.Option(min=1, max=10_000, help="How many may come in by it.")] = 1,
    days: Annotated[int | None, typer.Option(min=1, max=365, help="How long it is good for.")] = None,
    note: Annotated[str, typer.Option(help="For yourself: whom it is for.")] = "",
) -> None:
    """Make an invite, and print its link once."""
    body = InviteCreate(max_uses=uses, days=days, note=note)

    async def within(settings: Settings) -> InviteMadeRead:
        async with open_app(settings) as app, app.work(SYSTEM) as work:
            return await invites.invite(work, body, settings=settings)

    with local.reachable(config.load()) as settings:
        need_schema(settings)
        made = asyncio.run(within(settings))
    typer.echo(made.link)
    typer.echo(f"good for {uses} until {made.invite.expires_at:%Y-%m-%d %H:%M} UTC", err=True)
