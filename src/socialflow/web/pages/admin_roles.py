"""Admin: roles, what they permit and how much they give."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from socialflow.web.api_client import ApiProblem, Json
from socialflow.web.context import InWeb, Web
from socialflow.web.pages.admin import is_ours

router = APIRouter()
GIB = 1024**3
NEW: Json = {
    "name": "",
    "title": "",
    "built_in": False,
    "permissions": [],
    "quota_bytes": None,
    "most_channels": None,
    "rate": 1.0,
    "may_upload": True,
    "may_go_live": True,
    "may_invite": False,
    "holders": 0,
}
ALLOWANCES = {"may_upload": "Upload", "may_go_live": "Go live (without effect so far)", "may_invite": "Invite people"}
RoleRef = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{1,29}$")]


def number(text: str) -> float | str:
    """A number of a form; what is none goes on as it is, for the API to say so."""
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return text


def sent(form: dict[str, str]) -> Json:
    """What a role's form says. Check boxes stand under names of their own, one for each permission."""
    quota, most = form.get("quota_gib", "").strip(), form.get("most_channels", "").strip()
    gib = number(quota)
    return {
        "title": form.get("title", "").strip(),
        "permissions": [name.removeprefix("permission:") for name in form if name.startswith("permission:")],
        "quota_bytes": (round(gib * GIB) if isinstance(gib, float) else gib) if quota else None,
        "most_channels": (int(most) if most.isascii() and most.isdecimal() else most) if most else None,
        "rate": number(form.get("rate", "1")),
        **{name: name in form for name in ALLOWANCES},
    }


@router.get("/admin/roles")
async def roles(web: InWeb) -> Response:
    """Every role."""
    web.known()
    body = await web.api.get("/admin/roles")
    return web.html("admin_roles.html", roles=body["items"], allowances=ALLOWANCES)


@router.get("/admin/roles/-/new")
async def new(web: InWeb) -> Response:
    """The form of a role that is not there yet."""
    return await _form(web, NEW, None)


@router.post("/admin/roles/-/new")
async def create(web: InWeb) -> Response:
    """Make a role."""
    form = await web.form()
    body = {"name": form.get("name", "").strip(), **sent(form)}
    try:
        await web.send("POST", "/admin/roles", form, body)
    except ApiProblem as problem:
        if not is_ours(problem):
            raise
        return await _form(web, {**NEW, **body}, problem)
    return web.go("/admin/roles")


@router.get("/admin/roles/{name}")
async def edit(web: InWeb, name: RoleRef) -> Response:
    """The form of a role."""
    web.known()
    return await _form(web, await web.api.get(f"/admin/roles/{name}"), None)


@router.post("/admin/roles/{name}")
async def save(web: InWeb, name: RoleRef) -> Response:
    """Change a role."""
    form = await web.form()
    role, body = await web.api.get(f"/admin/roles/{name}"), sent(form)
    if role["built_in"] and role["name"] in {"admin", "user"}:
        # What is fixed of them is shown, and not sent.
        body.pop("permissions")
    if role["name"] == "admin":
        body = {key: value for key, value in body.items() if key not in ALLOWANCES}
    try:
        await web.send("PATCH", f"/admin/roles/{name}", form, body)
    except ApiProblem as problem:
        if not is_ours(problem):
            raise
        return await _form(web, {**role, **body}, problem)
    return web.go("/admin/roles")


@router.post("/admin/roles/{name}/delete")
async def delete(web: InWeb, name: RoleRef) -> Response:
    """Delete a role that nobody has."""
    form = await web.form()
    try:
        await web.send("DELETE", f"/admin/roles/{name}", form)
    except ApiProblem as problem:
        if not is_ours(problem):
            raise
        return await _form(web, await web.api.get(f"/admin/roles/{name}"), problem)
    return web.go("/admin/roles")


async def _form(web: Web, role: Json, problem: ApiProblem | None) -> Response:
    viewer = web.known()
    catalogue = await web.api.get("/admin/permissions")
    faults = problem.by_field() if problem else {}
    quota = role["quota_bytes"]
    return web.html(
        "admin_role.html",
        status=problem.status if problem else 200,
        role=role,
        quota_gib=f"{quota / GIB:g}" if isinstance(quota, int) else quota or "",
        catalogue=catalogue["items"],
        held=set(viewer.user["permissions"]),
        allowances=ALLOWANCES,
        faults=faults,
        fault=problem.detail if problem and not faults else "",
    )
