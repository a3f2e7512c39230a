"""Routes of dislikes and reactions."""

from fastapi import Security

from socialflow.domains.engagement import service
from socialflow.domains.engagement.api.likes import SubjectIds, SubjectPath, parsed
from socialflow.domains.engagement.errors import CommentNotShown, EmojiNotOffered
from socialflow.domains.engagement.schemas import (
    DislikeRead,
    EmojisRead,
    ReactionsOfMany,
    ReactionsRead,
    ReactionUpdate,
)
from socialflow.kernel.errors import InvalidRequest, NotFound, Unauthorized
from socialflow.kernel.web import CurrentApp, InWork, Reader, get_actor, get_reader, problems, router

reactions = router("likes", reads="reactions")

WRITES = [Security(get_actor, scopes=["write:likes"])]


@reactions.put(
    "/dislikes/{subject_id}",
    operation_id="dislike",
    response_model=DislikeRead,
    responses=problems(Unauthorized, NotFound, CommentNotShown),
    dependencies=WRITES,
)
async def dislike(subject_id: SubjectPath, work: InWork) -> DislikeRead:
    """Dislike a video, a post or a comment, and like it no more; how many do is told to its owner alone."""
    return await service.dislike(work, subject_id)


@reactions.delete(
    "/dislikes/{subject_id}",
    operation_id="withdrawDislike",
    response_model=DislikeRead,
    responses=problems(Unauthorized, NotFound, CommentNotShown),
    dependencies=WRITES,
)
async def withdraw_dislike(subject_id: SubjectPath, work: InWork) -> DislikeRead:
    """Dislike it no more; one need not have disliked it."""
    return await service.undislike(work, subject_id)


@reactions.get(
    "/reactions",
    operation_id="getReactions",
    response_model=ReactionsOfMany,
    responses=problems(InvalidRequest),
)
async def get_reactions(
    subject_ids: SubjectIds,
    app: CurrentApp,
    viewer: Reader,
) -> ReactionsOfMany:
    """How people react to these videos, posts and comments, of those that the caller may see; and the caller, too."""
    return ReactionsOfMany(subjects=await service.reacting.of_many(app, viewer, parsed(subject_ids)))


@reactions.get(
    "/reactions/emojis",
    operation_id="getEmojis",
    response_model=EmojisRead,
    dependencies=[Security(get_reader, scopes=["read"])],
    openapi_extra={"x-visibility": "site"},
)
async def get_emojis(app: CurrentApp) -> EmojisRead:
    """By what one can react here: the operator's choice, and pictures of the installation's own."""
    return await service.reacting.offered(app)


@reactions.put(
    "/reactions/{subject_id}",
    operation_id="react",
    response_model=ReactionsRead,
    responses=problems(Unauthorized, NotFound, CommentNotShown, EmojiNotOffered),
    dependencies=WRITES,
)
async def react(subject_id: SubjectPath, body: ReactionUpdate, work: InWork, app: CurrentApp) -> ReactionsRead:
    """React to a video, a post or a comment by an emoji, in place of any other that one has chosen before."""
    return await service.reacting.react(work, app, subject_id, body.emoji)


@reactions.delete(
    "/reactions/{subject_id}",
    operation_id="withdrawReaction",
    response_model=ReactionsRead,
    responses=problems(Unauthorized, NotFound, CommentNotShown),
    dependencies=WRITES,
)
async def withdraw_reaction(subject_id: SubjectPath, work: InWork) -> ReactionsRead:
    """React to it no more; one need not have."""
    return await service.reacting.withdraw(work, subject_id)
