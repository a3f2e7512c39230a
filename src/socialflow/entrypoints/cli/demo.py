"""`socialflow demo`: people and clips, brought in through the public API; `demo seed`: a large made-up world."""

import asyncio
import time
from dataclasses import fields, replace
from typing import Annotated

import httpx2
import typer

from socialflow.adapters.encoder.ffmpeg import binaries
from socialflow.entrypoints.cli.users import run_with_app
from socialflow.entrypoints.demo import scale, sizes, story
from socialflow.entrypoints.demo.client import Refused
from socialflow.entrypoints.demo.people import LOGIN, PASSWORD
from socialflow.entrypoints.engines import folders
from socialflow.kernel import config
from socialflow.kernel.work import App

MARK = "demo.done"

app = typer.Typer(invoke_without_command=True)
Size = Annotated[int | None, typer.Option(min=0, help="How many; default: as in the small or the large world.")]


@app.callback()
def demo(
    context: typer.Context,
    address: Annotated[str | None, typer.Option(help="Address of the instance; default: the one running here.")] = None,
    again: Annotated[bool, typer.Option(help="Look for what is missing even if it was made before.")] = False,
) -> None:
    """Make three people with pictures, follows, clips, likes and comments; what is there already stays."""
    if context.invoked_subcommand is not None:
        return
    settings = config.load()
    mark = settings.data_dir / MARK
    if address is None and mark.exists() and not again:
        return
    if settings.environment == "production" and address is None:
        raise config.InvalidSettings("the demo's password is public: it is not made in production")

    target = address or folders.recall(settings.data_dir).get("address") or settings.public_url
    ffmpeg = asyncio.run(binaries.find(settings.media.ffmpeg_bin, settings.media.ffprobe_bin)).ffmpeg
    try:
        story.tell(target, ffmpeg, typer.echo)
    except httpx2.ConnectError:
        typer.echo(f"nothing answers at {target}: start `socialflow run`, or name an instance by --address", err=True)
        raise typer.Exit(1) from None
    except (Refused, httpx2.HTTPError) as error:
        typer.echo(f"the demo is not complete: {error}; `socialflow demo` goes on where it stopped", err=True)
        raise typer.Exit(1) from None
    if address is None and settings.data_dir.exists():
        mark.touch()
    typer.echo(f"demo is complete: log in as {LOGIN} with password {PASSWORD}")


@app.command()
def seed(
    large: Annotated[
        bool, typer.Option("--scale", help="100,000 accounts, 2M follows, 1M posts, 5M likes; takes minutes and 6 GB.")
    ] = False,
    *,
    accounts: Size = None,
    follows: Size = None,
    videos: Size = None,
    posts: Size = None,
    likes: Size = None,
    comments: Size = None,
    tags: Size = None,
    chance: Annotated[int, typer.Option(help="Another number makes another world.")] = 7,
) -> None:
    """Put a made-up world into the database, to see how lists do when there is much: nobody of it can log in."""
    if config.load().environment == "production":
        raise config.InvalidSettings("a made-up world is not put among people: this is production")
    given = locals()
    wanted = {each.name: given[each.name] for each in fields(sizes.Sizes) if given[each.name] is not None}
    try:
        size = replace(sizes.LARGE if large else sizes.Sizes(), **wanted)
    except ValueError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None

    async def work(app: App) -> None:
        began = time.monotonic()
        world = scale.plan(size, chance)
        typer.echo(f"planned in {time.monotonic() - began:.1f} s")
        rows = await scale.fill(app, world, typer.echo)
        typer.echo(f"{rows:,} rows in {time.monotonic() - began:.0f} s; handles begin with s{world.mark}_")

    run_with_app(work)
