"""`socialflow media jobs | job | retry | cancel | edits | cancel-edit | status`."""

import uuid
from typing import Annotated

import typer

from socialflow.domains.media.models import TranscodeState
from socialflow.domains.media.service import edits, jobs
from socialflow.entrypoints.cli.users import run_with_app
from socialflow.kernel import ids, pages, presence
from socialflow.kernel.work import SYSTEM, App

app = typer.Typer(no_args_is_help=True)

Named = Annotated[str, typer.Argument(help="The job's id, `ast_...`: that of the upload's asset.")]
Reason = Annotated[str, typer.Option(help="Why; kept in the audit log.")]


@app.command(name="jobs")
def show(
    state: Annotated[TranscodeState | None, typer.Option(help="Only those that stand so.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=pages.LARGEST, help="The newest so many.")] = 20,
) -> None:
    """List what is or was made of uploads, one a line: id, state, percent, tasks, processor seconds, reason."""

    async def work(app: App) -> None:
        async with app.work(SYSTEM) as work:
            page = await jobs.page(work, app.keys, state=state, limit=limit, cursor=None)
        for each in page.items:
            done = f"{each.tasks_done}/{each.tasks}"
            line = f"{ids.show('ast', each.id)}  {each.state:<9} {each.progress:>4.0%}  {done:>9}  {each.cpu_s:>8.1f} s"
            typer.echo(f"{line}  {each.failure_code or ''}".rstrip())

    run_with_app(work)


@app.command()
def job(asset_id: Named) -> None:
    """Show one job's tasks, one a line: name, state, attempts, worker, processor seconds, what went wrong."""

    async def work(app: App) -> None:
        async with app.work(SYSTEM) as work:
            found = await jobs.one(work, _id(asset_id))
        for each in found.parts:
            line = f"{each.name:<24} {each.state:<9} {each.attempts:>2}  {each.worker or '-':<24} {each.cpu_s:>8.1f} s"
            typer.echo(f"{line}  {each.failure_code or ''} {each.failure_notes or ''}".rstrip())

    run_with_app(work)


@app.command()
def retry(asset_id: Named, reason: Reason = "") -> None:
    """Process an upload again that failed or was stopped."""

    async def work(app: App) -> None:
        async with app.work(SYSTEM) as work:
            await jobs.begin_again(work, _id(asset_id), reason=reason)

    run_with_app(work)
    typer.echo(f"{asset_id} is processed again")


@app.command()
def cancel(asset_id: Named, reason: Reason = "") -> None:
    """Stop the processing of an upload; it can be begun anew."""

    async def work(app: App) -> None:
        async with app.work(SYSTEM) as work:
            await jobs.stop(work, _id(asset_id), reason=reason)

    run_with_app(work)
    typer.echo(f"{asset_id} is stopped")


@app.command(name="edits")
def show_edits(
    every: Annotated[bool, typer.Option("--all", help="Those that are over, too.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=pages.LARGEST, help="The newest so many.")] = 20,
) -> None:
    """List edits that are being made, one a line: id, state, percent, the asset that is edited, reason."""

    async def work(app: App) -> None:
        async with app.work(SYSTEM) as work:
            found = await edits.latest(work, only_open=not every, limit=limit)
        for each in found:
            line = f"{ids.show('edt', each.id)}  {each.state:<9} {each.progress:>3}%  "
            line += ids.show("ast", each.source_asset_id)
            typer.echo(f"{line}  {each.failure_code or ''}".rstrip())

    run_with_app(work)


@app.command()
def cancel_edit(edit_id: Annotated[str, typer.Argument(help="The edit's id, `edt_...`.")], reason: Reason = "") -> None:
    """Give up an edit that is being made; the video stays as it is."""

    async def work(app: App) -> None:
        async with app.work(SYSTEM) as work:
            await edits.stop(work, _id(edit_id, "edt", "an edit"), reason=reason)

    run_with_app(work)
    typer.echo(f"{edit_id} is given up")


@app.command()
def status() -> None:
    """Show how much waits in each queue, which workers are there, and what is kept."""

    async def work(app: App) -> None:
        async with app.work(SYSTEM) as work:
            found = await jobs.overview(work, await presence.workers(app.redis))
        for queue in found.queues:
            typer.echo(f"queue {queue.name:<8} {queue.waiting} waiting, {queue.running} running")
        for worker in found.workers:
            said = "silent since" if worker.silent else "seen"
            served = ",".join(worker.queues)
            typer.echo(
                f"worker {worker.host}:{worker.pid} {served} x{worker.concurrency} {said} {worker.seen_at:%H:%M:%S}"
            )
        kept = found.storage
        typer.echo(f"kept: {kept.assets} assets, {kept.sources} bytes uploaded, {kept.served} bytes served")

    run_with_app(work)


def _id(text: str, prefix: str = "ast", noun: str = "an asset") -> uuid.UUID:
    try:
        return ids.parse(prefix, text)
    except ids.MalformedId:
        raise typer.BadParameter(f"{text} is not the id of {noun}") from None
