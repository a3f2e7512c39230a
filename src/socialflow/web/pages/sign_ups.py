"""Coming in: what a sign-up is asked beside the usual, terms that have changed, and staff's pages about both."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query
from starlette.responses import Response

from socialflow.web.api_client import ApiProblem, Json
from socialflow.web.context import InWeb, ItemId, Web
from socialflow.web.security import safe_next

router = APIRouter()
PAGE_SIZE = 30
UNPROCESSABLE, CONFLICT = 422, 409
EXTRAS = ("invite", "birth_date", "accept_terms")

Cursor = Annotated[str | None, Query(max_length=600)]


def sign_up_extras(form: Mapping[str, str]) -> Json:
    """What a sign-up form holds where the installation asks for it."""
    given = {name: form[name].strip() for name in EXTRAS if form.get(name, "").strip()}
    reason = form.get("reason", "").replace("\r\n", "\n").strip()
    return given | ({"reason": reason} if reason else {})


def after_entering(web: Web, next_path: str) -> str:
    """Where one goes after a log-in: by way of the terms, where there are any."""
    if web.site.settings.sign_up.terms_version is None:
        return next_path
    return f"/terms/accept?next={quote(next_path, safe='/')}"


@router.get("/terms/accept")
async def terms(web: InWeb, next: str = "/") -> Response:  # noqa: A002  # the parameter is called so in the address
    """Ask for the terms in force, if they have not been accepted yet."""
    web.known()
    consents = await web.api.get("/me/consents")
    if not consents["due"]:
        return web.go(safe_next(next))
    return web.html("terms.html", due=consents["due"][0], next=safe_next(next), given=consents["given"])


@router.post("/terms/accept")
async def accept_terms(web: InWeb) -> Response:
    """Accept them."""
    form = await web.form()
    web.known()
    await web.send("POST", "/me/consents", form, {"document": "terms", "version": form.get("version", "")})
    return web.go(safe_next(form.get("next")))


@router.get("/admin/sign-ups")
async def sign_ups(web: InWeb, decision: str = "", cursor: Cursor = None) -> Response:
    """Who waits, or how it was decided."""
    web.known()
    chosen = decision if decision in {"approved", "rejected"} else None
    body = await web.api.get("/admin/sign-ups", decision=chosen, limit=PAGE_SIZE, cursor=cursor)
    more = {"cursor": body["next_cursor"], **({"decision": chosen} if chosen else {})}
    return web.html(
        "sign_ups_admin.html",
        sign_ups=body["items"],
        decision=chosen,
        more=f"/admin/sign-ups?{urlencode(more)}" if body["next_cursor"] else None,
    )


@router.post("/admin/sign-ups/{account_id}")
async def decide(web: InWeb, account_id: ItemId) -> Response:
    """Let somebody in, or turn them away."""
    form = await web.form()
    web.known()
    if form.get("deed") == "approve":
        await web.send("POST", f"/admin/sign-ups/{account_id}/approve", form)
    else:
        reason = form.get("reason", "").replace("\r\n", "\n").strip()
        await web.send("POST", f"/admin/sign-ups/{account_id}/reject", form, {"reason": reason})
    return web.go("/admin/sign-ups")


def with_ends(invites: list[Json]) -> list[Json]:
    """Invites, each with `over`: why it lets nobody in any more, or nothing."""
    now = datetime.now(UTC)
    return [each | {"over": _end_of(each, now)} for each in invites]


def _end_of(invite: Json, now: datetime) -> str:
    if invite["revoked_at"]:
        return "Revoked"
    if invite["uses"] >= invite["max_uses"]:
        return "Used up"
    return "Expired" if datetime.fromisoformat(invite["expires_at"]) <= now else ""


@router.get("/admin/invites")
async def invites(web: InWeb, cursor: Cursor = None) -> Response:
    """Everybody's invites, and a form for new ones."""
    return await _invites(web, cursor=cursor)


async def _invites(
    web: Web,
    *,
    cursor: str | None = None,
    made: Json | None = None,
    form: Mapping[str, str] | None = None,
    problem: ApiProblem | None = None,
) -> Response:
    web.known()
    body = await web.api.get("/admin/invites", limit=PAGE_SIZE, cursor=cursor)
    faults = problem.by_field() if problem else {}
    return web.html(
        "invites_admin.html",
        status=problem.status if problem else 200,
        invites=with_ends(body["items"]),
        made=made,
        form=form or {},
        faults=faults,
        fault=problem.detail if problem and not faults else "",
        more=f"/admin/invites?{urlencode({'cursor': body['next_cursor']})}" if body["next_cursor"] else None,
    )


@router.post("/admin/invites")
async def make_invite(web: InWeb) -> Response:
    """Make an invite; its link is on the page that answers, and nowhere else."""
    form = await web.form()
    web.known()
    sent: Json = {"note": form.get("note", "").strip()}
    for name in ("max_uses", "days"):
        if form.get(name, "").strip():
            sent[name] = int(form[name]) if form[name].strip().isdecimal() else form[name]
    if form.get("email", "").strip():
        sent["email"] = form["email"].strip()
    try:
        made = await web.send("POST", "/admin/invites", form, sent)
    except ApiProblem as problem:
        if problem.status != UNPROCESSABLE:
            raise
        return await _invites(web, form=form, problem=problem)
    return await _invites(web, made=made)


@router.post("/admin/invites/{invite_id}")
async def revoke_invite(web: InWeb, invite_id: ItemId) -> Response:
    """End an invite."""
    form = await web.form()
    web.known()
    await web.send("DELETE", f"/admin/invites/{invite_id}", form)
    return web.go("/admin/invites")
