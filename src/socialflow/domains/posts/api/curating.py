"""Routes by which who began a thread, or works for them, looks after the replies in it."""

from typing import Annotated, Literal

from fastapi import Query, Security

from socialflow.domains.posts import service
from socialflow.domains.posts.errors import NotADirectReply, NotYourThread, ReplyNotShown
from socialflow.domains.posts.models import PostState
from socialflow.domains.posts.schemas import PostPage, PostRead
from socialflow.kernel.errors import InvalidCursor, NotFound, Unauthorized
from socialflow.kernel.ids import ChannelId, PostId
from socialflow.kernel.pages import Cursor, Limit
from socialflow.kernel.web import CurrentApp, InWork, Viewer, get_actor, problems, router

curating = router("posts", reads="own")

WRITES = [Security(get_actor, scopes=["write:posts"])]
UNSEEN = problems(Unauthorized, NotYourThread, NotFound)


@curating.get(
    "/me/replies",
    operation_id="listUnshownReplies",
    response_model=PostPage,
    responses=problems(Unauthorized, NotYourThread, NotFound, InvalidCursor),
    dependencies=[Security(get_actor, scopes=["read"])],
)
async def list_unshown_replies(
    app: CurrentApp,
    viewer: Viewer,
    state: Annotated[
        Literal["held", "hidden"] | None, Query(description="`held` unless something else is asked for.")
    ] = None,
    mine: Annotated[
        bool | None, Query(description="What the caller has said themselves, instead of what others said to them.")
    ] = None,
    channel_id: Annotated[
        ChannelId | None, Query(description="Only in threads that this channel began, for whoever looks after them.")
    ] = None,
    limit: Annotated[Limit, Query()] = 20,
    cursor: Annotated[Cursor, Query()] = None,
) -> bytes:
    """Replies that others do not see: what waits for the caller's approval in their threads, or was hidden by them."""
    wanted = service.Unshown(PostState(state or "held"), bool(mine), channel_id)
    return await service.unshown(app, viewer, wanted, limit=limit, cursor=cursor)


@curating.put(
    "/replies/{post_id}/pin",
    operation_id="pinReply",
    response_model=PostRead,
    responses=problems(Unauthorized, NotYourThread, NotFound, ReplyNotShown, NotADirectReply),
    dependencies=WRITES,
)
async def pin(post_id: PostId, work: InWork, app: CurrentApp) -> bytes:
    """Put a reply to one's own post before all others, in place of any other."""
    await service.curating.pin(work, post_id)
    return (await service.present(app, work, post_id)).body


@curating.delete(
    "/replies/{post_id}/pin",
    operation_id="unpinReply",
    response_model=PostRead,
    responses=UNSEEN,
    dependencies=WRITES,
)
async def unpin(post_id: PostId, work: InWork, app: CurrentApp) -> bytes:
    """Let it stand where it belongs; it need not have been pinned."""
    await service.curating.unpin(work, post_id)
    return (await service.present(app, work, post_id)).body


@curating.put(
    "/replies/{post_id}/heart",
    operation_id="heartReply",
    response_model=PostRead,
    responses=problems(Unauthorized, NotYourThread, NotFound, ReplyNotShown),
    dependencies=WRITES,
)
async def heart(post_id: PostId, work: InWork, app: CurrentApp) -> bytes:
    """Mark a reply in one's own thread with a heart; twice is once."""
    await service.curating.heart(work, post_id)
    return (await service.present(app, work, post_id)).body


@curating.delete(
    "/replies/{post_id}/heart",
    operation_id="unheartReply",
    response_model=PostRead,
    responses=UNSEEN,
    dependencies=WRITES,
)
async def unheart(post_id: PostId, work: InWork, app: CurrentApp) -> bytes:
    """Take the heart back; there need not have been one."""
    await service.curating.unheart(work, post_id)
    return (await service.present(app, work, post_id)).body


@curating.put(
    "/replies/{post_id}/hidden",
    operation_id="hideReply",
    response_model=PostRead,
    responses=UNSEEN,
    dependencies=WRITES,
)
async def hide(post_id: PostId, work: InWork, app: CurrentApp) -> bytes:
    """Show a reply in one's own thread to nobody but its author; this is how one that waits is refused, too."""
    await service.curating.hide(work, post_id)
    return (await service.present(app, work, post_id)).body


@curating.delete(
    "/replies/{post_id}/hidden",
    operation_id="unhideReply",
    response_model=PostRead,
    responses=UNSEEN,
    dependencies=WRITES,
)
async def unhide(post_id: PostId, work: InWork, app: CurrentApp) -> bytes:
    """Show a hidden reply again; it need not have been hidden."""
    await service.curating.unhide(work, post_id)
    return (await service.present(app, work, post_id)).body


@curating.put(
    "/replies/{post_id}/approval",
    operation_id="approveReply",
    response_model=PostRead,
    responses=UNSEEN,
    dependencies=WRITES,
)
async def approve(post_id: PostId, work: InWork, app: CurrentApp) -> bytes:
    """Publish a reply that waits for approval; what is published or hidden stays as it is."""
    await service.curating.approve(work, post_id)
    return (await service.present(app, work, post_id)).body
