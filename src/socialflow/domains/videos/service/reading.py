"""Videos as clients get them: rows to bytes.

What looks the same to everybody is read once a second at most and shared; owners and staff get
their own.
"""

import uuid
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from socialflow.domains.channels import service as channels
from socialflow.domains.channels.schemas import card_of
from socialflow.domains.channels.service import Right, TeamRole
from socialflow.domains.media import service as media
from socialflow.domains.social import service as social
from socialflow.domains.videos import policy
from socialflow.domains.videos.errors import NotPlayableYet, PasswordNeeded
from socialflow.domains.videos.models import PLAYABLE, Reach, VideoState
from socialflow.domains.videos.queries import lists, seen_by, sees_any
from socialflow.domains.videos.queries.lists import Scope, VideoSort
from socialflow.domains.videos.service.publishing import LISTS, name_of
from socialflow.kernel import ids, pages
from socialflow.kernel.cache import Shared
from socialflow.kernel.errors import NotFound, Unauthorized
from socialflow.kernel.etags import edition_etag, etag_of
from socialflow.kernel.work import ANONYMOUS, Actor, App, Work

LAST_TIME = datetime(9999, 12, 31, tzinfo=UTC)
FIRST_TIME = datetime(1, 1, 1, tzinfo=UTC)
LAST_ID = uuid.UUID(int=2**128 - 1)
FIRST_ID = uuid.UUID(int=0)
MOST_LIKES = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Listed:
    """Which videos are asked for, and in which order."""

    sort: VideoSort = VideoSort.LATEST
    channel_id: uuid.UUID | None = None
    tag: str | None = None
    mine: bool = False
    shared: bool = False

    @property
    def is_own(self) -> bool:
        """Whether it is made for one viewer alone, and in the order of making."""
        return self.mine or self.shared

    @property
    def scope(self) -> Scope:
        """The kind of list that it is."""
        if self.is_own:
            if self.shared:
                return Scope.SHARED
            return Scope.TEAM if self.channel_id else Scope.MINE
        return Scope.CHANNEL if self.channel_id else Scope.ALL

    def scope_for(self, viewer: Actor, circle: social.Circle) -> Scope:
        """The same as one viewer sees it, where that may be something else."""
        if self.scope is Scope.CHANNEL and viewer.known:
            return Scope.CHANNEL_TO
        return Scope.ALL_TO if self.scope is Scope.ALL and circle else self.scope

    def filters(self, viewer: uuid.UUID | None) -> dict[str, Any]:
        """What a cursor of this list is bound to."""
        owner = f"{self.scope}:{viewer}" if self.is_own else None
        return {"sort": self.sort, "channel": self.channel_id and str(self.channel_id), "tag": self.tag, "of": owner}


def card(app: App, row: Any, now: datetime, *, holder: media.Holder = media.NOBODY) -> dict[str, Any]:
    """The members of a `VideoRead` that are the same for everybody who may see the video.

    `holder` is whose addresses of its files are, where those are signed: see `media.playback_card`.
    """
    state = row["state"]
    return {
        "id": ids.show("vid", row["id"]),
        "title": row["title"],
        "description": row["description"],
        "tags": row["tags"],
        "visibility": row["visibility"],
        "mark": row["mark"],
        "restriction": row["restriction"],
        "state": state,
        "progress": progress_of(row),
        "failure": None,
        "embed_domains": row["embed_domains"],
        "embeddable_on": embeddable_on(app, row),
        "allow_download": row["allow_download"],
        "channel": card_of(row),
        "like_count": row["like_count"],
        "comment_count": row["comment_count"],
        "duration_ms": row["duration_ms"],
        "created_at": row["created_at"],
        "published_at": row["published_at"],
        "publish_at": row["publish_at"],
        "playback": media.playback_card(app, row, now, holder=holder) if state in PLAYABLE else None,
        "permissions": None,
    }


def embeddable_on(app: App, row: Any) -> list[str] | None:
    """Whose pages may show a video in a frame; None for everybody's. What few may see is in nobody's."""
    if row["reach"] not in {Reach.EVERYONE, Reach.LINK}:
        return []
    for said in (row["embed_domains"], row["channel_embed_domains"]):
        if said is not None:
            return list(said)
    return None if app.settings.media.embedding == "everybody" else []


def progress_of(row: Any) -> float:
    """How much of the preparation is done, from 0 to 1."""
    return 1.0 if row["state"] == VideoState.READY else (row["progress"] or 0) / 100


def failure_of(row: Any) -> dict[str, Any] | None:
    """Why there is nothing to watch: for the owner's eyes."""
    if row["state"] != VideoState.FAILED:
        return None
    return {"code": row["failure_code"] or "unknown", "detail": row["failure_detail"] or ""}


async def detail(app: App, viewer: Actor, video_id: uuid.UUID) -> Shared:
    """One video as the viewer may see it; raises NotFound, or PasswordNeeded."""
    try:
        return await own_or_shared(app, viewer, ("video", video_id), lambda actor: _detail(app, actor, video_id))
    except NotFound:
        # That there is a video is told to whoever has its address: else nobody could be asked for its password.
        if await lists.LOCKED.row(app, id=video_id, viewer=viewer.id) is not None:
            raise PasswordNeeded from None
        raise


async def playback_by_cdn(app: App, viewer: Actor, video_id: uuid.UUID, *, in_query: bool) -> media.ByCdn:
    """What a player needs, by way of the CDN; raises NotFound, or NotPlayableYet."""
    row = await lists.ONE.row(app, id=video_id, **seen_by(viewer))
    if row is None:
        raise NotFound
    if row["state"] not in PLAYABLE:
        raise NotPlayableYet
    return media.playback_by_cdn(app, row, app.clock(), holder=holder_for(viewer, row), in_query=in_query)


async def present(app: App, work: Work, video_id: uuid.UUID) -> Shared:
    """One video as the actor sees it after what this work has done."""
    rows = await lists.ONE.rows_in(work, id=video_id, **seen_by(work.actor))
    if not rows:
        raise NotFound
    return render(app, work.actor, rows[0])


async def some_shown(app: App, work: Work, video_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, dict[str, Any]]:
    """Of these videos those that stand on their channels' shelves for the actor: members of `VideoRead`s, by id."""
    rows = await lists.SOME.rows_in(work, ids=list(video_ids), **seen_by(work.actor)) if video_ids else ()
    return {row["id"]: card(app, row, work.now, holder=holder_for(work.actor, row)) for row in rows}


async def progress(app: App, viewer: Actor, video_id: uuid.UUID) -> dict[str, Any]:
    """How far the preparation of a video is, as the viewer may know it; raises NotFound."""
    shared = await own_or_shared(app, viewer, ("progress", video_id), lambda actor: _progress(app, actor, video_id))
    data: dict[str, Any] = orjson.loads(shared.body)
    return data


async def standing(app: App, viewer: Actor, video_id: uuid.UUID) -> Any:
    """Where a video stands: a row; raises NotFound unless the viewer may see the video."""
    row = await lists.STANDING.row(app, id=video_id, **seen_by(viewer))
    if row is None:
        raise NotFound
    return row


async def page(app: App, viewer: Actor, wanted: Listed, *, limit: int, cursor: str | None) -> Shared:
    """A page of videos; one's own are read for oneself, all others are shared."""
    if wanted.is_own:
        if not viewer.known:
            raise Unauthorized
        return await _page(app, viewer, wanted, limit, cursor)
    scope = wanted.scope_for(viewer, await social.circle(app, viewer))
    if scope is not wanted.scope:
        return await _page(app, viewer, wanted, limit, cursor, scope)
    key = ("videos", wanted, limit, cursor)
    return await app.cache.get(key, lambda: _page(app, ANONYMOUS, wanted, limit, cursor), viewer=viewer.id)


def render(app: App, viewer: Actor, row: Any) -> Shared:
    """One video with what belongs to the viewer alone."""
    owner: uuid.UUID = row["account_id"]
    # Anonymous answers are shared, and so are bound to nobody.
    read = card(app, row, app.clock(), holder=holder_for(viewer, row))
    if knows_all(viewer, row):
        read["failure"] = failure_of(row)
    role, offered = role_of(viewer, row), app.settings.media.downloads
    read["permissions"] = {
        "edit": policy.can_edit(role),
        "delete": policy.can_delete(viewer, role),
        "download": policy.can_download(role, allowed=row["allow_download"], offered=offered),
    }
    body = dump(read)
    return Shared(body, edition_etag(row["edition"], body), frozenset({name_of(row["id"])}), owner)


def dump(value: Any) -> bytes:
    """JSON in the same form as the response models write it."""
    return orjson.dumps(value, option=orjson.OPT_UTC_Z)


def holder_for(viewer: Actor, row: Any) -> media.Holder:
    """To whom addresses of a video's files are given: who may see all of it is not judged at every use."""
    trusted = viewer.id == row["account_id"] or sees_any(viewer)
    return media.Holder.of(viewer, trusted=trusted)


def role_of(viewer: Actor, row: Any) -> TeamRole | None:
    """What a viewer is on the team of a video's channel, of a row that says so."""
    if viewer.id is not None and viewer.id == row["account_id"]:
        return TeamRole.OWNER
    return TeamRole(row["viewer_role"]) if row["viewer_role"] is not None else None


def knows_all(viewer: Actor, row: Any) -> bool:
    """Whether somebody is told all about a video: who works for its channel, and staff who see every video."""
    return channels.allows(role_of(viewer, row), Right.SEE) or sees_any(viewer)


async def own_or_shared(app: App, viewer: Actor, key: Hashable, make: Callable[[Actor], Awaitable[Shared]]) -> Shared:
    """What everybody gets, unless the viewer gets more, or has blocked somebody, or muted something."""
    circle = await social.circle(app, viewer)
    if not sees_any(viewer) and not circle:
        try:
            shared = await app.cache.get(key, lambda: make(ANONYMOUS), viewer=viewer.id)
        except NotFound:
            if not viewer.known and not viewer.grants:
                raise
        else:
            if not viewer.known or shared.owner != viewer.id:
                return shared
    return await make(viewer)


async def _detail(app: App, viewer: Actor, video_id: uuid.UUID) -> Shared:
    row = await lists.ONE.row(app, id=video_id, **seen_by(viewer))
    if row is None:
        raise NotFound
    return render(app, viewer, row)


async def _progress(app: App, viewer: Actor, video_id: uuid.UUID) -> Shared:
    row = await standing(app, viewer, video_id)
    failure = failure_of(row) if knows_all(viewer, row) else None
    # What somebody has already is told to nobody but them.
    twin = row["duplicate_of"] if row["account_id"] == viewer.id else None
    said = {"state": row["state"], "progress": progress_of(row), "seconds_left": row["seconds_left"]}
    body = dump({**said, "failure": failure, "duplicate_of": twin and ids.show("vid", twin)})
    return Shared(body, "", frozenset({name_of(video_id)}), row["account_id"])


async def _page(
    app: App, viewer: Actor, wanted: Listed, limit: int, cursor: str | None, scope: Scope | None = None
) -> Shared:
    filters = wanted.filters(viewer.id)
    after = _values(wanted, pages.unseal(app.keys, LISTS, filters, cursor) if cursor else None)
    statement = lists.LISTS[scope or wanted.scope, wanted.sort, wanted.tag is not None]
    asked = {**seen_by(viewer), "channel_id": wanted.channel_id, "tag": wanted.tag, "limit": limit + 1}
    rows = await statement.rows(app, **asked, **after)

    shown, last = pages.cut(rows, limit)
    now = app.clock()
    items = [card(app, row, now, holder=holder_for(viewer, row)) for row in shown]
    if wanted.mine:
        for item, row in zip(items, shown, strict=True):
            item["failure"] = failure_of(row)
            edits = policy.can_edit(role_of(viewer, row))
            item["permissions"] = {"edit": edits, "delete": edits, "download": edits}
    next_cursor = pages.seal(app.keys, LISTS, filters, _key(wanted.sort, last)) if last else None
    body = dump({"items": items, "next_cursor": next_cursor})
    return Shared(body, etag_of(body), frozenset({LISTS}))


def _key(sort: VideoSort, row: Any) -> list[Any]:
    """What a cursor holds: the row's place in its list."""
    return [row["like_count"] if sort is VideoSort.POPULAR else row["published_at"], str(row["id"])]


def _values(wanted: Listed, place: list[Any] | None) -> dict[str, Any]:
    """Where a page begins; without a cursor at a place before every row."""
    if wanted.sort is VideoSort.POPULAR:
        return {"count": place[0] if place else MOST_LIKES, "id": uuid.UUID(place[1]) if place else LAST_ID}
    first = wanted.sort is VideoSort.OLDEST
    if place is None:
        return {"at": FIRST_TIME if first else LAST_TIME, "id": FIRST_ID if first else LAST_ID}
    # One's own videos have no such time before they are published, and are ordered by their ids alone.
    return {"at": datetime.fromisoformat(place[0]) if place[0] else None, "id": uuid.UUID(place[1])}
