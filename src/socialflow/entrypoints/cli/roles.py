"""`socialflow roles list`."""

import typer

from socialflow.domains.accounts import service as accounts
from socialflow.entrypoints.cli.users import run_with_app
from socialflow.kernel.work import SYSTEM, App

app = typer.Typer(no_args_is_help=True)


@app.callback()
def roles() -> None:
    """Keeps `list` a command of its own."""


@app.command(name="list")
def show() -> None:
    """Show every role: what it permits, how much it gives, how many have it."""
    lines: list[str] = []

    async def work(app: App) -> None:
        async with app.work(SYSTEM) as work:
            found = await accounts.list_roles(work)
        for each in found:
            allowed = [name for name in ("upload", "go_live", "invite") if getattr(each, f"may_{name}")]
            quota = "space as everybody" if each.quota_bytes is None else f"{each.quota_bytes / 1024**3:g} GiB"
            lines.append(f"{each.name}  {each.title}, {each.holders} people")
            lines.append(f"  permits  {', '.join(each.permissions) or 'nothing'}")
            quota += "" if each.most_channels is None else f", {each.most_channels} channels"
            lines.append(f"  gives    {quota}, {each.rate:g} x the limits, may {', '.join(allowed) or 'nothing else'}")

    run_with_app(work)
    typer.echo("\n".join(lines))
