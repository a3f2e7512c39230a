"""Settings: apps that one has let in, and apps that one has made."""

from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.responses import Response

from socialflow.web.api_client import ApiProblem, Json
from socialflow.web.context import InWeb, ItemId, Web, together

router = APIRouter()
PAGE_SIZE = 50
CONFLICT, UNPROCESSABLE = 409, 422
# A secret stands on the page that answers, and nowhere after it.
ONCE = {"Cache-Control": "no-store"}


@router.get("/settings/apps")
async def apps(web: InWeb, cursor: str | None = None, own_cursor: str | None = None, said: str = "") -> Response:
    """Both lists; `said` tells what has just been done."""
    web.known()
    allowed, made = await together(
        web.api.get("/me/authorized-apps", limit=PAGE_SIZE, cursor=cursor),
        web.api.get("/me/apps", limit=PAGE_SIZE, cursor=own_cursor),
    )
    more = {"cursor": allowed["next_cursor"]} if allowed["next_cursor"] else None
    own_more = {"own_cursor": made["next_cursor"]} if made["next_cursor"] else None
    return web.html(
        "apps.html",
        allowed=allowed["items"],
        made=made["items"],
        more=f"/settings/apps?{urlencode(more)}" if more else None,
        own_more=f"/settings/apps?{urlencode(own_more)}" if own_more else None,
        said=said,
    )


@router.get("/settings/apps/new")
async def new(web: InWeb) -> Response:
    """The form for an app."""
    web.known()
    return await _form(web, {"scope:read": "1"})


@router.post("/settings/apps/new")
async def create(web: InWeb) -> Response:
    """Register an app, and show its secret."""
    form = await web.form()
    web.known()
    sent = _sent(form) | {"confidential": form.get("confidential") == "1"}
    try:
        app = await web.send("POST", "/me/apps", form, sent)
    except ApiProblem as problem:
        return await _again(web, form, problem)
    return web.html("app_secret.html", headers=ONCE, app=app, is_new=True)


@router.get("/settings/apps/{app_id}")
async def edit(web: InWeb, app_id: ItemId) -> Response:
    """The form of one app."""
    web.known()
    app = await web.api.get(f"/me/apps/{app_id}")
    return await _form(web, _shown(app), app=app)


@router.post("/settings/apps/{app_id}")
async def save(web: InWeb, app_id: ItemId) -> Response:
    """Change an app."""
    form = await web.form()
    web.known()
    try:
        await web.send("PATCH", f"/me/apps/{app_id}", form, _sent(form))
    except ApiProblem as problem:
        return await _again(web, form, problem, app_id)
    return web.go("/settings/apps?said=saved")


@router.post("/settings/apps/{app_id}/secret")
async def secret(web: InWeb, app_id: ItemId) -> Response:
    """Give an app another secret, and show it."""
    form = await web.form()
    web.known()
    app = await web.send("POST", f"/me/apps/{app_id}/secret", form)
    return web.html("app_secret.html", headers=ONCE, app=app, is_new=False)


@router.post("/settings/apps/{app_id}/delete")
async def delete(web: InWeb, app_id: ItemId) -> Response:
    """Take an app away."""
    form = await web.form()
    web.known()
    await web.send("DELETE", f"/me/apps/{app_id}", form)
    return web.go("/settings/apps?said=deleted")


@router.post("/settings/apps/{app_id}/withdraw")
async def withdraw(web: InWeb, app_id: ItemId) -> Response:
    """Let an app out."""
    form = await web.form()
    web.known()
    await web.send("DELETE", f"/me/authorized-apps/{app_id}", form)
    return web.go("/settings/apps?said=withdrawn")


def _sent(form: dict[str, str]) -> Json:
    return {
        "name": form.get("name", "").strip(),
        "website": form.get("website", "").strip(),
        "redirect_uris": form.get("redirect_uris", "").split(),
        "scopes": [name.removeprefix("scope:") for name in form if name.startswith("scope:")],
        "device_flow": form.get("device_flow") == "1",
    }


def _shown(app: Json) -> dict[str, str]:
    shown = {
        "name": app["name"],
        "website": app["website"],
        "redirect_uris": "\n".join(app["redirect_uris"]),
        "device_flow": "1" if app["device_flow"] else "",
    }
    return shown | {f"scope:{scope}": "1" for scope in app["scopes"]}


async def _again(web: Web, form: dict[str, str], problem: ApiProblem, app_id: str | None = None) -> Response:
    if problem.status not in {CONFLICT, UNPROCESSABLE}:
        raise problem
    app = await web.api.get(f"/me/apps/{app_id}") if app_id else None
    return await _form(web, form, app=app, problem=problem)


async def _form(
    web: Web, form: dict[str, Any], *, app: Json | None = None, problem: ApiProblem | None = None
) -> Response:
    scopes = await web.api.get("/me/app-scopes")
    # A fault of one line of a list stands beside the list.
    found = problem.faults if problem else ()
    faults = {fault.pointer.split("/")[1]: fault.detail for fault in found if fault.pointer.count("/")}
    return web.html(
        "app_edit.html",
        status=problem.status if problem else 200,
        app=app,
        form=form,
        scopes=scopes["items"],
        faults=faults,
        fault=problem.detail if problem and not faults else "",
    )
