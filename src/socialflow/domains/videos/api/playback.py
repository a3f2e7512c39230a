"""The route of what a player needs, by way of a CDN that checks signatures."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from fastapi import Query, Response, Security

from socialflow.domains.media.schemas import Playback
from socialflow.domains.videos import service
from socialflow.domains.videos.errors import NotPlayableYet
from socialflow.kernel.errors import NotFound
from socialflow.kernel.ids import VideoId
from socialflow.kernel.web import CurrentApp, get_reader, problems, router
from socialflow.kernel.work import Actor, App

playback = router("videos", reads="video")

Reader = Annotated[Actor, Security(get_reader, scopes=["read"])]


class Delivery(StrEnum):
    """How a player shows the CDN that it may have files: by cookies, or in the query of every address."""

    COOKIES = "cookies"
    QUERY = "query"


@playback.get(
    "/videos/{video_id}/playback",
    operation_id="getPlayback",
    response_model=Playback,
    responses=problems(NotFound, NotPlayableYet),
)
async def get_playback(
    video_id: VideoId,
    app: CurrentApp,
    viewer: Reader,
    delivery: Annotated[Delivery | None, Query(description="`cookies` unless something else is given.")] = None,
) -> Response:
    """What a player needs, by way of the site's CDN, private videos too where that checks signatures.

    With `cookies` the answer sets those that the CDN wants, for this video alone. With `query` every address carries
    a query, which has to be sent with all files of the video. They are good until `expires_at`, whatever happens to
    the session. Where the site's CDN checks nothing, the addresses are those of `GET /videos/{video_id}`.
    """
    found = await service.playback_by_cdn(app, viewer, video_id, in_query=delivery is Delivery.QUERY)
    headers = {"Cache-Control": "private, no-store"}
    answer = Response(service.dump(found.card), headers=headers, media_type="application/json")
    for cookie in _cookies(app, found.cookies, found.path, found.until):
        answer.headers.append("Set-Cookie", cookie)
    return answer


def _cookies(app: App, values: Mapping[str, str], path: str, until: datetime) -> list[str]:
    seconds = int((until - app.clock()).total_seconds())
    about = f"Domain={app.settings.cdn.cookie_domain}; Path={path}; Max-Age={seconds}; Secure; HttpOnly; SameSite=None"
    return [f"{name}={value}; {about}" for name, value in values.items()]
