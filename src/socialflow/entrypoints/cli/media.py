"""`socialflow media verify | manifest | move-storage`, and what `media_jobs` has."""

import sys
from datetime import timedelta
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from socialflow.domains.media.service import inventory, moving, repairs
from socialflow.domains.media.service.inventory import Finding, Report
from socialflow.domains.media.service.moving import Cleared, Moved
from socialflow.entrypoints import stores
from socialflow.entrypoints.cli import media_jobs
from socialflow.entrypoints.cli.users import run_with_app
from socialflow.kernel import config
from socialflow.kernel.work import App
from socialflow.ports.storage import ObjectStore

app = typer.Typer(no_args_is_help=True)
app.add_typer(media_jobs.app)
WRONG, BAD_USE = 1, 2
SHOWN = 20


@app.command()
def verify(
    repair: Annotated[
        bool, typer.Option("--repair", help="Delete orphans, make again what can be, and say what cannot.")
    ] = False,
    quick: Annotated[bool, typer.Option("--quick", help="Compare sizes, not contents: reads no object.")] = False,
    grace_hours: Annotated[
        float, typer.Option(min=1, help="An object that no row names is an orphan when it is older than this.")
    ] = inventory.GRACE.total_seconds() / 3600,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Compare what the database says is kept with the store; exit code 1 when something is wrong and stays so."""
    reports: list[Report] = []
    console = Console(stderr=True)

    async def work(opened: App) -> None:
        with console.status("looking") as status:

            def tell(report: Report) -> None:
                status.update(f"{report.objects} objects, {report.size / 1024**2:.0f} MiB")

            report = await inventory.verify(opened, quick=quick, grace=timedelta(hours=grace_hours), tell=tell)
        if repair:
            await repairs.repair(opened, report)
        reports.append(report)

    run_with_app(work)
    report = reports[0]
    if as_json:
        typer.echo(orjson.dumps(_plain(report), option=orjson.OPT_INDENT_2).decode())
    else:
        _print(report)
    raise typer.Exit(0 if report.is_clean else WRONG)


@app.command()
def manifest() -> None:
    """Print the checksum of everything that is kept, as `sha256sum --check` reads it."""

    async def work(opened: App) -> None:
        async for page in inventory.everything_named(opened):
            # Of what went straight to the store it is not known before it has been read once.
            sys.stdout.writelines(f"{row.sha256}  {row.key}\n" for row in page if row.sha256)

    run_with_app(work)


@app.command("move-storage")
def move_storage(
    to: Annotated[
        str | None, typer.Option(help="Where to: local, s3, azure, gcs, or a TOML file with its own [storage].")
    ] = None,
    from_: Annotated[
        str | None, typer.Option("--from", help="Where from, after the switch: the same, of the former store.")
    ] = None,
    delete_source: Annotated[
        bool, typer.Option("--delete-source", help="With --from: delete there what has arrived here.")
    ] = False,
) -> None:
    """Copy all objects from the present store into another, every one verified; may be stopped and run again."""
    if (to is None) == (from_ is None) or (delete_source and from_ is None):
        typer.echo("give --to before the switch; after it --from, with or without --delete-source", err=True)
        raise typer.Exit(BAD_USE)
    settings = config.load()
    other = stores.with_storage(settings, to or from_ or "")
    here, there = stores.place_of(settings), stores.place_of(other)
    if here == there:
        typer.echo("that is the store which is in use", err=True)
        raise typer.Exit(BAD_USE)
    places = (here, there) if to else (there, here)
    outcome: list[tuple[Moved, Cleared | None]] = []

    async def work(opened: App) -> None:
        present, foreign = opened.port(ObjectStore), stores.object_store(other)
        source, target = (present, foreign) if to else (foreign, present)
        try:
            with moving.journal_at(stores.journal_of(opened.settings, *places)) as journal:
                moved = await _move(opened, source, target, journal)
                cleared = await moving.clear(opened, source, target, journal) if delete_source else None
        finally:
            await foreign.close()
        outcome.append((moved, cleared))

    try:
        run_with_app(work)
    except moving.MoveUnderWay as error:
        typer.echo(f"another process is moving them (it holds {error})", err=True)
        raise typer.Exit(WRONG) from None
    _tell_move(*outcome[0])


async def _move(opened: App, source: ObjectStore, target: ObjectStore, journal: moving.Journal) -> Moved:
    objects, size = await moving.measure(source)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), DownloadColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("moving", total=size)
        count = progress.add_task("objects", total=objects)

        def tell(moved: Moved) -> None:
            progress.update(task, completed=moved.size)
            progress.update(count, completed=moved.objects)

        return await moving.move(opened, source, target, journal, tell)


def _tell_move(moved: Moved, cleared: Cleared | None) -> None:
    typer.echo(f"{moved.objects} objects are there, {moved.copied} of them copied now")
    for key in moved.damaged:
        typer.echo(f"damaged before it was copied: {key}", err=True)
    for key in moved.failed:
        typer.echo(f"not what was sent: {key}; run this again", err=True)
    if cleared is not None:
        typer.echo(f"{cleared.deleted} objects deleted from the former store")
        for key in cleared.left[:SHOWN]:
            typer.echo(f"left there, for it is not here: {key}", err=True)
        if len(cleared.left) > SHOWN:
            typer.echo(f"and {len(cleared.left) - SHOWN} more", err=True)
    if moved.failed or (cleared is not None and cleared.left):
        raise typer.Exit(WRONG)


def _print(report: Report) -> None:
    typer.echo(f"{report.objects} objects compared, {report.size} bytes")
    if not report.findings:
        typer.echo("all of them are there, and nothing else")
        return
    table = Table("fault", "object", "bytes", "repair")
    for found in report.findings:
        table.add_row(found.fault.value, found.key, str(found.size), found.done or "-")
    Console(soft_wrap=True).print(table)


def _plain(report: Report) -> dict[str, object]:
    return {
        "objects": report.objects,
        "bytes": report.size,
        "clean": report.is_clean,
        "findings": [_plain_finding(found) for found in report.findings],
    }


def _plain_finding(found: Finding) -> dict[str, object]:
    return {
        "fault": found.fault.value,
        "key": found.key,
        "bytes": found.size,
        "repaired": found.repaired,
        "repair": found.done or None,
    }
