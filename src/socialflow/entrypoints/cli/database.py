"""`socialflow db migrate | status | grants`."""

import asyncio
from typing import Annotated

import typer
from alembic.script import ScriptDirectory
from rich.console import Console
from sqlalchemy.exc import SQLAlchemyError

from socialflow.entrypoints import schema
from socialflow.entrypoints.engines import local
from socialflow.entrypoints.engines.errors import EngineError
from socialflow.kernel import config
from socialflow.kernel.config import Settings
from socialflow.migrations import configuration, heads

app = typer.Typer(no_args_is_help=True)


@app.command()
def migrate() -> None:
    """Bring the database to this version's schema; safe to run again, and from several places at once."""
    with local.reachable(config.load()) as settings:
        url = address_of(settings)
        if present_in(url) != heads():
            schema.upgrade(url)


@app.command()
def status() -> None:
    """Show which migrations the database has and which it lacks; exit code 1 when it lacks some."""
    with local.reachable(config.load()) as settings:
        present = present_in(address_of(settings))
    script = ScriptDirectory.from_config(configuration())
    foreign = present - {revision.revision for revision in script.walk_revisions()}
    missing = list(script.iterate_revisions("head", next(iter(present - foreign), "base")))

    console = Console(highlight=False)
    console.print(f"database  {', '.join(sorted(present)) or 'empty'}\nversion   {', '.join(sorted(heads()))}")
    if foreign:
        console.print("[red]The database belongs to a newer version: update the program, or restore a backup.[/]")
    for revision in reversed(missing):
        console.print(f"[yellow]missing[/]   {revision.revision}  {revision.doc}")
    if missing and not foreign:
        console.print("`socialflow db migrate` brings it up to date.")
    raise typer.Exit(int(present != heads()))


@app.command()
def grants(role: Annotated[str, typer.Argument(help="Name of a role that is not the owner of the tables.")]) -> None:
    """Print the SQL that lets a role run the product without being able to change the audit log."""
    try:
        statements = schema.restricted(role)
    except ValueError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    typer.echo("".join(f"{statement};\n" for statement in statements), nl=False)


def need_schema(settings: Settings) -> None:
    """Raise EngineError unless the database has exactly this version's schema."""
    if present_in(address_of(settings)) != heads():
        raise EngineError("the database has not this version's schema: run `socialflow db migrate` first")


def present_in(url: str) -> frozenset[str]:
    """The migrations that a database has; raises EngineError where it cannot be reached."""
    try:
        return asyncio.run(schema.at(url))
    except (OSError, SQLAlchemyError) as error:
        raise EngineError(f"the database cannot be reached: {error}; start it, or correct DATABASE_URL") from None


def address_of(settings: Settings) -> str:
    """The database's address."""
    if settings.database.url is None:
        raise config.InvalidSettings("no database: set DATABASE_URL, or start `socialflow run`")
    return settings.database.url.get_secret_value()
