"""Settings of the account: address, password, language of mails."""

from typing import Annotated
from urllib.parse import urlencode

from babel import Locale, UnknownLocaleError
from fastapi import APIRouter, Query
from starlette.responses import Response

from socialflow.web.api_client import ApiProblem, Json
from socialflow.web.context import InWeb, ItemId, Web, together
from socialflow.web.pages.sign_ups import with_ends

router = APIRouter()
PAGE = "/settings/account"
# What is said on the page itself; everything else has a page of its own.
SAID_HERE = {409, 422, 429}
# Answers to those who may not invite: they are shown nothing of it.
HIDDEN = {403, 404}
INVITES = 10
Cursor = Annotated[str | None, Query(max_length=600)]


def _name_of(tag: str) -> str:
    """A language by its own name."""
    try:
        return Locale.parse(tag, sep="-").get_display_name() or tag
    except (UnknownLocaleError, ValueError):
        return tag


async def _invites(web: Web, cursor: str | None) -> Json:
    try:
        found = await web.api.get("/me/invites", limit=INVITES, cursor=cursor)
    except ApiProblem as problem:
        if problem.status not in HIDDEN:
            raise
        return {"may_invite": False}
    more = f"{PAGE}?{urlencode({'cursor': found['next_cursor']})}#invites" if found["next_cursor"] else None
    return {"may_invite": True, "invites": with_ends(found["items"]), "more": more}


async def _page(
    web: Web,
    problem: ApiProblem | None = None,
    *,
    saved: str = "",
    email: str = "",
    made: Json | None = None,
    cursor: str | None = None,
) -> Response:
    user = web.known().user
    instance, invites = await together(web.api.get("/instance"), _invites(web, cursor))
    offered = instance["languages"]
    spoken = user["language"] if user["language"] in offered else user["language"].partition("-")[0]
    faults = problem.by_field() if problem else {}
    return web.html(
        "account.html",
        status=problem.status if problem else 200,
        user=user,
        languages=[(tag, _name_of(tag)) for tag in offered],
        language=spoken if spoken in offered else "en",
        faults=faults,
        fault=problem.detail if problem and not faults else "",
        saved=saved,
        email=email,
        made=made,
        **invites,
    )


async def _send(web: Web, method: str, path: str, saved: str, *fields: str) -> Response:
    """Change something, with these fields of the form."""
    web.known()
    form = await web.form()
    sent = {field: form[field] for field in fields if form.get(field)}
    try:
        await web.send(method, path, form, sent or None)
    except ApiProblem as problem:
        if problem.status not in SAID_HERE:
            raise
        return await _page(web, problem, email=form.get("email", ""))
    return web.go(f"{PAGE}?saved={saved}")


@router.get(PAGE)
async def account(web: InWeb, saved: str = "", cursor: Cursor = None) -> Response:
    """Everything on one page; `saved` tells what has just been, `cursor` leads to older invites."""
    return await _page(web, saved=saved, cursor=cursor)


@router.post(f"{PAGE}/invites")
async def make_invite(web: InWeb) -> Response:
    """Make an invite; its link is on the page that answers, and nowhere else."""
    web.known()
    form = await web.form()
    try:
        made = await web.send("POST", "/me/invites", form, {"note": form.get("note", "").strip()})
    except ApiProblem as problem:
        if problem.status not in SAID_HERE:
            raise
        return await _page(web, problem)
    return await _page(web, made=made)


@router.post(f"{PAGE}/invites/{{invite_id}}")
async def revoke_invite(web: InWeb, invite_id: ItemId) -> Response:
    """End an invite of one's own."""
    web.known()
    form = await web.form()
    await web.send("DELETE", f"/me/invites/{invite_id}", form)
    return web.go(f"{PAGE}#invites")


@router.post(f"{PAGE}/email")
async def change_email(web: InWeb) -> Response:
    """Wish for another address."""
    return await _send(web, "POST", "/me/email", "email", "email")


@router.post(f"{PAGE}/email/forget")
async def forget_email(web: InWeb) -> Response:
    """Keep the present one after all."""
    return await _send(web, "DELETE", "/me/email/pending", "kept")


@router.post(f"{PAGE}/email/verification")
async def ask_verification(web: InWeb) -> Response:
    """Have another link sent."""
    return await _send(web, "POST", "/me/email/verification", "link")


@router.post(f"{PAGE}/password")
async def change_password(web: InWeb) -> Response:
    """Choose another password; the API hands this browser a new cookie."""
    return await _send(web, "POST", "/me/password", "password", "current_password", "new_password")


@router.post(f"{PAGE}/language")
async def change_language(web: InWeb) -> Response:
    """Choose the language of mails."""
    return await _send(web, "PATCH", "/me", "language", "language")
