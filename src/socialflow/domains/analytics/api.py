"""Routes of how well videos play."""

from fastapi import Request, Response, Security

from socialflow.domains.analytics import service
from socialflow.domains.analytics.schemas import PlaybackQualityRead, PlaybackReports
from socialflow.domains.videos.errors import NotYourVideo
from socialflow.kernel import limits
from socialflow.kernel.errors import InvalidRequest, NotFound, Unauthorized
from socialflow.kernel.ids import VideoId
from socialflow.kernel.limits import Limiter, Rate
from socialflow.kernel.web import CurrentApp, InWork, client_address, get_actor, get_reader, problems, router

quality = router("analytics", reads="own_video")


@quality.post(
    "/analytics/playback",
    operation_id="reportPlayback",
    status_code=204,
    responses=problems(NotFound, InvalidRequest),
    dependencies=[Security(get_reader, scopes=["read"])],
    openapi_extra={"x-points": 1},
)
async def report_playback(body: PlaybackReports, work: InWork, app: CurrentApp, request: Request) -> Response:
    """Tell how a playback goes: reports of a player in event mode of CMCD version 2 (CTA-5004-B), as JSON.

    All reports of a call are of one session. Numbers are since the session began: a report that is lost is made good
    by the next, and one that comes twice counts once. Of one address only so many sessions are taken, and fewer of one
    video, so that nobody alone says how it plays. Nothing is kept of who sent them. Where the installation keeps
    none of it (`SF_ANALYTICS__PLAYBACK_KEEP_S=0`), they are thrown away.
    """
    settings, bounds = app.settings, app.settings.limits
    limiter: Limiter = request.app.state.limiter
    who = limits.address_key(client_address(request))

    async def admit() -> None:
        if bounds.enabled:
            # By video first: what one address may tell of one video is far less than it may tell of all.
            of_video = f"{who} {body.reports[0].cid}"
            await limiter.demand("beacon_video", of_video, Rate.parse(bounds.beacon_video))
            await limiter.demand("beacon_sessions", who, Rate.parse(bounds.beacon_sessions))

    if bounds.enabled:
        await limiter.demand("beacon_address", who, Rate.parse(bounds.beacon_address), len(body.reports))
    if settings.analytics.playback_keep_s:
        await service.take_reports(work, body.reports, admit=admit)
    return Response(status_code=204)


@quality.get(
    "/videos/{video_id}/playback-quality",
    operation_id="getPlaybackQuality",
    response_model=PlaybackQualityRead,
    responses=problems(Unauthorized, NotYourVideo, NotFound),
    dependencies=[Security(get_actor, scopes=["read"])],
)
async def get_playback_quality(video_id: VideoId, work: InWork) -> PlaybackQualityRead:
    """How well one's own video played in the last four weeks, as players tell; staff who see every video may ask."""
    return await service.quality(work, video_id)
