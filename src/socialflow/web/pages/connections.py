"""Settings: by whom else one may log in."""

from fastapi import APIRouter
from starlette.responses import Response

from socialflow.web.api_client import ApiProblem
from socialflow.web.context import InWeb, ItemId, Web
from socialflow.web.pages.federation import CONNECTIONS, LINK, Away, Key, leave

router = APIRouter()
CONFLICT = 409


@router.get(CONNECTIONS)
async def connections(web: InWeb, added: str = "", removed: str = "", cursor: str | None = None) -> Response:
    """The connections, and who else may be added."""
    return await _page(web, said=added or removed, gone=bool(removed), cursor=cursor)


@router.post(CONNECTIONS + "/{connection_id}/remove")
async def remove(web: InWeb, connection_id: ItemId) -> Response:
    """Take a connection away."""
    form = await web.form()
    web.known()
    try:
        await web.send("DELETE", f"/me/connections/{connection_id}", form)
    except ApiProblem as problem:
        if problem.status != CONFLICT:
            raise
        return await _page(web, problem=problem)
    return web.go(f"{CONNECTIONS}?removed=1")


@router.post(CONNECTIONS + "/with/{key}")
async def add(web: InWeb, key: Key) -> Response:
    """Send the browser to a provider in order to connect it."""
    form = await web.form()
    web.known()
    begun = await web.send("POST", f"/me/connections/{key}/start", form, {})
    return leave(web, begun, Away(LINK, key, str(begun["transaction"]), CONNECTIONS))


async def _page(
    web: Web, *, said: str = "", gone: bool = False, cursor: str | None = None, problem: ApiProblem | None = None
) -> Response:
    web.known()
    page = await web.api.get("/me/connections", cursor=cursor)
    present = {each["provider"] for each in page["items"]}
    names = {each.key: each.name for each in web.site.providers}
    return web.html(
        "connections.html",
        status=problem.status if problem else 200,
        page=page,
        others=[each for each in web.site.providers if each.key not in present],
        said=names.get(said, "" if not gone else said),
        gone=gone,
        fault=problem.detail if problem else "",
    )
