"""Routes of one's own account."""

from fastapi import Request, Security

from socialflow.domains.accounts import service
from socialflow.domains.accounts.models import Account
from socialflow.domains.accounts.schemas import AccountRead, AccountUpdate
from socialflow.kernel.errors import PreconditionFailed, Unauthorized
from socialflow.kernel.web import InWork, etag_of, get_actor, problems, require_match, router

people = router("me", reads="own")


@people.get(
    "/me",
    operation_id="getMe",
    response_model=AccountRead,
    responses=problems(Unauthorized),
    dependencies=[Security(get_actor, scopes=["read"])],
)
async def get_me(work: InWork) -> Account:
    """One's own account."""
    return await service.me(work)


@people.patch(
    "/me",
    operation_id="updateMe",
    response_model=AccountRead,
    responses=problems(Unauthorized, PreconditionFailed),
    dependencies=[Security(get_actor, scopes=["write:account"])],
)
async def update_me(body: AccountUpdate, work: InWork, request: Request) -> Account:
    """Change one's own account."""
    account = await service.me(work)
    require_match(request, etag_of(AccountRead.model_validate(account).model_dump_json().encode()))
    return await service.update_me(work, body)
