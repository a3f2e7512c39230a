"""The watch page: the player, what belongs to the video, its comments, and what to watch next."""

import re
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from socialflow.web import outside
from socialflow.web.api_client import MARKS, ApiProblem, Json
from socialflow.web.context import GRANTS_COOKIE, InWeb, ItemId, Web, together
from socialflow.web.pages.care import comment_rule
from socialflow.web.pages.comments import comment_page
from socialflow.web.pages.reactions import reactions_of

router = APIRouter()
UP_NEXT = 12
QUEUED = 100
_LIST, _ITEM = (re.compile(rf"{prefix}_[0-9a-z]{{26}}") for prefix in ("ply", "itm"))
FORBIDDEN, UNPROCESSABLE, TOO_MANY = 403, 422, 429
MOST_GRANTS, KEPT_SECONDS = 10, 12 * 3_600
PLAYABLE = {"partially_playable", "ready"}


@router.get("/watch/{video_id}")
async def watch(
    web: InWeb,
    video_id: ItemId,
    sort: str | None = None,
    list: str = "",  # noqa: A002  # what addresses say
    item: str = "",
) -> Response:
    """One video, or the question for its password; with `list`, as one of a playlist."""
    try:
        video = await web.api.get(f"/videos/{video_id}")
    except ApiProblem as problem:
        if problem.code != "password_needed":
            raise
        return web.html("watch_locked.html", status=FORBIDDEN, video_id=video_id, fault="")
    channel, comments, related, chapters, own, reactions, rule, queue = await together(
        web.api.get(f"/channels/{video['channel']['id']}"),
        _comments(web, video, sort),
        web.api.get("/videos", limit=UP_NEXT + 1),
        _chapters(web, video),
        _own_player(web, str(video["id"])),
        reactions_of(web, [str(video["id"])]),
        _rule(web, str(video["id"])),
        _queue(web, str(video["id"]), list, item),
    )
    marks = await _marks(web, video)
    return web.html(
        "watch.html",
        video=video,
        channel=channel,
        following=channel["id"] in marks["followed"],
        liked=video["id"] in marks["liked"],
        disliked=video["id"] in marks["disliked"],
        reactions=reactions,
        rule=rule,
        mine=may_edit(video),
        playable=video["state"] in PLAYABLE and bool(video.get("playback")),
        up_next=[other for other in related["items"] if other["id"] != video["id"]][:UP_NEXT],
        comments=comments,
        chapters=chapters,
        queue=queue,
        outside=outside.of_video(web, video, channel, chapters),
        **own,
    )


@router.post("/watch/{video_id}/unlock")
async def unlock(web: InWeb, video_id: ItemId) -> Response:
    """Give a video's password; the browser keeps what opens it, and sends it along from then on."""
    form = await web.form()
    try:
        given = await web.send("POST", f"/videos/{video_id}/unlock", form, {"password": form.get("password", "")})
    except ApiProblem as problem:
        if problem.status not in {FORBIDDEN, TOO_MANY, UNPROCESSABLE}:
            raise
        return web.html("watch_locked.html", status=problem.status, video_id=video_id, fault=problem.detail)
    former = web.request.cookies.get(GRANTS_COOKIE, "").split(",")
    kept = ",".join([given["grant"], *(each for each in former if each)][:MOST_GRANTS])
    answer = web.go(f"/watch/{video_id}")
    secure = web.site.settings.public_url.startswith("https://")
    answer.set_cookie(GRANTS_COOKIE, kept, max_age=KEPT_SECONDS, secure=secure, httponly=True, samesite="lax")
    return answer


def may_edit(video: Json) -> bool:
    """Whether the viewer may change the video, as the API says."""
    return bool(video["permissions"] and video["permissions"]["edit"])


async def _comments(web: Web, video: Json, sort: str | None) -> Json | None:
    """The first page of comments; a failure here must not take the video away."""
    try:
        return await comment_page(web, str(video["id"]), owned=may_edit(video), sort=sort)
    except ApiProblem:
        return None


async def _rule(web: Web, video_id: str) -> Json:
    """How it may be commented on; a failure here must not take the video away."""
    try:
        return await comment_rule(web, video_id)
    except ApiProblem:
        return {"mode": "open", "own": None, "may_comment": web.viewer is not None, "waits": []}


async def _chapters(web: Web, video: Json) -> list[Json]:
    """The parts of the video, where there are any; a failure here must not take the video away."""
    if not (video.get("playback") or {}).get("chapters"):
        return []
    try:
        return list((await web.api.get(f"/videos/{video['id']}/chapters"))["chapters"])
    except ApiProblem:
        return []


async def _queue(web: Web, video_id: str, playlist_id: str, item_id: str) -> Json | None:
    """What follows on the list that is played; None without one, or where the video does not stand on it."""
    if not (_LIST.fullmatch(playlist_id) and (not item_id or _ITEM.fullmatch(item_id))):
        return None
    try:
        playlist, body = await together(
            web.api.get(f"/playlists/{playlist_id}"),
            web.api.get(f"/playlists/{playlist_id}/items", limit=QUEUED, starts_at=item_id or None),
        )
    except ApiProblem:
        return None
    entries = body["items"]
    here = next((at for at, each in enumerate(entries) if (each["video"] or {}).get("id") == video_id), None)
    if here is None:
        return None
    entries = entries[here:]
    following = next((each["id"] for each in entries[1:] if each["available"]), None)
    return {"playlist": playlist, "entries": entries, "next_id": following}


async def _own_player(web: Web, video_id: str) -> Json:
    """How the viewer's player begins, and where they stopped; a failure here must not take the video away."""
    nothing: Json = {"player_settings": None, "position_ms": None}
    if web.viewer is None:
        return nothing
    try:
        settings, found = await together(web.api.get("/me/player"), web.api.get("/me/positions", video_ids=video_id))
    except ApiProblem:
        return nothing
    positions = found["positions"]
    return {"player_settings": settings, "position_ms": positions[0]["position_ms"] if positions else None}


async def _marks(web: Web, video: Json) -> dict[str, set[Any]]:
    if web.viewer is None:
        return {mark: set() for mark in MARKS}
    return await web.api.marks([str(video["id"]), str(video["channel"]["id"])])
