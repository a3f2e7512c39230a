"""What is asked about playbacks, and the statement by which a report is brought into its row."""

import uuid
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

# Nobody has played for longer than since the first report, and the little while before that.
HEAD_START_MS = 600_000
MOST_LOOKED_AT = 20_000
MOST_ERRORS = 8

# Numbers only grow; what is true at a moment is the latest report's. A foreign video's row is left alone. `before` is
# what stood there when the statement began.
_BRING = text(f"""
    WITH before AS (
        SELECT startup_ms, ended_at FROM playback_sessions WHERE id = :id
    )
    INSERT INTO playback_sessions AS kept (
        id, video_id, sequence, state, startup_ms, played_ms, stalls, stall_ms, bitrate_kbps, switches, dropped_frames,
        errors, started_at, updated_at, ended_at
    ) VALUES (
        :id, :video_id, :sequence, :state, :startup_ms, least(:played_ms, {HEAD_START_MS}), :stalls,
        least(:stall_ms, {HEAD_START_MS}), :bitrate_kbps, :switches, :dropped_frames, CAST(:errors AS text[]),
        :now, :now,
        CASE WHEN :ended THEN CAST(:now AS timestamptz) END
    )
    ON CONFLICT (id) DO UPDATE SET
        sequence = greatest(kept.sequence, excluded.sequence),
        state = CASE WHEN excluded.sequence >= kept.sequence
            THEN coalesce(excluded.state, kept.state) ELSE kept.state END,
        bitrate_kbps = CASE WHEN excluded.sequence >= kept.sequence
            THEN coalesce(excluded.bitrate_kbps, kept.bitrate_kbps) ELSE kept.bitrate_kbps END,
        startup_ms = coalesce(kept.startup_ms, excluded.startup_ms),
        played_ms = greatest(kept.played_ms, least(:played_ms, {HEAD_START_MS}
            + (extract(epoch FROM excluded.updated_at - kept.started_at) * 1000)::bigint)),
        stall_ms = greatest(kept.stall_ms, least(:stall_ms, {HEAD_START_MS}
            + (extract(epoch FROM excluded.updated_at - kept.started_at) * 1000)::bigint)),
        stalls = greatest(kept.stalls, excluded.stalls),
        switches = greatest(kept.switches, excluded.switches),
        dropped_frames = greatest(kept.dropped_frames, excluded.dropped_frames),
        errors = ARRAY(SELECT DISTINCT code FROM unnest(kept.errors || excluded.errors) AS code LIMIT {MOST_ERRORS}),
        updated_at = excluded.updated_at,
        ended_at = coalesce(kept.ended_at, excluded.ended_at)
    WHERE kept.video_id = excluded.video_id
    RETURNING startup_ms, played_ms, stall_ms, state, ended_at,
        NOT EXISTS (SELECT FROM before) AS is_new,
        (SELECT startup_ms FROM before) AS startup_before, (SELECT ended_at FROM before) AS ended_before
""")  # noqa: S608  # numbers, constants of this module
_ERASE = text("""
    DELETE FROM playback_sessions WHERE ctid IN (
        SELECT ctid FROM playback_sessions WHERE video_id = :video_id LIMIT :most
    )
""")
_PRUNE = text("""
    DELETE FROM playback_sessions WHERE ctid IN (
        SELECT ctid FROM playback_sessions WHERE started_at < now() - make_interval(secs => :keep) LIMIT :most
    )
""")
_QUALITY = text("""
    WITH looked_at AS (
        SELECT * FROM playback_sessions WHERE video_id = :video_id AND started_at >= :since
            AND (played_ms > 0 OR state = 'f')
        ORDER BY started_at DESC LIMIT :most
    )
    SELECT count(*) AS sessions,
        percentile_disc(0.5) WITHIN GROUP (ORDER BY startup_ms) AS startup_ms,
        percentile_disc(0.95) WITHIN GROUP (ORDER BY startup_ms) AS startup_slow_ms,
        avg(CAST(stalls > 0 AS int))::float8 AS stalled_share,
        (sum(stall_ms)::float8 / nullif(sum(stall_ms) + sum(played_ms), 0)) AS stall_ratio,
        (sum(bitrate_kbps::bigint * played_ms) / nullif(sum(played_ms) FILTER (WHERE bitrate_kbps IS NOT NULL), 0))::int
            AS bitrate_kbps,
        avg(switches)::float8 AS switches,
        avg(dropped_frames)::float8 AS dropped_frames,
        avg(CAST(coalesce(state, '') = 'f' AS int))::float8 AS failed_share,
        (SELECT coalesce(json_agg(json_build_object('code', code, 'sessions', number)), '[]') FROM (
            SELECT code, count(*) AS number FROM looked_at, unnest(errors) AS code
            GROUP BY code ORDER BY number DESC, code LIMIT 5
        ) counted) AS errors
    FROM looked_at
""")


async def bring(db: AsyncSession, values: dict[str, Any]) -> Any | None:
    """Bring what a session has told into its row; None where the session is another video's."""
    return (await db.execute(_BRING, values)).one_or_none()


async def quality(db: AsyncSession, video_id: uuid.UUID, since: Any) -> Any:
    """How well a video has played since then: one row, by its latest playbacks that showed anything, or failed."""
    return (await db.execute(_QUALITY, {"video_id": video_id, "since": since, "most": MOST_LOOKED_AT})).one()


async def erase(db: AsyncSession, video_id: uuid.UUID, most: int) -> int:
    """Forget some playbacks of a video that is gone; returns how many."""
    gone = await db.execute(_ERASE, {"video_id": video_id, "most": most})
    return int(gone.rowcount)  # type: ignore[attr-defined]  # a DELETE's result has one


async def prune(db: AsyncSession, keep_seconds: int, most: int) -> int:
    """Forget some playbacks whose time is over; returns how many."""
    gone = await db.execute(_PRUNE, {"keep": keep_seconds, "most": most})
    return int(gone.rowcount)  # type: ignore[attr-defined]  # a DELETE's result has one
