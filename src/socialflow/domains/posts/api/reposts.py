"""Routes of reposts."""

from typing import Annotated

from fastapi import Path, Query, Security

from socialflow.domains.channels.errors import NotYourChannel
from socialflow.domains.posts import service
from socialflow.domains.posts.errors import CannotRepost
from socialflow.domains.posts.schemas import RepostPage, RepostRead
from socialflow.kernel.errors import InvalidCursor, NotFound, Unauthorized
from socialflow.kernel.ids import ChannelId
from socialflow.kernel.pages import Cursor, Limit
from socialflow.kernel.web import CurrentApp, InWork, Reader, get_actor, problems, router

reposts = router("reposts", reads="posts")

writes = [Security(get_actor, scopes=["write:posts"])]
SubjectPath = Annotated[
    str, Path(max_length=40, description="Id of a post or a video.", examples=["pst_01jdxyz7q4e5v8w9r0t1y2p3a4"])
]
OfChannel = Annotated[ChannelId, Query(description="Whose reposts.")]
AsChannel = Annotated[
    ChannelId | None,
    Query(description="As which channel: one for which the caller publishes; the one of their account if absent."),
]
TakenBack = Annotated[
    ChannelId | None,
    Query(description="Only what this channel did, for whoever publishes for it; any of the caller's own if absent."),
]


@reposts.put(
    "/reposts/{subject_id}",
    operation_id="repost",
    response_model=RepostRead,
    responses=problems(Unauthorized, NotYourChannel, NotFound, CannotRepost),
    dependencies=writes,
)
async def repost(subject_id: SubjectPath, work: InWork, app: CurrentApp, channel_id: AsChannel = None) -> RepostRead:
    """Show one's followers a post or a video that everybody may see; reposting twice is reposting once.

    An account reposts something once: as the first of its channels that did, until that is taken back.
    """
    return await service.repost(app, work, subject_id, channel_id)


@reposts.delete(
    "/reposts/{subject_id}",
    operation_id="withdrawRepost",
    response_model=RepostRead,
    responses=problems(Unauthorized, NotYourChannel, NotFound),
    dependencies=writes,
)
async def withdraw_repost(
    subject_id: SubjectPath, work: InWork, app: CurrentApp, channel_id: TakenBack = None
) -> RepostRead:
    """Repost it no more; one need not have reposted it."""
    return await service.withdraw(app, work, subject_id, channel_id)


@reposts.get("/reposts", operation_id="listReposts", response_model=RepostPage, responses=problems(InvalidCursor))
async def list_reposts(
    channel_id: OfChannel,
    app: CurrentApp,
    viewer: Reader,
    limit: Annotated[Limit, Query()] = 20,
    cursor: Annotated[Cursor, Query()] = None,
) -> bytes:
    """What a channel reposts, the latest first: ids of what the caller may see."""
    return await service.reposts(app, viewer, channel_id, limit=limit, cursor=cursor)
