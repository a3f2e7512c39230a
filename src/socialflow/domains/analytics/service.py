"""Taking reports of players, and saying what they add up to."""

import uuid
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any

from socialflow.domains.analytics import policy, queries
from socialflow.domains.analytics.schemas import PlaybackErrorCount, PlaybackQualityRead, PlaybackReport
from socialflow.domains.channels import service as channels
from socialflow.domains.videos import service as videos
from socialflow.kernel import metrics
from socialflow.kernel.work import Work

WINDOW = timedelta(days=28)
AT_ONCE = 5_000
# Ended, failed, quit: CMCD's `sta`.
FINAL = frozenset({"e", "f", "q"})


async def take_reports(work: Work, reports: Sequence[PlaybackReport], *, admit: Callable[[], Awaitable[None]]) -> None:
    """Bring reports of one session into its row; raises NotFound unless the actor may see the video.

    `admit` is asked about a session that nothing was told of before, and raises where there are too many. Of the actor
    nothing is kept: who asks only decides whether the video is there for them.
    """
    first = reports[0]
    await videos.visible(work, first.cid, hold=videos.Hold.KEEP)
    row = await queries.bring(
        work.db, {**summed(reports), "id": uuid.UUID(first.sid), "video_id": first.cid, "now": work.now}
    )
    if row is not None and row.is_new:
        await admit()
    if row is None:
        metrics.PLAYBACK_REPORTS.labels("foreign").inc(len(reports))
        return
    metrics.PLAYBACK_REPORTS.labels("taken").inc(len(reports))
    if row.startup_ms is not None and row.startup_before is None:
        metrics.PLAYBACK_STARTUP.observe(row.startup_ms / 1000)
    if row.ended_at is not None and row.ended_before is None:
        metrics.PLAYBACK_SESSIONS.labels("failed" if row.state == "f" else "ended").inc()
        if row.played_ms + row.stall_ms > 0:
            metrics.PLAYBACK_STALL_RATIO.observe(row.stall_ms / (row.played_ms + row.stall_ms))


def summed(reports: Sequence[PlaybackReport]) -> dict[str, Any]:
    """What reports of one session say together: all of their numbers are since it began."""
    in_order = sorted(reports, key=lambda each: each.sn)
    codes = dict.fromkeys(code for each in in_order for code in each.ec or ())
    return {
        "sequence": in_order[-1].sn,
        "state": _last(each.sta for each in in_order),
        "startup_ms": _first(each.msd for each in in_order),
        "played_ms": _most(each.played for each in in_order),
        "stalls": _most(max(each.bsa) for each in in_order if each.bsa),
        "stall_ms": _most(max(each.bsda) for each in in_order if each.bsda),
        "bitrate_kbps": _last(each.mean for each in in_order),
        "switches": _most(each.switches for each in in_order),
        "dropped_frames": _most(each.dfa for each in in_order),
        "errors": list(codes)[: queries.MOST_ERRORS],
        "ended": any(each.sta in FINAL for each in in_order),
    }


async def quality(work: Work, video_id: uuid.UUID) -> PlaybackQualityRead:
    """How well a video played in the last four weeks; raises NotFound and NotYourVideo."""
    video = await videos.visible(work, video_id)
    policy.may_see_quality(work.actor, await channels.role_in(work, video.channel_id, video.account_id))
    since = work.now - WINDOW
    row = await queries.quality(work.db, video_id, since)
    told = dict(row._mapping)
    told["errors"] = [PlaybackErrorCount(**each) for each in told["errors"]]
    return PlaybackQualityRead(since=since, **told)


async def erase_some(work: Work, video_id: uuid.UUID) -> int:
    """Forget some playbacks of a video that is gone; returns how many, 0 when none is left."""
    return await queries.erase(work.db, video_id, AT_ONCE)


async def prune_some(work: Work, keep_seconds: int) -> int:
    """Forget some playbacks whose time is over; returns how many, 0 when none is left."""
    return await queries.prune(work.db, keep_seconds, AT_ONCE)


def _most(numbers: Iterable[int | None]) -> int:
    return max((each for each in numbers if each is not None), default=0)


def _first(values: Iterable[Any]) -> Any:
    return next((each for each in values if each is not None), None)


def _last(values: Iterable[Any]) -> Any:
    return _first(reversed(list(values)))
