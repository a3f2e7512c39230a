"""Routes of personal tokens, and of those that got lost."""

import hashlib
from typing import Annotated

from fastapi import Depends, Query, Request, Response, Security
from pydantic import Field

from socialflow.domains.accounts.api.requests import RECENT
from socialflow.domains.accounts.errors import (
    ScopeNotYours,
    StepUpRequired,
    TooManyTokens,
    UnsignedReport,
    UnusableExpiry,
)
from socialflow.domains.accounts.models import PersonalToken
from socialflow.domains.accounts.schemas import ScopeRead
from socialflow.domains.accounts.schemas.sessions import (
    MOST_LEAKS,
    NewPersonalToken,
    PersonalTokenPage,
    PersonalTokenRead,
    TokenCreate,
    TokenLeak,
    TokenLeakVerdict,
    TokenOptions,
    TokenRevoke,
)
from socialflow.domains.accounts.service import tokens as service
from socialflow.domains.accounts.service.leaks import ReportKeys
from socialflow.domains.accounts.service.scopes import delegable, sentence_of
from socialflow.kernel.errors import InvalidCursor, NotFound, Unauthorized
from socialflow.kernel.ids import TokenId
from socialflow.kernel.pages import Cursor, Limit
from socialflow.kernel.web import CurrentApp, InWork, get_actor, port_of, problems, router

tokens = router("me", reads="own")
lost = router("auth")


@tokens.post(
    "/me/tokens",
    operation_id="createToken",
    status_code=201,
    response_model=NewPersonalToken,
    responses=problems(Unauthorized, StepUpRequired, ScopeNotYours, UnusableExpiry, TooManyTokens),
    dependencies=[Security(get_actor, scopes=["security"]), RECENT],
)
async def create_token(body: TokenCreate, work: InWork, app: CurrentApp) -> NewPersonalToken:
    """Make a personal token for one's own programs; its secret is in this answer and nowhere else.

    It may ask for no more than its scopes and no more than its owner may, and never for what needs `security`. A
    token without an `admin` scope has none of its owner's staff permissions.
    """
    issued = await service.create(work, body, app.settings.auth)
    return NewPersonalToken(**_read(issued.token).model_dump(), token=issued.secret)


@tokens.get(
    "/me/tokens",
    operation_id="listTokens",
    response_model=PersonalTokenPage,
    responses=problems(Unauthorized, InvalidCursor),
    dependencies=[Security(get_actor, scopes=["security"])],
)
async def list_tokens(
    work: InWork,
    app: CurrentApp,
    limit: Annotated[Limit, Query()] = 20,
    cursor: Annotated[Cursor, Query()] = None,
) -> PersonalTokenPage:
    """One's personal tokens that are still good, the newest first."""
    shown, following = await service.mine(work, app.keys, limit=limit, cursor=cursor)
    return PersonalTokenPage(items=[_read(token) for token in shown], next_cursor=following)


@tokens.get(
    "/me/tokens/{token_id}",
    operation_id="getToken",
    response_model=PersonalTokenRead,
    responses=problems(Unauthorized, NotFound),
    dependencies=[Security(get_actor, scopes=["security"])],
)
async def get_token(token_id: TokenId, work: InWork) -> PersonalTokenRead:
    """One of one's personal tokens, as long as it is good; its secret is not shown again."""
    return _read(await service.one(work, token_id))


@tokens.get(
    "/me/token-options",
    operation_id="getTokenOptions",
    response_model=TokenOptions,
    responses=problems(Unauthorized),
    dependencies=[Security(get_actor, scopes=["security"])],
)
async def get_token_options(work: InWork, app: CurrentApp) -> TokenOptions:
    """The scopes that one may give to a personal token, each with a sentence, and for how long."""
    chosen = [ScopeRead(name=scope, sentence=sentence_of(scope)) for scope in delegable(work.actor.role)]
    return TokenOptions(scopes=chosen, longest_days=app.settings.auth.token_ttl_s // 86_400)


@tokens.delete(
    "/me/tokens/{token_id}",
    operation_id="revokeToken",
    status_code=204,
    responses=problems(Unauthorized, NotFound),
    dependencies=[Security(get_actor, scopes=["security"])],
)
async def revoke_token(token_id: TokenId, work: InWork) -> Response:
    """End a personal token; it is refused everywhere within five seconds."""
    await service.revoke(work, token_id)
    return Response(status_code=204)


@lost.post("/auth/tokens/revoke", operation_id="giveUpToken", status_code=204)
async def give_up_token(body: TokenRevoke, work: InWork) -> Response:
    """End the personal token that is shown, by whoever has it; for what is no token the answer is the same."""
    await service.give_up(work, body.token.get_secret_value())
    return Response(status_code=204)


async def signed_report(request: Request, keys: Annotated[ReportKeys, Depends(port_of(ReportKeys))]) -> None:
    """Refuse a report unless reports are taken, and it is signed by somebody who may make one."""
    if not keys.are_any:
        raise NotFound
    keys.check(
        await request.body(),
        identifier=request.headers.get("github-public-key-identifier", ""),
        signature=request.headers.get("github-public-key-signature", ""),
    )


@lost.post(
    "/token-leaks",
    operation_id="reportTokenLeaks",
    response_model=list[TokenLeakVerdict],
    responses=problems(UnsignedReport, NotFound),
    dependencies=[Depends(signed_report)],
    openapi_extra={"x-idempotent": False},
    # Its form is the reporters' and no client of ours calls it.
    include_in_schema=False,
)
async def report_token_leaks(
    body: Annotated[list[TokenLeak], Field(max_length=MOST_LEAKS)], work: InWork
) -> list[TokenLeakVerdict]:
    """Take a signed report of tokens found in public: those that are ours are ended, and their owners told.

    In the shape of GitHub's secret scanning partner programme: `Github-Public-Key-Identifier` names the key and
    `Github-Public-Key-Signature` is its signature over the body. Where no keys are set, there is no such route.
    """
    verdicts = []
    for found in body:
        secret = found.token.get_secret_value()
        ours = await service.leaked(work, secret, url=found.url or "")
        label = "true_positive" if ours else "false_positive"
        digest = hashlib.sha256(secret.encode()).hexdigest()
        verdicts.append(TokenLeakVerdict(token_hash=digest, token_type=found.type, label=label))
    return verdicts


def _read(token: PersonalToken) -> PersonalTokenRead:
    return PersonalTokenRead(
        id=token.id,
        name=token.name,
        scopes=token.scopes.split(),
        networks=token.networks.split(),
        created_at=token.created_at,
        expires_at=token.expires_at,
        last_used_at=token.last_used_at,
    )
