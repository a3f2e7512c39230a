"""Routes of saved videos and posts."""

from typing import Annotated

from fastapi import Path, Query, Security

from socialflow.domains.shelves import service
from socialflow.domains.shelves.errors import TooManySaves
from socialflow.domains.shelves.models import SaveKind
from socialflow.domains.shelves.schemas import SavedPage, SaveRead
from socialflow.kernel.errors import InvalidCursor, NotFound, Unauthorized
from socialflow.kernel.pages import Cursor, Limit
from socialflow.kernel.web import CurrentApp, InWork, Viewer, get_actor, problems, router

saves = router("saves", reads="own_marks")

WRITES = [Security(get_actor, scopes=["write:saves"])]
SubjectPath = Annotated[
    str, Path(max_length=40, description="Id of a video or a post.", examples=["vid_01jdxyz7q4e5v8w9r0t1y2p3a4"])
]


@saves.get(
    "/me/saves",
    operation_id="listSaves",
    response_model=SavedPage,
    responses=problems(Unauthorized, InvalidCursor),
    dependencies=[Security(get_actor, scopes=["read"])],
)
async def list_saves(
    app: CurrentApp,
    viewer: Viewer,
    kind: Annotated[SaveKind | None, Query(description="Only videos, or only posts.")] = None,
    limit: Annotated[Limit, Query()] = 20,
    cursor: Annotated[Cursor, Query()] = None,
) -> bytes:
    """What the caller has saved, the latest first; what they may not see any more is left out."""
    return await service.saving.page(app, viewer, kind, limit=limit, cursor=cursor)


@saves.put(
    "/saves/{subject_id}",
    operation_id="save",
    response_model=SaveRead,
    responses=problems(Unauthorized, NotFound, TooManySaves),
    dependencies=WRITES,
)
async def save(subject_id: SubjectPath, work: InWork, app: CurrentApp) -> SaveRead:
    """Save a video or a post, to come back to it; twice is once, and nobody is told."""
    return await service.saving.save(work, subject_id, most=app.settings.shelves.saves_per_account)


@saves.delete(
    "/saves/{subject_id}",
    operation_id="unsave",
    response_model=SaveRead,
    responses=problems(Unauthorized, NotFound),
    dependencies=WRITES,
)
async def unsave(subject_id: SubjectPath, work: InWork) -> SaveRead:
    """Take it back; one need not have saved it."""
    return await service.saving.unsave(work, subject_id)
