"""A channel: who it is and what it has published."""

import re
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.responses import Response

from socialflow.web import outside
from socialflow.web.api_client import ApiProblem, Json
from socialflow.web.context import Handle, InWeb, ItemId, Web

router = APIRouter()
PAGE_SIZE = 24


@router.get("/@{handle}")
async def channel(web: InWeb, handle: Handle, cursor: str | None = None) -> Response:
    """A channel by its handle, or where it is if that was its handle until lately."""
    found = await web.api.get(f"/channels/@{handle}")
    if found["handle"] != handle.lower():
        return web.go(f"/@{found['handle']}")
    body = await web.api.get("/videos", channel_id=str(found["id"]), limit=PAGE_SIZE, cursor=cursor)
    next_cursor = body.get("next_cursor")
    next_url = f"{web.request.url.path}?{urlencode({'cursor': next_cursor})}" if next_cursor else None
    if web.is_htmx:
        return web.html("parts/card_page.html", videos=body["items"], next_url=next_url, show_channel=False)

    pins = [] if cursor else (await web.api.get(f"/channels/{found['id']}/pins"))["items"]
    top = await head(web, found)
    return web.html("channel.html", videos=body["items"], next_url=next_url, pins=pins, **top)


@router.get("/@{handle}/about")
async def about(web: InWeb, handle: Handle) -> Response:
    """What a channel says of itself, and where else it can be found."""
    found = await web.api.get(f"/channels/@{handle}")
    if found["handle"] != handle.lower():
        return web.go(f"/@{found['handle']}/about")
    return web.html("channel_about.html", **await head(web, found, "about"))


@router.post("/@{handle}/verification")
async def vouch(web: InWeb, handle: Handle) -> Response:
    """Staff vouch for a channel, or do so no more."""
    form = await web.form()
    web.known()
    where = f"/admin/channels/@{handle}/verification"
    if form.get("on") == "1":
        await web.send("PUT", where, form, {"reason": form.get("reason", "").strip() or "By its page"})
    else:
        await web.send("DELETE", where, form)
    return web.go(f"/@{handle}/about")


@router.post("/pins/{subject_id}")
async def pin(web: InWeb, subject_id: ItemId) -> Response:
    """Let a video or a post stand first on its channel's page, or no more; the latest stands first of all."""
    form = await web.form()
    web.known()
    channel_id = form.get("channel_id", "")
    if not re.fullmatch(r"chn_[0-9a-z]{26}", channel_id):
        raise ApiProblem(404, {"code": "not_found"})
    found = await web.api.get(f"/channels/{channel_id}")
    kept = await web.api.get(f"/channels/{channel_id}/pins")
    others = [each for each in map(_subject_of, kept["items"]) if each != subject_id]
    wanted = [subject_id, *others] if form.get("on") == "1" else others
    await web.send("PUT", f"/channels/{channel_id}/pins", form, {"subject_ids": wanted})
    return web.go(f"/@{found['handle']}")


def _subject_of(pinned: Json) -> str:
    return str((pinned["video"] or pinned["post"])["id"])


async def head(web: Web, found: Json, kind: str = "videos") -> Json:
    """What the head of each of a channel's pages is made of."""
    relation = await _relation(web, str(found["id"]))
    viewer = web.viewer
    return {
        "channel": found,
        "following": bool(relation.get("following") or relation.get("requested")),
        "requested": bool(relation.get("requested")),
        "mine": viewer is not None and viewer.runs(found["id"]),
        "vouches": viewer is not None and "channels:verify" in viewer.user["permissions"],
        "outside": outside.of_channel(web, found, kind),
    }


async def _relation(web: Web, channel_id: str) -> Json:
    """How the viewer stands to the channel; nothing is known of nobody."""
    if web.viewer is None:
        return {}
    found = (await web.api.get("/me/relations", channel_ids=channel_id))["relations"]
    return found[0] if found else {}
