"""`socialflow secrets status | rotate`."""

import asyncio
import secrets
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from socialflow.entrypoints import bootstrap
from socialflow.entrypoints.cli.database import need_schema
from socialflow.entrypoints.engines import local
from socialflow.kernel import config, rotation
from socialflow.kernel.config import InvalidSettings, Settings
from socialflow.kernel.rotation import Tally

app = typer.Typer(no_args_is_help=True)


@app.command()
def status() -> None:
    """Show which secret what is kept sealed is under; exit code 1 where one is missing."""
    with local.reachable(config.load()) as settings:
        need_schema(settings)
        found, number = asyncio.run(_status(settings))
    console = Console(highlight=False)
    console.print(f"in force   {number}")
    table = Table("column", "secret", "values")
    for column, tally in found.items():
        for under, values in sorted(tally.under.items()):
            table.add_row(column, under, str(values))
    console.print(table)
    lost = sum(tally.unreadable for tally in found.values())
    if lost:
        console.print(f"[red]{lost} values are under a secret that is not here: put it into previous_secrets again.[/]")
        raise typer.Exit(1)
    if any(set(tally.under) - {number} for tally in found.values()):
        console.print("`socialflow secrets rotate` brings all under the secret in force; then the former ones may go.")


@app.command()
def rotate(
    new: Annotated[
        bool, typer.Option("--new", help="First make a new secret, where the installation keeps its own.")
    ] = False,
) -> None:
    """Bring what is kept sealed under the secret in force; stop it and run it again as you like."""
    with local.reachable(config.load()) as settings:
        need_schema(settings)
        if new:
            replace_own(settings)
        done = asyncio.run(_rotate(settings))
    for column, tally in done.items():
        typer.echo(f"{column}: {tally.sealed_anew} sealed anew")
    lost = sum(tally.unreadable for tally in done.values())
    if lost:
        typer.echo(f"{lost} values cannot be read: `socialflow secrets status` names the secrets they need", err=True)
        raise typer.Exit(1)
    if new:
        typer.echo("Restart every part of the installation: until then they use the former secret.")


def replace_own(settings: Settings) -> None:
    """Make a new secret beside the database, and keep the one that it replaces; raises InvalidSettings."""
    if settings.auth.secret is not None:
        raise InvalidSettings(
            "the secret comes from SF_AUTH__SECRET: set a new one there and move the old into SF_AUTH__PREVIOUS_SECRETS"
        )
    former = bootstrap.own_secret(settings)
    kept = bootstrap.previous_file(settings)
    known = kept.read_text(encoding="utf-8").split() if kept.exists() else []
    # The former one is written down before it is replaced: struck between the two, nothing is lost.
    bootstrap.write_secret(kept, "\n".join(dict.fromkeys([former, *known])))
    bootstrap.write_secret(bootstrap.secret_file(settings), secrets.token_urlsafe(48))


async def _status(settings: Settings) -> tuple[dict[str, Tally], str]:
    async with bootstrap.open_app(settings) as opened:
        return await rotation.standing(opened), opened.keys.number.hex()


async def _rotate(settings: Settings) -> dict[str, Tally]:
    async with bootstrap.open_app(settings) as opened:
        return await rotation.rotate(opened)
