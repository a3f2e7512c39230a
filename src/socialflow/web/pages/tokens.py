"""Settings: personal tokens, made, shown once, listed and revoked."""

from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from socialflow.web.api_client import ApiProblem, Json
from socialflow.web.context import InWeb, ItemId, Web

router = APIRouter()
PAGE_SIZE = 50
SCOPE = "scope:"
DAYS = (7, 30, 90, 365)
USUAL_DAYS = "30"
UNPROCESSABLE, CONFLICT = 422, 409
# Where the API's own word for a member is not the form's.
FIELDS = {"expires_at": "days"}


@router.get("/settings/tokens")
async def tokens(web: InWeb, cursor: str | None = None, revoked: str = "") -> Response:
    """The list and the form."""
    return await _page(web, cursor=cursor, said="That token has been revoked." if revoked else "")


async def _page(
    web: Web,
    form: dict[str, str] | None = None,
    problem: ApiProblem | None = None,
    *,
    cursor: str | None = None,
    said: str = "",
    fresh: Json | None = None,
) -> Response:
    web.known()
    options = await web.api.get("/me/token-options")
    listed = await web.api.get("/me/tokens", limit=PAGE_SIZE, cursor=cursor)
    faults = {_field(fault.pointer): fault.detail for fault in problem.faults} if problem else {}
    shown: dict[str, Any] = {"name": "", "networks": "", "days": USUAL_DAYS, **(form or {})}
    return web.html(
        "tokens.html",
        status=problem.status if problem else 200,
        scopes=options["scopes"],
        days=[days for days in DAYS if days <= options["longest_days"]] or [options["longest_days"]],
        entries=listed["items"],
        next_cursor=listed["next_cursor"],
        form=shown,
        faults=faults,
        fault=problem.detail if problem and not faults else "",
        said=said,
        fresh=fresh,
    )


def _field(pointer: str) -> str:
    """The form's field for a fault: of one range among several the field of all."""
    name = next((step for step in reversed(pointer.split("/")) if step and not step.isdecimal()), "")
    return FIELDS.get(name, name)


@router.post("/settings/tokens")
async def create(web: InWeb) -> Response:
    """Make a token and show it: on this page, which nobody keeps, and never again."""
    form = await web.form()
    web.known()
    days = form.get("days", "")
    if not (days.isascii() and days.isdecimal() and len(days) < 5):
        days = USUAL_DAYS
    sent: Json = {
        "name": form.get("name", "").strip(),
        "scopes": [name.removeprefix(SCOPE) for name in form if name.startswith(SCOPE)],
        "networks": form.get("networks", "").replace(",", " ").split(),
        "expires_at": (datetime.now(UTC) + timedelta(days=int(days))).isoformat(),
    }
    try:
        fresh = await web.send("POST", "/me/tokens", form, sent)
    except ApiProblem as problem:
        if problem.status not in {UNPROCESSABLE, CONFLICT}:
            raise
        return await _page(web, form, problem)
    return await _page(web, fresh=fresh)


@router.post("/settings/tokens/{token_id}/revoke")
async def revoke(web: InWeb, token_id: ItemId) -> Response:
    """End a token."""
    form = await web.form()
    web.known()
    await web.send("DELETE", f"/me/tokens/{token_id}", form)
    return web.go("/settings/tokens?revoked=1")
