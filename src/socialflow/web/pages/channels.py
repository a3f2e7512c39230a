"""Settings: one's channels. Which one is used, new ones, renaming, deleting, and invitations to others'."""

import re
from urllib.parse import urlsplit

from fastapi import APIRouter
from starlette.responses import Response

from socialflow.web.api_client import ApiProblem, Json
from socialflow.web.context import MOST_CHANNELS, InWeb, ItemId, Web, together

router = APIRouter()
HERE = "/settings/channels"
REFUSED = {403, 404, 409, 422}
# What is told after something was done; nothing that an address says is shown as it stands.
SAID = {
    "made": "The channel is there, and is the one that you use now.",
    "renamed": "The channel has another handle. The former one leads to it for a while.",
    "deleted": "The channel is deleted.",
    "joined": "You are on the team.",
    "left": "You are on that team no more.",
}
_LOCAL = re.compile(r"/(?![/\\])[^\s]*")


@router.get(HERE)
async def channels(web: InWeb, done: str = "") -> Response:
    """All of them, and who asks one to work for them."""
    return await _page(web, {}, None, said=SAID.get(done, ""))


@router.post(HERE)
async def create(web: InWeb) -> Response:
    """Make another channel, and use it."""
    form = await web.form()
    web.known()
    body = {name: form.get(name, "").strip() for name in ("handle", "display_name")}
    try:
        made = await web.send("POST", "/channels", form, {**body, "handle": body["handle"].removeprefix("@")})
    except ApiProblem as problem:
        if problem.status not in REFUSED:
            raise
        return await _page(web, form, problem)
    web.use_channel(str(made["id"]))
    return web.go(f"{HERE}?done=made")


@router.post("/settings/channels/{channel_id}/use")
async def use(web: InWeb, channel_id: ItemId) -> Response:
    """Use the site as this channel from now on."""
    form = await web.form()
    web.known()
    # That there is such a channel of theirs is looked up with every page.
    web.use_channel(channel_id)
    following = form.get("next", "")
    return web.go(following if _LOCAL.fullmatch(following) and not urlsplit(following).netloc else HERE)


@router.post("/settings/channels/{channel_id}/handle")
async def rename(web: InWeb, channel_id: ItemId) -> Response:
    """Give a channel another handle."""
    form = await web.form()
    web.known()
    handle = form.get("new_handle", "").strip().removeprefix("@")
    try:
        await web.send("PUT", f"/channels/{channel_id}/handle", form, {"handle": handle})
    except ApiProblem as problem:
        if problem.status not in REFUSED:
            raise
        return await _page(web, form, problem, renaming=channel_id)
    return web.go(f"{HERE}?done=renamed")


@router.post("/settings/channels/{channel_id}/delete")
async def delete(web: InWeb, channel_id: ItemId) -> Response:
    """Delete a channel whose handle was typed: nobody does so by a slip of the finger."""
    form = await web.form()
    web.known()
    found = await web.api.get(f"/channels/{channel_id}")
    typed = form.get("typed", "").strip().removeprefix("@").lower()
    try:
        if typed != found["handle"]:
            raise ApiProblem(422, {"code": "handle_differs", "detail": f"Type @{found['handle']} to delete it."})
        await web.send("DELETE", f"/channels/{channel_id}", form)
    except ApiProblem as problem:
        if problem.status not in REFUSED:
            raise
        return await _page(web, form, problem, deleting=channel_id)
    return web.go(f"{HERE}?done=deleted")


@router.post("/settings/channels/{channel_id}/accept")
async def accept(web: InWeb, channel_id: ItemId) -> Response:
    """Say yes to working for a channel."""
    form = await web.form()
    web.known()
    await web.send("PUT", f"/me/collaborations/{channel_id}", form)
    return web.go(f"{HERE}?done=joined")


@router.post("/settings/channels/{channel_id}/leave")
async def leave(web: InWeb, channel_id: ItemId) -> Response:
    """Say no, or work for a channel no more."""
    form = await web.form()
    web.known()
    await web.send("DELETE", f"/me/collaborations/{channel_id}", form)
    return web.go(f"{HERE}?done=left")


async def _page(
    web: Web,
    form: dict[str, str],
    problem: ApiProblem | None,
    *,
    renaming: str = "",
    deleting: str = "",
    said: str = "",
) -> Response:
    web.known()
    mine, asked = await together(
        web.api.get("/me/channels", limit=MOST_CHANNELS), web.api.get("/me/collaborations", limit=MOST_CHANNELS)
    )
    faults = problem.by_field() if problem else {}
    return web.html(
        "settings_channels.html",
        status=problem.status if problem else 200,
        channels=mine["items"],
        invitations=asked["items"],
        form=form,
        faults={} if renaming or deleting else faults,
        fault=_fault(problem, faults),
        renaming=renaming,
        deleting=deleting,
        making=problem is not None and not (renaming or deleting),
        said=said,
    )


def _fault(problem: ApiProblem | None, faults: Json) -> str:
    return next(iter(faults.values()), problem.detail) if problem else ""
