"""What routes of accounts read from a request, besides its body."""

from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Header, Request

from socialflow.domains.accounts import service
from socialflow.domains.accounts.service import Device, Signing
from socialflow.kernel.web import CurrentApp, InWork, client_address, get_app
from socialflow.kernel.work import App

WantsSession = Annotated[
    str | None, Header(description="`cookie` asks for the web app's session cookie instead of tokens.")
]


async def signing_of(app: Annotated[App, Depends(get_app)]) -> Signing:
    """What is needed in order to issue credentials."""
    return Signing(app.port(service.AccessTokens), app.keys, app.settings.auth)


async def device_of(request: Request) -> Device:
    """Where a request comes from."""
    return Device(client_address(request), request.headers.get("user-agent", ""))


async def get_recent(work: InWork, app: CurrentApp) -> None:
    """Refuse what is dangerous unless its asker has just shown who they are (step-up, RFC 9470)."""
    await service.demand_recent(work, within=timedelta(seconds=app.settings.auth.step_up_s))


# For `dependencies=[Security(get_actor, scopes=["security"]), RECENT]`.
RECENT = Depends(get_recent)
InSigning = Annotated[Signing, Depends(signing_of)]
OnDevice = Annotated[Device, Depends(device_of)]
