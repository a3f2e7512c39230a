"""Routes about what is made of uploads: staff see everybody's, owners stop and restart their own."""

from typing import Annotated, Any

from fastapi import Depends, Query, Security

from socialflow.domains.accounts.errors import NotPermitted
from socialflow.domains.media import policy
from socialflow.domains.media.errors import NotToCancel, NotToRetry, SourceGone, UploadsNotAllowed
from socialflow.domains.media.models import TranscodeState
from socialflow.domains.media.schemas import JobAsk, MediaJobPage, MediaJobWhole, MediaOverview
from socialflow.domains.media.service import jobs
from socialflow.kernel import presence
from socialflow.kernel.errors import InvalidCursor, NotFound, Unauthorized
from socialflow.kernel.ids import AssetId, UploadId
from socialflow.kernel.pages import Cursor, Limit
from socialflow.kernel.web import CurrentApp, InWork, Viewer, get_actor, problems, router

admin = router("admin", reads="staff")
own_jobs = router("uploads")

RETRY_POINTS = 50
STAFF = (Unauthorized, NotPermitted)


async def _hold(viewer: Viewer) -> None:
    policy.may_manage_jobs(viewer)


GUARDED: list[Any] = [Security(get_actor, scopes=["admin:jobs"]), Depends(_hold)]
OWN: list[Any] = [Security(get_actor, scopes=["write:uploads"])]


@admin.get(
    "/admin/media",
    operation_id="getMediaOverview",
    response_model=MediaOverview,
    responses=problems(*STAFF),
    dependencies=GUARDED,
)
async def overview(work: InWork, app: CurrentApp) -> MediaOverview:
    """How much waits, which workers are there, and what is kept."""
    return await jobs.overview(work, await presence.workers(app.redis))


@admin.get(
    "/admin/media/jobs",
    operation_id="listMediaJobs",
    response_model=MediaJobPage,
    responses=problems(*STAFF, InvalidCursor),
    dependencies=GUARDED,
)
async def list_jobs(
    work: InWork,
    app: CurrentApp,
    state: Annotated[TranscodeState | None, Query(description="Only those that stand so.")] = None,
    limit: Annotated[Limit, Query()] = 20,
    cursor: Annotated[Cursor, Query()] = None,
) -> MediaJobPage:
    """What is or was made of uploads, the newest first."""
    return await jobs.page(work, app.keys, state=state, limit=limit, cursor=cursor)


@admin.get(
    "/admin/media/jobs/{asset_id}",
    operation_id="getMediaJob",
    response_model=MediaJobWhole,
    responses=problems(*STAFF, NotFound),
    dependencies=GUARDED,
)
async def get_job(work: InWork, asset_id: AssetId) -> MediaJobWhole:
    """One job with its tasks, what failed and why, and what it cost."""
    return await jobs.one(work, asset_id)


@admin.post(
    "/admin/media/jobs/{asset_id}/retry",
    operation_id="retryMediaJob",
    response_model=MediaJobWhole,
    responses=problems(*STAFF, NotFound, NotToRetry, SourceGone),
    dependencies=GUARDED,
)
async def retry_job(work: InWork, asset_id: AssetId, body: JobAsk) -> MediaJobWhole:
    """Begin anew with an upload that failed or was stopped."""
    await jobs.begin_again(work, asset_id, reason=body.reason)
    return await jobs.one(work, asset_id)


@admin.post(
    "/admin/media/jobs/{asset_id}/cancel",
    operation_id="cancelMediaJob",
    response_model=MediaJobWhole,
    responses=problems(*STAFF, NotFound, NotToCancel),
    dependencies=GUARDED,
)
async def cancel_job(work: InWork, asset_id: AssetId, body: JobAsk) -> MediaJobWhole:
    """Stop what is being made of an upload; encoders that are at it end within seconds."""
    await jobs.stop(work, asset_id, reason=body.reason)
    return await jobs.one(work, asset_id)


@own_jobs.post(
    "/uploads/{upload_id}/retry",
    operation_id="retryUpload",
    status_code=204,
    responses=problems(Unauthorized, UploadsNotAllowed, NotFound, NotToRetry, SourceGone),
    dependencies=OWN,
    # What it costs us is much more than a row.
    openapi_extra={"x-points": RETRY_POINTS},
)
async def retry_own(work: InWork, upload_id: UploadId) -> None:
    """Process one's own upload again, after it failed or was stopped."""
    await jobs.begin_own_again(work, upload_id)


@own_jobs.post(
    "/uploads/{upload_id}/cancel",
    operation_id="cancelUpload",
    status_code=204,
    responses=problems(Unauthorized, NotFound, NotToCancel),
    dependencies=OWN,
)
async def cancel_own(work: InWork, upload_id: UploadId) -> None:
    """Stop the processing of one's own upload; the file stays, and it can be begun anew."""
    await jobs.stop_own(work, upload_id)
