"""Routes of the pictures that staff let people react by."""

from typing import Annotated, Any

from fastapi import Depends, Query, Response, Security

from socialflow.domains.accounts.errors import NotPermitted
from socialflow.domains.engagement import policy
from socialflow.domains.engagement.errors import EmojiNameTaken, PhotoAlreadyShown
from socialflow.domains.engagement.schemas import (
    CustomEmojiCreate,
    CustomEmojiPage,
    CustomEmojiRead,
    CustomEmojiUpdate,
)
from socialflow.domains.engagement.service import emojis
from socialflow.domains.media.errors import ImageRefused
from socialflow.kernel.errors import InvalidCursor, NotFound, Unauthorized
from socialflow.kernel.ids import EmojiId
from socialflow.kernel.pages import Cursor, Limit
from socialflow.kernel.web import CurrentApp, InWork, Viewer, get_actor, problems, router

admin = router("admin", reads="staff")

STAFF = (Unauthorized, NotPermitted)


async def _hold(viewer: Viewer) -> None:
    policy.may_manage_emojis(viewer)


GUARDED: list[Any] = [Security(get_actor, scopes=["admin:emojis"]), Depends(_hold)]


@admin.get(
    "/admin/emojis",
    operation_id="listCustomEmojis",
    response_model=CustomEmojiPage,
    responses=problems(*STAFF, InvalidCursor),
    dependencies=GUARDED,
)
async def list_emojis(
    app: CurrentApp, limit: Annotated[Limit, Query()] = 20, cursor: Annotated[Cursor, Query()] = None
) -> CustomEmojiPage:
    """All pictures that people can or could react by, the latest first."""
    return await emojis.page(app, limit=limit, cursor=cursor)


@admin.post(
    "/admin/emojis",
    operation_id="addCustomEmoji",
    status_code=201,
    response_model=CustomEmojiRead,
    responses=problems(*STAFF, NotFound, EmojiNameTaken, PhotoAlreadyShown, ImageRefused),
    dependencies=GUARDED,
)
async def add_emoji(body: CustomEmojiCreate, work: InWork) -> CustomEmojiRead:
    """Let people react by a picture: an upload of the caller's of purpose `emoji`, finished or running."""
    return await emojis.add(work, body)


@admin.patch(
    "/admin/emojis/{emoji_id}",
    operation_id="updateCustomEmoji",
    response_model=CustomEmojiRead,
    responses=problems(*STAFF, NotFound),
    dependencies=GUARDED,
)
async def update_emoji(emoji_id: EmojiId, body: CustomEmojiUpdate, work: InWork) -> CustomEmojiRead:
    """Describe a picture, or offer it no more: it stays on what it was chosen for."""
    return await emojis.change(work, emoji_id, body)


@admin.delete(
    "/admin/emojis/{emoji_id}",
    operation_id="deleteCustomEmoji",
    status_code=204,
    responses=problems(*STAFF, NotFound),
    dependencies=GUARDED,
)
async def delete_emoji(emoji_id: EmojiId, work: InWork) -> Response:
    """Delete a picture; where it was chosen, its name stands from then on."""
    await emojis.remove(work, emoji_id)
    return Response(status_code=204)
