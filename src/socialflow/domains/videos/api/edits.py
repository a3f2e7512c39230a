"""Routes of edits: what is made of one's video, how far it is, and back."""

from typing import Annotated

from fastapi import Query, Security

from socialflow.domains.media.errors import (
    EditChangesNothing,
    EditGoesOn,
    EditIsOver,
    EditLeavesNothing,
    EditsNotOffered,
    EditTooLong,
    ImageRefused,
    NoPictureToMark,
    NoSoundLeft,
    NotReadyForEditing,
    QuotaExceeded,
    SoundRefused,
    TooManyEdits,
    TooManyUploads,
    UploadsNotAllowed,
)
from socialflow.domains.videos import service
from socialflow.domains.videos.errors import NothingToUndo, NotYourVideo
from socialflow.domains.videos.schemas import EditCreate, EditPage, EditRead
from socialflow.kernel.errors import InvalidCursor, NotFound, Unauthorized
from socialflow.kernel.ids import EditId, VideoId
from socialflow.kernel.pages import Cursor, Limit
from socialflow.kernel.web import CurrentApp, InWork, get_actor, problems, router

edits = router("videos", reads="own_video")

# What it costs us is much more than a row.
EDIT_POINTS = 50
OWN = (Unauthorized, NotYourVideo, NotFound)
READS = [Security(get_actor, scopes=["read"])]
WRITES = [Security(get_actor, scopes=["write:videos"])]


@edits.post(
    "/videos/{video_id}/edits",
    operation_id="createEdit",
    status_code=201,
    response_model=EditRead,
    responses=problems(
        *OWN,
        UploadsNotAllowed,
        EditsNotOffered,
        EditGoesOn,
        NotReadyForEditing,
        NoPictureToMark,
        NoSoundLeft,
        ImageRefused,
        SoundRefused,
        QuotaExceeded,
        EditLeavesNothing,
        EditChangesNothing,
        EditTooLong,
        TooManyEdits,
        TooManyUploads,
    ),
    dependencies=WRITES,
    openapi_extra={"x-points": EDIT_POINTS},
)
async def create_edit(video_id: VideoId, body: EditCreate, work: InWork, app: CurrentApp) -> EditRead:
    """Have one's video cut, joined with others of one's own, marked, or given another sound.

    The video stays as it is until something of the result can be watched; then all changes at once, under the same
    address. Captions and chapters go along to where they belong, pictures are made anew. Operations are done one after
    another: times are those of the video as the operations before have left it. Each `kind` takes members of its own:
    `trim` `start_ms` and `end_ms`; `cut` `ranges`; `concat` `video_ids` and `before`; `watermark` `upload_id` (of
    purpose `watermark`), `position`, `opacity` and `size`; `replace_audio` `upload_id` (of purpose `sound`); `mute` no
    other.
    """
    return await service.editing.start(app, work, video_id, body)


@edits.get(
    "/videos/{video_id}/edits",
    operation_id="listEdits",
    response_model=EditPage,
    responses=problems(*OWN, InvalidCursor),
    dependencies=READS,
)
async def list_edits(
    video_id: VideoId,
    work: InWork,
    app: CurrentApp,
    limit: Annotated[Limit, Query()] = 20,
    cursor: Annotated[Cursor, Query()] = None,
) -> EditPage:
    """The edits of one's video, the newest first."""
    return await service.editing.page(app, work, video_id, limit=limit, cursor=cursor)


@edits.get(
    "/videos/{video_id}/edits/{edit_id}",
    operation_id="getEdit",
    response_model=EditRead,
    responses=problems(*OWN),
    dependencies=READS,
)
async def get_edit(video_id: VideoId, edit_id: EditId, work: InWork, app: CurrentApp) -> EditRead:
    """One edit: how far it is, what it did, and whether it can be undone."""
    return await service.editing.one(app, work, video_id, edit_id)


@edits.post(
    "/videos/{video_id}/edits/{edit_id}/cancel",
    operation_id="cancelEdit",
    response_model=EditRead,
    responses=problems(*OWN, EditIsOver),
    dependencies=WRITES,
)
async def cancel_edit(video_id: VideoId, edit_id: EditId, work: InWork, app: CurrentApp) -> EditRead:
    """Give up an edit whose result is not shown yet."""
    return await service.editing.cancel(app, work, video_id, edit_id)


@edits.post(
    "/videos/{video_id}/edits/{edit_id}/revert",
    operation_id="revertEdit",
    response_model=EditRead,
    responses=problems(*OWN, EditGoesOn, NothingToUndo),
    dependencies=WRITES,
)
async def revert_edit(video_id: VideoId, edit_id: EditId, work: InWork, app: CurrentApp) -> EditRead:
    """Undo the edit that is shown: what was shown before comes back at once, with its captions and chapters.

    Of edits of an edit the last one is undone first.
    """
    return await service.editing.revert(app, work, video_id, edit_id)
