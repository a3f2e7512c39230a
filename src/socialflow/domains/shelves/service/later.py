"""What somebody wants to watch later: a playlist that everybody has, made when something is first put on it."""

import uuid

from socialflow.domains.channels import service as channels
from socialflow.domains.shelves.queries import items as item_queries
from socialflow.domains.shelves.queries import playlists as queries
from socialflow.domains.shelves.queries import seen_by
from socialflow.domains.shelves.schemas import PlaylistMembershipRead
from socialflow.domains.shelves.service import cards, items, playlists, reading
from socialflow.domains.videos import service as videos
from socialflow.kernel.errors import NotFound
from socialflow.kernel.work import Actor, App, Work


async def page(app: App, viewer: Actor, *, limit: int, cursor: str | None) -> bytes:
    """A page of it; nothing before anything was put there."""
    standing = await queries.LATER.row(app, viewer=seen_by(viewer)["viewer"])
    if standing is None:
        return videos.dump({"items": [], "next_cursor": None})
    return (await reading.page_of(app, viewer, standing, start=None, limit=limit, cursor=cursor)).body


async def add(work: Work, video_id: uuid.UUID, *, most: int) -> PlaylistMembershipRead:
    """Put a video there, at the end; twice is once."""
    await videos.visible(work, video_id, hold=videos.Hold.KEEP)
    channel = await channels.of_actor(work)
    playlist, _ = await playlists.held(work, await queries.later(work, channel.id))
    return await items.add_to(work, playlist, video_id, most=most)


async def remove(work: Work, video_id: uuid.UUID) -> None:
    """Take a video off it; it need not be on it, nor be at all."""
    playlist_id = await queries.later_id(work)
    if playlist_id is not None:
        await items.remove_video(work, playlist_id, video_id)


async def item_of(app: App, work: Work, playlist_id: uuid.UUID, item_id: uuid.UUID) -> bytes:
    """One item as the actor sees it after what this work has done; raises NotFound."""
    seen = seen_by(work.actor)
    standing = await queries.STANDING.rows_in(work, id=playlist_id, **seen)
    place = await item_queries.PLACE.rows_in(work, playlist_id=playlist_id, id=item_id)
    if not standing or not place:
        raise NotFound
    given = {"playlist_id": playlist_id, "rank": place[0]["rank"], "id": item_id, "limit": 1}
    rows = await item_queries.FROM.rows_in(work, **given, **seen)
    return videos.dump(cards.item(app, rows[0], work.actor, standing[0], app.clock()))
