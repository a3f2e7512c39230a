"""Routes of what one's posts begin with."""

from fastapi import Security

from socialflow.domains.posts import service
from socialflow.domains.posts.schemas import PostingSettingsRead, PostingSettingsUpdate
from socialflow.kernel.errors import Unauthorized
from socialflow.kernel.web import CurrentApp, InWork, Viewer, get_actor, problems, router

settings = router("posts", reads="own")


@settings.get(
    "/me/posting",
    operation_id="getPostingSettings",
    response_model=PostingSettingsRead,
    responses=problems(Unauthorized),
    dependencies=[Security(get_actor, scopes=["read"])],
)
async def get_posting_settings(app: CurrentApp, viewer: Viewer) -> PostingSettingsRead:
    """What the caller's posts begin with, and who may quote their videos."""
    return await service.settings(app, viewer)


@settings.patch(
    "/me/posting",
    operation_id="updatePostingSettings",
    response_model=PostingSettingsRead,
    responses=problems(Unauthorized),
    dependencies=[Security(get_actor, scopes=["write:posts"])],
)
async def update_posting_settings(body: PostingSettingsUpdate, work: InWork) -> PostingSettingsRead:
    """Change what the caller's posts begin with. Who may quote their videos is asked whenever somebody does."""
    return await service.change_settings(work, body)
