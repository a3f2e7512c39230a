"""The pictures that staff let people react by."""

import uuid
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from socialflow.domains.engagement import policy
from socialflow.domains.engagement.errors import EmojiNameTaken, PhotoAlreadyShown
from socialflow.domains.engagement.models import CustomEmoji
from socialflow.domains.engagement.queries import reactions as queries
from socialflow.domains.engagement.schemas import (
    CustomEmojiCreate,
    CustomEmojiPage,
    CustomEmojiRead,
    CustomEmojiUpdate,
)
from socialflow.domains.engagement.service.reading import LAST_ID
from socialflow.domains.media import service as media
from socialflow.domains.media.errors import ImageRefused
from socialflow.domains.media.schemas import UploadProgress
from socialflow.domains.media.service import Access, Purpose
from socialflow.kernel import ids, pages
from socialflow.kernel.errors import NotFound
from socialflow.kernel.work import App, Work

LIST = "emojis"
_STATES = {"ready": "ready", "failed": "failed"}


async def add(work: Work, body: CustomEmojiCreate) -> CustomEmojiRead:
    """Let people react by a picture that the actor has uploaded, under a new name."""
    policy.may_manage_emojis(work.actor)
    if await work.db.scalar(select(CustomEmoji.id).where(CustomEmoji.name == body.name)) is not None:
        raise EmojiNameTaken
    upload = await media.card(work, body.upload_id, Purpose.EMOJI, hold=True)
    if upload.state in {UploadProgress.FAILED, UploadProgress.EXPIRED}:
        raise ImageRefused
    emoji = CustomEmoji(
        id=ids.new(),
        name=body.name,
        alt=body.alt,
        upload_id=upload.id,
        asset_id=upload.asset_id,
        created_at=work.now,
    )
    try:
        async with work.db.begin_nested():
            work.db.add(emoji)
    except IntegrityError as error:
        raise (EmojiNameTaken if "name" in str(error.orig) else PhotoAlreadyShown) from None
    await media.set_access(work, emoji.asset_id, Access.OPEN)
    work.note("emoji:added", emoji=emoji.name)
    return _read(emoji, _STATES.get(upload.state, "processing"))


async def change(work: Work, emoji_id: uuid.UUID, body: CustomEmojiUpdate) -> CustomEmojiRead:
    """Change how a picture is described, or whether it is offered."""
    emoji = await _managed(work, emoji_id)
    for name, value in body.model_dump(exclude_none=True).items():
        setattr(emoji, name, value)
    work.note("emoji:changed", emoji=emoji.name)
    await work.db.flush()
    return await _present(work, emoji)


async def remove(work: Work, emoji_id: uuid.UUID) -> None:
    """Delete a picture. Who has reacted by it has reacted by its name from then on."""
    emoji = await _managed(work, emoji_id)
    await media.abandon(work, emoji.upload_id)
    await media.delete_asset(work, emoji.asset_id)
    await work.db.delete(emoji)
    work.note("emoji:removed", emoji=emoji.name)


async def arrived(work: Work, asset_id: uuid.UUID) -> bool:
    """A picture has been made anew: show it to everybody, if it is an emoji already; whether it is."""
    known = await work.db.scalar(select(CustomEmoji.id).where(CustomEmoji.asset_id == asset_id))
    if known is None:
        return False
    await media.set_access(work, asset_id, Access.OPEN)
    return True


async def page(app: App, *, limit: int, cursor: str | None) -> CustomEmojiPage:
    """All pictures, the latest first."""
    before = uuid.UUID(pages.unseal(app.keys, LIST, {}, cursor)[0]) if cursor else LAST_ID
    rows = await queries.EMOJIS.rows(app, id=before, limit=limit + 1)
    shown, last = pages.cut(rows, limit)
    next_cursor = pages.seal(app.keys, LIST, {}, [str(last["id"])]) if last else None
    items = [_read_row(row) for row in shown]
    return CustomEmojiPage(items=items, next_cursor=next_cursor)


async def _managed(work: Work, emoji_id: uuid.UUID) -> CustomEmoji:
    policy.may_manage_emojis(work.actor)
    emoji = await work.db.get(CustomEmoji, emoji_id, with_for_update=True)
    if emoji is None:
        raise NotFound
    return emoji


async def _present(work: Work, emoji: CustomEmoji) -> CustomEmojiRead:
    return _read(emoji, _STATES.get(await queries.state_of_picture(work.db, emoji.asset_id) or "", "processing"))


def _read(emoji: CustomEmoji, state: str) -> CustomEmojiRead:
    names = ("id", "name", "alt", "offered", "created_at", "asset_id")
    return _read_row({**{name: getattr(emoji, name) for name in names}, "state": state})


def _read_row(row: Any) -> CustomEmojiRead:
    state = _STATES.get(row["state"] or "", "processing")
    return CustomEmojiRead(
        id=row["id"],
        name=row["name"],
        emoji=f":{row['name']}:",
        alt=row["alt"],
        offered=row["offered"],
        state=state,
        url=media.emoji_url(row["asset_id"]) if state == "ready" else None,
        created_at=row["created_at"],
    )
