"""Routes of how something may be commented on, and of whom one may mention."""

from typing import Annotated

from fastapi import Path, Query, Security

from socialflow.domains.engagement import service
from socialflow.domains.engagement.errors import NotYourSubject
from socialflow.domains.engagement.models import CommentMode
from socialflow.domains.engagement.schemas import (
    CommentRuleRead,
    CommentRuleUpdate,
    MentionablesRead,
    RuledId,
)
from socialflow.kernel.errors import NotFound, Unauthorized
from socialflow.kernel.web import CurrentApp, InWork, Viewer, get_actor, get_reader, problems, router

rules = router("comments", reads="comment_rules")

RuledPath = Annotated[RuledId, Path()]
Beginning = Annotated[
    str, Query(max_length=31, description="How the handle begins, with or without @; may be empty.", examples=["ad"])
]
About = Annotated[
    str | None, Query(max_length=40, description="The video or post that is talked about: who is part of it is first.")
]


@rules.get(
    "/comment-rules/{subject_id}",
    operation_id="getCommentRule",
    response_model=CommentRuleRead,
    responses=problems(NotFound),
    dependencies=[Security(get_reader, scopes=["read"])],
)
async def get_rule(subject_id: RuledPath, work: InWork) -> CommentRuleRead:
    """How a video, or what a channel publishes, may be commented on."""
    return await service.rules.rule(work, subject_id)


@rules.put(
    "/comment-rules/{subject_id}",
    operation_id="setCommentRule",
    response_model=CommentRuleRead,
    responses=problems(Unauthorized, NotYourSubject, NotFound),
    dependencies=[Security(get_actor, scopes=["write:comments"])],
)
async def set_rule(subject_id: RuledPath, body: CommentRuleUpdate, work: InWork) -> CommentRuleRead:
    """Say how one's own video, or everything of one's channel, may be commented on from now on."""
    return await service.rules.change(work, subject_id, CommentMode(body.mode) if body.mode else None)


@rules.get(
    "/mentionable",
    operation_id="suggestMentions",
    response_model=MentionablesRead,
    responses=problems(Unauthorized, NotFound),
    dependencies=[Security(get_actor, scopes=["read"])],
    openapi_extra={"x-visibility": "mentionable"},
)
async def suggest_mentions(
    app: CurrentApp, viewer: Viewer, prefix: Beginning = "", subject_id: About = None
) -> MentionablesRead:
    """Up to eight people whom the caller can meet and whose handle begins so, for who is typing an @."""
    return await service.mentionable(app, viewer, prefix, subject_id)
