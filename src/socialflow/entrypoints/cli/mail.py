"""`socialflow mail test`."""

import asyncio
from typing import Annotated

import typer

from socialflow.domains.accounts.service.mails import Mail, rendering
from socialflow.entrypoints import bootstrap
from socialflow.kernel import config
from socialflow.ports.mail import MailFailed, MailRefused

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _mail() -> None:
    """Try out how mail is sent."""


@app.command("test")
def send_one(
    address: Annotated[str, typer.Argument(help="Where the mail goes.")],
    language: Annotated[str, typer.Option(help="Its language, such as de.")] = rendering.SOURCE,
) -> None:
    """Send one mail, and say what came of it."""
    settings = config.load()
    message = rendering.render(
        Mail.TEST,
        to=address,
        language=language,
        values={},
        instance=settings.instance_name,
        url=settings.public_url,
    )
    try:
        asyncio.run(bootstrap.mailer(settings).send(message))
    except (MailFailed, MailRefused) as error:
        typer.echo(f"{'Refused' if isinstance(error, MailRefused) else 'Not sent'}: {error}", err=True)
        raise typer.Exit(1) from None
    where = f" (a file in {settings.mail_folder})" if settings.mail.kind == "maildir" else ""
    typer.echo(f"Sent to {address} by {settings.mail.kind}, as {bootstrap.mail_sender(settings)}{where}")
