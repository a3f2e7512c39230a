"""Admin: accounts, what staff do to them, and the audit log."""

from datetime import UTC, datetime, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Path
from starlette.responses import Response

from socialflow.web.api_client import ApiProblem, Json
from socialflow.web.context import InWeb, Web, together

router = APIRouter()
PAGE_SIZE = 30
UNAUTHORIZED, NOT_FOUND, SERVER_ERROR = 401, 404, 500
STATES = [(state, state.capitalize()) for state in ("active", "pending", "suspended", "leaving", "erased")]
# Days that a suspension may last, and how that is said; none is until somebody takes it back.
LENGTHS = {"": "until taken back", "1": "for a day", "7": "for a week", "30": "for 30 days", "365": "for a year"}
DONE = {
    "suspended": "Suspended. Every session has ended, and a mail is on its way.",
    "restored": "May log in again; a mail is on its way.",
    "signed-out": "Signed out everywhere.",
    "factors": "Second factors were taken away. They log in anew, and a mail is on its way.",
    "role": "The role was changed; they log in anew.",
}
# What each section of admin asks for first, as its routes do.
SECTIONS = {
    "/admin/accounts": "accounts:view",
    "/admin/sign-ups": "accounts:manage",
    "/admin/apps": "apps:manage",
    "/admin/media": "jobs:manage",
    "/admin/audit": "audit:view",
}
AccountRef = Annotated[str, Path(pattern=r"^acc_[0-9a-z]{26}$")]
# What of the address of a list goes on to the API, where it says something.
Filter = str | None


def kept(**filters: Filter) -> dict[str, str]:
    """The filters that were filled in."""
    return {name: value.strip() for name, value in filters.items() if value and value.strip()}


def further(path: str, filters: dict[str, str], cursor: str | None) -> str | None:
    """Address of the next page."""
    return f"{path}?{urlencode({**filters, 'cursor': cursor})}" if cursor else None


def is_ours(problem: ApiProblem) -> bool:
    """Whether a refusal is said beside the form, rather than on a page of its own."""
    return problem.status < SERVER_ERROR and problem.status not in {UNAUTHORIZED, NOT_FOUND}


@router.get("/admin")
async def entrance(web: InWeb) -> Response:
    """To the first section that the viewer may open."""
    permissions = web.known().user["permissions"]
    opened = [path for path, permission in SECTIONS.items() if permission in permissions]
    return web.go(opened[0] if opened else "/admin/accounts")


@router.get("/admin/accounts")
async def accounts(
    web: InWeb, q: Filter = None, role: Filter = None, state: Filter = None, cursor: Filter = None
) -> Response:
    """Accounts by the beginning of their name, their role or their state."""
    web.known()
    filters = kept(q=q, role=role, state=state)
    body = await web.api.get("/admin/accounts", limit=PAGE_SIZE, cursor=cursor, **filters)
    next_url = further("/admin/accounts", filters, body["next_cursor"])
    if web.is_htmx:
        return web.html("parts/admin_accounts_page.html", accounts=body["items"], next_url=next_url)
    return web.html(
        "admin_accounts.html",
        accounts=body["items"],
        next_url=next_url,
        filters=filters,
        roles=await _roles(web),
        states=STATES,
    )


@router.get("/admin/accounts/{account_id}")
async def account(web: InWeb, account_id: AccountRef, done: str = "") -> Response:
    """One account and what may be done to it."""
    return await _account(web, account_id, None, done=DONE.get(done, ""))


async def _account(web: Web, account_id: str, problem: ApiProblem | None, *, done: str = "") -> Response:
    web.known()
    found, roles = await together(web.api.get(f"/admin/accounts/{account_id}"), _roles(web))
    return web.html(
        "admin_account.html",
        status=problem.status if problem else 200,
        account=found,
        roles=roles,
        lengths=LENGTHS,
        fault=problem.detail if problem else "",
        done=done,
    )


async def _do(
    web: Web, account_id: str, form: dict[str, str], ask: tuple[str, str, Json | None], done: str
) -> Response:
    method, what, body = ask
    try:
        await web.send(method, f"/admin/accounts/{account_id}/{what}", form, body)
    except ApiProblem as problem:
        if not is_ours(problem):
            raise
        return await _account(web, account_id, problem)
    return web.go(f"/admin/accounts/{account_id}?done={done}")


@router.post("/admin/accounts/{account_id}/suspend")
async def suspend(web: InWeb, account_id: AccountRef) -> Response:
    """Keep somebody out."""
    form = await web.form()
    days = form.get("days", "")
    until = datetime.now(UTC) + timedelta(days=int(days)) if days in LENGTHS and days else None
    body = {"reason": form.get("reason", "").strip(), "until": until.isoformat() if until else None}
    return await _do(web, account_id, form, ("PUT", "suspension", body), "suspended")


@router.post("/admin/accounts/{account_id}/unsuspend")
async def unsuspend(web: InWeb, account_id: AccountRef) -> Response:
    """Let somebody in again."""
    return await _do(web, account_id, await web.form(), ("DELETE", "suspension", None), "restored")


@router.post("/admin/accounts/{account_id}/sign-out")
async def sign_out(web: InWeb, account_id: AccountRef) -> Response:
    """End somebody's sessions."""
    return await _do(web, account_id, await web.form(), ("DELETE", "sessions", None), "signed-out")


@router.post("/admin/accounts/{account_id}/reset-factors")
async def reset_factors(web: InWeb, account_id: AccountRef) -> Response:
    """Take somebody's second factors away."""
    return await _do(web, account_id, await web.form(), ("DELETE", "factors", None), "factors")


@router.post("/admin/accounts/{account_id}/role")
async def change_role(web: InWeb, account_id: AccountRef) -> Response:
    """Give somebody another role."""
    form = await web.form()
    return await _do(web, account_id, form, ("PUT", "role", {"role": form.get("role", "")}), "role")


@router.get("/admin/audit")
async def audit(
    web: InWeb,
    account_id: Filter = None,
    actor_id: Filter = None,
    tag: Filter = None,
    since: Filter = None,
    cursor: Filter = None,
) -> Response:
    """The audit log, the latest first."""
    web.known()
    filters = kept(account_id=account_id, actor_id=actor_id, tag=tag, since=since)
    asked = dict(filters)
    if "since" in asked:
        # The field of a form knows days, and no time zones.
        asked["since"] = f"{asked['since']}T00:00:00Z"
    try:
        body = await web.api.get("/admin/audit", limit=PAGE_SIZE, cursor=cursor, **asked)
        fault = ""
    except ApiProblem as problem:
        if not problem.faults:
            raise
        body, fault = {"items": [], "next_cursor": None}, "Nothing can be looked up by that."
    next_url = further("/admin/audit", filters, body["next_cursor"])
    if web.is_htmx:
        return web.html("parts/admin_audit_page.html", events=body["items"], next_url=next_url)
    return web.html("admin_audit.html", events=body["items"], next_url=next_url, filters=filters, fault=fault)


async def _roles(web: Web) -> list[tuple[str, str]]:
    """Name and title of every role, to choose from."""
    body = await web.api.get("/admin/roles")
    return [(role["name"], role["title"]) for role in body["items"]]
