"""`socialflow channels verify|unverify`."""

from typing import Annotated

import typer

from socialflow.domains.channels import service as channels
from socialflow.entrypoints.cli.users import run_with_app
from socialflow.kernel.work import SYSTEM, App

app = typer.Typer(no_args_is_help=True)

Reference = Annotated[str, typer.Argument(help="A channel's handle, with or without @, or its id.")]
Reason = Annotated[str, typer.Option(help="For the audit log.")]


@app.command()
def verify(reference: Reference, reason: Reason = "By the command line") -> None:
    """Vouch for a channel under the name that it has: a mark says so wherever it is shown."""

    async def work(app: App) -> None:
        async with app.work(SYSTEM) as work:
            channel = await channels.verifying.verify(work, _named(reference), reason)
            typer.echo(f"{channel.handle} is verified")

    run_with_app(work)


@app.command()
def unverify(reference: Reference, reason: Reason = "By the command line") -> None:
    """Vouch for a channel no more."""

    async def work(app: App) -> None:
        async with app.work(SYSTEM) as work:
            channel = await channels.verifying.unverify(work, _named(reference), reason)
            typer.echo(f"{channel.handle} is not verified")

    run_with_app(work)


def _named(reference: str) -> str:
    return reference if reference.startswith(("@", "chn_")) else f"@{reference}"
