"""What people do that must happen once: as requests that may be sent again, and what each is to change."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx2

from socialflow.kernel.work import App
from tests.factories.accounts import Person, form
from tests.factories.videos import FILES, arrive, upload, video

PREFIX = "/api/v1"
PATIENCE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Deed:
    """One request, and what is more or less afterwards in the terms of `worlds.change`."""

    method: str
    path: str
    changes: dict[str, int]
    body: dict[str, Any] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    again: int = 0

    @property
    def is_keyed(self) -> bool:
        """Whether it is repeated by its key; any other is the same when it is done twice."""
        return self.method == "POST"

    async def send(self, client: httpx2.AsyncClient, url: str = "") -> httpx2.Response:
        """Do it, through any client and at any server."""
        return await client.request(self.method, url + PREFIX + self.path, json=self.body, headers=self.headers)

    async def insist(self, client: httpx2.AsyncClient, url: str = "") -> httpx2.Response:
        """Do it, again and again while it is said that one may come back."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                answer = await self.send(client, url)
                if answer.status_code not in {409, 503} or "retry-after" not in answer.headers:
                    return answer
                await asyncio.sleep(0.1)


Make = Callable[[App, Person, Person], Awaitable[Deed]]


def _deed(person: Person | None, method: str, path: str, body: Any = None, *, again: int = 0, **changes: int) -> Deed:
    headers = {"Authorization": f"Bearer {person.access_token}"} if person else {}
    if method == "POST":
        headers["Idempotency-Key"] = f"once {path}"
        changes["idempotency_keys"] = 1
    named = {name.replace("__", "."): value for name, value in changes.items()}
    return Deed(method, path, named, body, headers, again)


async def _register(app: App, ada: Person, bob: Person) -> Deed:
    told = {"AccountRegistered": 1, "ChannelCreated": 1, "LoggedIn": 1, "audit_events": 1, "audit_details": 1}
    return _deed(None, "POST", "/auth/register", form("cleo"), accounts=1, channels=1, sessions=1, **told)


async def _create_video(app: App, ada: Person, bob: Person) -> Deed:
    upload_id = await upload(ada)
    await arrive(app, upload_id, "ready")
    body = {"title": "A walk", "upload_id": upload_id, "visibility": "public"}
    numbers = {"videos": 1, "videos__edition": 1, "channels__video_count": 1}
    return _deed(ada, "POST", "/videos", body, VideoCreated=1, VideoPublished=1, **numbers)


async def _publish(app: App, ada: Person, bob: Person) -> Deed:
    path = f"/videos/{(await video(app, ada, visibility='private'))['id']}"
    told = {"VideoUpdated": 1, "VideoPublished": 1}
    return _deed(ada, "PATCH", path, {"visibility": "public"}, videos__edition=1, channels__video_count=1, **told)


async def _delete_video(app: App, ada: Person, bob: Person) -> Deed:
    path = f"/videos/{(await video(app, ada, visibility='public'))['id']}"
    files = {"uploads": -1, "assets": -1, "asset_files": -len(FILES)}
    gone = {"videos": -1, "videos__edition": -1, "channels__video_count": -1, **files}
    told = {"VideoUnpublished": 1, "VideoDeleted": 1, "AssetWithdrawn": 1, "AssetDeleted": 1}
    return _deed(ada, "DELETE", path, again=404, **gone, **told)


async def _post_comment(app: App, ada: Person, bob: Person) -> Deed:
    subject = (await video(app, ada, visibility="public"))["id"]
    body = {"subject_id": subject, "text": "How blue!"}
    return _deed(bob, "POST", "/comments", body, comments=1, CommentPosted=1, videos__comment_count=1)


async def _follow(app: App, ada: Person, bob: Person) -> Deed:
    counted = {"channels__follower_count": 1, "channels__following_count": 1}
    return _deed(bob, "PUT", f"/follows/{ada.channel_id}", follows=1, Followed=1, **counted)


async def _create_list(app: App, ada: Person, bob: Person) -> Deed:
    return _deed(bob, "POST", "/lists", {"title": "Gardeners"}, people_lists=1)


async def _share_video(app: App, ada: Person, bob: Person) -> Deed:
    subject = (await video(app, ada, visibility="named"))["id"]
    return _deed(ada, "PUT", f"/videos/{subject}/viewers/{bob.channel_id}", video_viewers=1, VideoShared=1)


async def _like(app: App, ada: Person, bob: Person) -> Deed:
    subject = (await video(app, ada, visibility="public"))["id"]
    return _deed(bob, "PUT", f"/likes/{subject}", likes=1, Liked=1, videos__like_count=1)


async def _keep_position(app: App, ada: Person, bob: Person) -> Deed:
    subject = (await video(app, ada, visibility="public"))["id"]
    return _deed(bob, "PUT", f"/me/positions/{subject}", {"position_ms": 6_000}, watch_positions=1)


# By the name of the operation.
DEEDS: dict[str, Make] = {
    "register": _register,
    "createVideo": _create_video,
    "updateVideo": _publish,
    "deleteVideo": _delete_video,
    "postComment": _post_comment,
    "followChannel": _follow,
    "createList": _create_list,
    "shareVideo": _share_video,
    "like": _like,
    "keepPosition": _keep_position,
}
