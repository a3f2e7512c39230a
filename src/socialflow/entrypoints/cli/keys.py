"""`socialflow keys rotate | list | retire`."""

import contextlib
import os
import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from socialflow.domains.accounts.service import rotation
from socialflow.domains.accounts.service.rotation import Algorithm
from socialflow.entrypoints.bootstrap import own_signing_keys, signing_keys_file
from socialflow.kernel import config
from socialflow.kernel.config import Settings

app = typer.Typer(no_args_is_help=True)
VARIABLE = "SF_AUTH__SIGNING_KEYS"


@app.command()
def rotate(
    algorithm: Annotated[
        Algorithm, typer.Option(help="How the new key signs.", case_sensitive=False)
    ] = Algorithm.ES256,
    drop_old: Annotated[
        bool, typer.Option("--drop-old", help="Refuse what older keys signed at once: for a key that got out.")
    ] = False,
) -> None:
    """Sign with a new key from now on; older keys verify until they are retired."""
    settings = config.load()
    with _changing(settings) as (keys, put):
        made = rotation.rotated(keys, _now(), algorithm)
        if drop_old:
            for key in rotation.described(made)[1:]:
                made = rotation.without(made, key.kid)
        put(made)
    first = rotation.described(made)[0]
    typer.echo(f"{first.kid} ({first.algorithm}) signs now", err=True)


@app.command("list")
def list_keys() -> None:
    """Show the keys, without what is secret of them."""
    settings = config.load()
    longest = timedelta(seconds=settings.auth.access_ttl_s) + rotation.MARGIN
    line = "{:<45}{:<11}{:<10}{:<22}{}"
    typer.echo(line.format("kid", "algorithm", "does", "since", "may be retired"))
    for key in rotation.described(own_signing_keys(settings)):
        since = key.made_at if key.signs else key.replaced_at
        until = key.replaced_at + longest if key.replaced_at and not key.signs else None
        does = "signs" if key.signs else "verifies"
        typer.echo(line.format(key.kid, key.algorithm, does, _shown(since), _shown(until)))


@app.command()
def retire(
    kid: Annotated[str | None, typer.Option(help="This key, whatever its age.")] = None,
) -> None:
    """Forget keys of which no token can be about any more."""
    settings = config.load()
    longest = timedelta(seconds=settings.auth.access_ttl_s)
    with _changing(settings) as (keys, put):
        if kid is None:
            left, gone = rotation.retired(keys, _now(), access_ttl=longest)
        else:
            left, gone = _without(keys, kid), [kid]
        if gone:
            put(left)
    typer.echo(f"retired: {', '.join(gone)}" if gone else "no key is old enough", err=True)


def _without(keys: str, kid: str) -> str:
    try:
        return rotation.without(keys, kid)
    except ValueError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


@contextlib.contextmanager
def _changing(settings: Settings) -> "Iterator[tuple[str, Callable[[str], None]]]":
    """The present set, and what to do with another: kept in its file, or printed where it comes from elsewhere."""
    if settings.auth.signing_keys is not None:
        yield own_signing_keys(settings), _print
        return
    keys = own_signing_keys(settings)
    path = signing_keys_file(settings)
    lock = path.with_name(f"{path.name}.lock")
    try:
        held = os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        typer.echo(f"somebody else is changing the keys; if nobody is, delete {lock}", err=True)
        raise typer.Exit(1) from None

    def put(made: str) -> None:
        fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
            file.write(made)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)

    try:
        yield keys, put
    finally:
        os.close(held)
        lock.unlink()


def _print(made: str) -> None:
    typer.echo(f"The keys come from {VARIABLE}: set it to the following, and restart.", err=True)
    typer.echo(made)


def _now() -> datetime:
    return datetime.now(UTC)


def _shown(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "-"
