"""`socialflow audit verify | head | export`."""

import sys
from collections.abc import Iterator
from typing import Annotated, Any

import orjson
import typer

from socialflow.entrypoints.cli.users import run_with_app
from socialflow.kernel import chain
from socialflow.kernel.chain import Anchor
from socialflow.kernel.work import App

app = typer.Typer(no_args_is_help=True)
BROKEN, BAD_USE = 1, 2


@app.command()
def verify(
    expect_head: Annotated[
        list[str] | None,
        typer.Option(help="SEQ:DIGEST, as `audit head` printed it before; may be given several times."),
    ] = None,
) -> None:
    """Go through the whole log; exit code 1 when a row was edited, deleted, moved or put in, and which."""
    anchors = list(_anchors(expect_head or []))
    faults: list[chain.Fault] = []

    async def work(app: App) -> None:
        report = await chain.verify(app, expected=anchors)
        faults.extend(report.faults)
        typer.echo(f"{report.checked} rows looked at, head {report.head or 'missing'}")
        if report.without_details:
            typer.echo(f"{report.without_details} rows have no details any more")

    run_with_app(work)
    for fault in faults:
        typer.echo(f"row {fault.seq}: {fault.what}", err=True)
    if faults:
        raise typer.Exit(BROKEN)
    typer.echo("the audit log is whole")


@app.command()
def head() -> None:
    """Print where the log stands, SEQ:DIGEST: keep it elsewhere, and verify against it later."""
    found: list[Anchor] = []

    async def work(app: App) -> None:
        last = await chain.head(app)
        found.extend([last] if last else [])

    run_with_app(work)
    if not found:
        typer.echo("the audit log is empty", err=True)
        raise typer.Exit(BROKEN)
    typer.echo(str(found[0]))


@app.command()
def export(after: Annotated[int, typer.Option(min=0, help="Only what comes behind this row.")] = 0) -> None:
    """Write the log as JSON, one fact a line, the oldest first."""

    async def work(app: App) -> None:
        last = await chain.head(app)
        async for some in chain.rows(app, after, last.seq if last else 0):
            sys.stdout.write("".join(line(row) for row in some))

    run_with_app(work)


def _anchors(given: list[str]) -> Iterator[Anchor]:
    for words in given:
        try:
            yield Anchor.parse(words)
        except ValueError:
            typer.echo(f"{words}: an anchor is SEQ:DIGEST, with 64 hexadecimal digits", err=True)
            raise typer.Exit(BAD_USE) from None


def line(row: Any) -> str:
    """One fact as a line of JSON."""
    said = {
        "seq": row.seq,
        "id": str(row.id) if row.id else None,
        "at": row.at,
        "tag": row.tag,
        "account_id": str(row.account_id) if row.account_id else None,
        "actor_id": str(row.actor_id) if row.actor_id else None,
        "actor_role": row.actor_role,
        "details": row.details,
        "details_digest": bytes(row.details_digest).hex(),
        "digest": bytes(row.digest).hex(),
    }
    return orjson.dumps(said, option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE).decode()
