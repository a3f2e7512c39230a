"""`socialflow demo`: people and clips for an empty instance, brought in through its public API."""

import asyncio
from typing import Annotated

import httpx2
import typer

from socialflow.adapters.encoder.ffmpeg import binaries
from socialflow.entrypoints.demo import story
from socialflow.entrypoints.demo.client import Refused
from socialflow.entrypoints.demo.people import LOGIN, PASSWORD
from socialflow.entrypoints.engines import folders
from socialflow.kernel import config

MARK = "demo.done"


def demo(
    address: Annotated[str | None, typer.Option(help="Address of the instance; default: the one running here.")] = None,
    again: Annotated[bool, typer.Option(help="Look for what is missing even if it was made before.")] = False,
) -> None:
    """Make three people with pictures, follows, clips, likes and comments; what is there already stays."""
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
