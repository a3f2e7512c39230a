"""`socialflow users create | promote | list | suspend | unsuspend | reset-password | reset-factors`."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated

import typer
from pydantic import ValidationError

from socialflow.domains.accounts import service as accounts
from socialflow.domains.accounts.models import AccountState, Role
from socialflow.domains.accounts.schemas import AccountCreate
from socialflow.domains.accounts.service import erasure, leaving
from socialflow.domains.channels import service as channels
from socialflow.entrypoints.bootstrap import open_app
from socialflow.entrypoints.cli.database import need_schema
from socialflow.entrypoints.engines import local
from socialflow.kernel import config, ids, pages
from socialflow.kernel.config import Settings
from socialflow.kernel.errors import Problem
from socialflow.kernel.work import SYSTEM, App

app = typer.Typer(no_args_is_help=True)


@app.command()
def create(
    email: Annotated[str, typer.Argument(help="E-mail address.")],
    handle: Annotated[str, typer.Argument(help="Letters, digits and underscores.")],
    name: Annotated[str | None, typer.Option(help="Name shown to people; default: the handle.")] = None,
    password: Annotated[
        str | None, typer.Option(envvar="SOCIALFLOW_PASSWORD", help="Default: a random one, printed once.")
    ] = None,
    role: Annotated[str, typer.Option(help="Name of their role.")] = Role.USER,
) -> None:
    """Make an account and its channel, even where sign-up is closed."""
    chosen = password or secrets.token_urlsafe(15)
    try:
        body = AccountCreate.model_validate(
            {"email": email, "handle": handle, "display_name": name or handle, "password": chosen}
        )
    except ValidationError as error:
        for fault in error.errors():
            typer.echo(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}", err=True)
        raise typer.Exit(2) from None

    async def work(app: App) -> None:
        await accounts.screen(app, chosen, own=accounts.own_words(body.handle, body.email))
        hashed = await app.port(accounts.Passwords).hash(chosen)
        async with app.work(SYSTEM) as work:
            account = await channels.sign_up(work, body, came_by=accounts.BY_STAFF, password_hash=hashed)
            await accounts.change_role(work, account, role)

    run_with_app(work)
    typer.echo(f"{handle} ({role}) can log in" + ("" if password else f" with the password {chosen}"))


@app.command()
def promote(
    login: Annotated[str, typer.Argument(help="E-mail address or handle.")],
    role: Annotated[str, typer.Argument(help="Name of the role they shall have.")] = Role.ADMIN,
) -> None:
    """Give somebody a role; they log in anew."""

    async def work(app: App) -> None:
        async with app.work(SYSTEM) as work:
            await accounts.change_role(work, await accounts.by_login(work, login), role)

    run_with_app(work)
    typer.echo(f"{login} is {role} now")


@app.command()
def erase(
    login: Annotated[str, typer.Argument(help="E-mail address or handle.")],
    now: Annotated[bool, typer.Option("--now", help="Without the time in which they could come back.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase somebody and all that is kept of them."""
    if not yes:
        typer.confirm(f"Erase {login} and everything that they have made?", abort=True)
    said = ["is erased"]

    async def work(app: App) -> None:
        grace = timedelta(seconds=0 if now else app.settings.privacy.erasure_grace_s)
        async with app.work(SYSTEM) as work:
            account = await accounts.by_login(work, login)
            await leaving.demand_others(work, account.id)
            await leaving.begin(work, account, grace=grace, keys=app.keys)
            said[0] = f"will be erased after {leaving.until(account):%Y-%m-%d %H:%M} UTC"
        if now:
            await erasure.erase(app, account.id)
            said[0] = "is erased"

    run_with_app(work)
    typer.echo(f"{login} {said[0]}")


@app.command("reset-factors")
def reset_factors(login: Annotated[str, typer.Argument(help="E-mail address or handle.")]) -> None:
    """Take every second factor from somebody who has lost them all; they log in anew, by password alone."""

    async def work(app: App) -> None:
        async with app.work(SYSTEM) as work:
            await accounts.factors.reset(work, await accounts.by_login(work, login))

    run_with_app(work)
    typer.echo(f"{login} has no second factor any more, and is logged out everywhere")


@app.command(name="list")
def show(
    q: Annotated[str | None, typer.Argument(help="Beginning of a handle, or of an e-mail address with its @.")] = None,
    role: Annotated[str | None, typer.Option(help="Only those of a role.")] = None,
    state: Annotated[AccountState | None, typer.Option(help="Only those in a state.")] = None,
) -> None:
    """List people, one a line: id, handle, role, state, when they signed up."""

    async def work(app: App) -> None:
        cursor: str | None = None
        while True:
            async with app.work(SYSTEM) as work:
                page = await accounts.find_accounts(
                    work, app.keys, q=q, role=role, state=state, limit=pages.LARGEST, cursor=cursor
                )
            for each in page.items:
                identity = ids.show("acc", each.id)
                typer.echo(
                    f"{identity}  {each.handle:<30}  {each.role:<12}  {each.state:<10}  {each.created_at:%Y-%m-%d}"
                )
            cursor = page.next_cursor
            if cursor is None:
                return

    run_with_app(work)


@app.command()
def suspend(
    login: Annotated[str, typer.Argument(help="E-mail address or handle.")],
    reason: Annotated[str, typer.Option(help="Told to the person.")],
    days: Annotated[int | None, typer.Option(min=1, max=3_650, help="For so long; default: until taken back.")] = None,
) -> None:
    """Keep somebody out; their sessions end."""

    async def work(app: App) -> None:
        async with app.work(SYSTEM) as work:
            account = await accounts.by_login(work, login)
            until = work.now + timedelta(days=days) if days else None
            await accounts.suspend(work, account.id, reason=reason, until=until)

    run_with_app(work)
    typer.echo(f"{login} is suspended" + (f" for {days} days" if days else ""))


@app.command()
def unsuspend(login: Annotated[str, typer.Argument(help="E-mail address or handle.")]) -> None:
    """Let somebody in again."""

    async def work(app: App) -> None:
        async with app.work(SYSTEM) as work:
            account = await accounts.by_login(work, login)
            await accounts.unsuspend(work, account.id)

    run_with_app(work)
    typer.echo(f"{login} may log in again")


@app.command()
def reset_password(login: Annotated[str, typer.Argument(help="E-mail address or handle.")]) -> None:
    """Print a link, good once within an hour, by which somebody chooses a new password; nothing is changed by it."""
    links = []

    async def work(app: App) -> None:
        async with app.work(SYSTEM) as work:
            account = await accounts.by_login(work, login)
            work.note("account:password:reset_asked", account.id, by="command line")
            links.append(accounts.reset_page(account, keys=app.keys, settings=app.settings, now=work.now))

    run_with_app(work)
    typer.echo(links[0])


def run_with_app(work: Callable[[App], Awaitable[None]]) -> None:
    """Open the App, do the work, and say what went wrong in one line."""

    async def within(settings: Settings) -> None:
        async with open_app(settings) as app:
            await work(app)

    with local.reachable(config.load()) as settings:
        need_schema(settings)
        try:
            asyncio.run(within(settings))
        except Problem as problem:
            for said in [fault.detail for fault in problem.errors] or [str(problem)]:
                typer.echo(said, err=True)
            raise typer.Exit(1) from None
