"""`socialflow privacy reapply`."""

import asyncio

import typer

from socialflow.domains.accounts.service import erasure
from socialflow.entrypoints.bootstrap import open_app
from socialflow.entrypoints.cli.database import need_schema
from socialflow.entrypoints.engines import local
from socialflow.kernel import config
from socialflow.kernel.config import Settings

app = typer.Typer(no_args_is_help=True)
app.callback()(lambda: None)


@app.command()
def reapply() -> None:
    """Erase again whoever came back with a backup; run it before people are let in after a restore."""
    with local.reachable(config.load()) as settings:
        need_schema(settings)
        again = asyncio.run(_reapply(settings))
    typer.echo(f"{again} erased again" if again else "nobody who was erased is here")


async def _reapply(settings: Settings) -> int:
    async with open_app(settings) as opened:
        return len(await erasure.reapply(opened))
