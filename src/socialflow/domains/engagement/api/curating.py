"""Routes by which whoever keeps a channel's comments in order looks after what others say about its videos."""

from typing import Annotated, Literal

from fastapi import Query, Security

from socialflow.domains.engagement import service
from socialflow.domains.engagement.errors import CommentNotShown, NotPinnable, NotYourSubject
from socialflow.domains.engagement.models import CommentState
from socialflow.domains.engagement.schemas import CommentPage, CommentRead, SubjectId
from socialflow.kernel.errors import InvalidCursor, NotFound, Unauthorized
from socialflow.kernel.ids import ChannelId, CommentId
from socialflow.kernel.pages import Cursor, Limit
from socialflow.kernel.web import CurrentApp, InWork, Viewer, get_actor, problems, router

curating = router("comments", reads="own")

WRITES = [Security(get_actor, scopes=["write:comments"])]
UNSEEN = problems(Unauthorized, NotYourSubject, NotFound)
NOT_SHOWN = problems(Unauthorized, NotYourSubject, NotFound, CommentNotShown)


@curating.get(
    "/me/comments",
    operation_id="listUnshownComments",
    response_model=CommentPage,
    responses=problems(Unauthorized, NotYourSubject, NotFound, InvalidCursor),
    dependencies=[Security(get_actor, scopes=["read"])],
)
async def list_unshown(
    app: CurrentApp,
    viewer: Viewer,
    state: Annotated[
        Literal["held", "hidden"] | None, Query(description="`held` unless something else is asked for.")
    ] = None,
    mine: Annotated[
        bool | None, Query(description="What the caller has said themselves, instead of what was said about theirs.")
    ] = None,
    subject_id: Annotated[SubjectId | None, Query(description="Only on this one.")] = None,
    channel_id: Annotated[
        ChannelId | None, Query(description="Only on what this channel has, for whoever keeps its comments in order.")
    ] = None,
    limit: Annotated[Limit, Query()] = 20,
    cursor: Annotated[Cursor, Query()] = None,
) -> bytes:
    """Comments that others do not see: what waits for the caller's approval, or what they have hidden."""
    wanted = service.Queue(CommentState(state or "held"), bool(mine), subject_id, channel_id)
    return await service.queue(app, viewer, wanted, limit=limit, cursor=cursor)


@curating.put(
    "/comments/{comment_id}/pin",
    operation_id="pinComment",
    response_model=CommentRead,
    responses=problems(Unauthorized, NotYourSubject, NotFound, CommentNotShown, NotPinnable),
    dependencies=WRITES,
)
async def pin(comment_id: CommentId, work: InWork, app: CurrentApp) -> bytes:
    """Put a comment on one's own video before all others, in place of any other."""
    await service.curating.pin(work, comment_id)
    return await service.present(app, work, comment_id)


@curating.delete(
    "/comments/{comment_id}/pin",
    operation_id="unpinComment",
    response_model=CommentRead,
    responses=UNSEEN,
    dependencies=WRITES,
)
async def unpin(comment_id: CommentId, work: InWork, app: CurrentApp) -> bytes:
    """Let it stand where it belongs; it need not have been pinned."""
    await service.curating.unpin(work, comment_id)
    return await service.present(app, work, comment_id)


@curating.put(
    "/comments/{comment_id}/heart",
    operation_id="heartComment",
    response_model=CommentRead,
    responses=NOT_SHOWN,
    dependencies=WRITES,
)
async def heart(comment_id: CommentId, work: InWork, app: CurrentApp) -> bytes:
    """Mark a comment on one's own video with a heart; twice is once."""
    await service.curating.heart(work, comment_id)
    return await service.present(app, work, comment_id)


@curating.delete(
    "/comments/{comment_id}/heart",
    operation_id="unheartComment",
    response_model=CommentRead,
    responses=UNSEEN,
    dependencies=WRITES,
)
async def unheart(comment_id: CommentId, work: InWork, app: CurrentApp) -> bytes:
    """Take the heart back; there need not have been one."""
    await service.curating.unheart(work, comment_id)
    return await service.present(app, work, comment_id)


@curating.put(
    "/comments/{comment_id}/hidden",
    operation_id="hideComment",
    response_model=CommentRead,
    responses=UNSEEN,
    dependencies=WRITES,
)
async def hide(comment_id: CommentId, work: InWork, app: CurrentApp) -> bytes:
    """Show a comment on one's own video to nobody but its author; this is how one that waits is refused, too."""
    await service.curating.hide(work, comment_id)
    return await service.present(app, work, comment_id)


@curating.delete(
    "/comments/{comment_id}/hidden",
    operation_id="unhideComment",
    response_model=CommentRead,
    responses=UNSEEN,
    dependencies=WRITES,
)
async def unhide(comment_id: CommentId, work: InWork, app: CurrentApp) -> bytes:
    """Show a hidden comment again; it need not have been hidden."""
    await service.curating.unhide(work, comment_id)
    return await service.present(app, work, comment_id)


@curating.put(
    "/comments/{comment_id}/approval",
    operation_id="approveComment",
    response_model=CommentRead,
    responses=UNSEEN,
    dependencies=WRITES,
)
async def approve(comment_id: CommentId, work: InWork, app: CurrentApp) -> bytes:
    """Show a comment that waits for approval; what is shown or hidden stays as it is."""
    await service.curating.approve(work, comment_id)
    return await service.present(app, work, comment_id)
