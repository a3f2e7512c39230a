"""An installation from before the media pipeline was whole: its videos stay through the upgrade, and the way back."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from alembic import command
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from socialflow import migrations
from socialflow.entrypoints import schema
from socialflow.entrypoints.engines.throwaway import Pair, throwaway
from socialflow.kernel import ids
from socialflow.kernel.db import async_url

BEFORE = "0014"
WHO: dict[str, Any] = {name: ids.new() for name in ("account", "channel", "upload", "asset", "open", "lost", "video")}
OLD = (
    """INSERT INTO accounts
        (id, email, handle, display_name, password_hash, role, state, channel_id, created_at, updated_at)
        VALUES (:account, 'ada@example.org', 'ada', 'Ada', 'x', 'user', 'active', :channel, now(), now())""",
    """INSERT INTO channels (id, account_id, handle, display_name, created_at, updated_at)
        VALUES (:channel, :account, 'ada', 'Ada', now(), now())""",
    """INSERT INTO uploads (id, account_id, purpose, filename, filetype, length, received, state, asset_id, expires_at,
        created_at, updated_at)
        VALUES (:upload, :account, 'video', 'a.mp4', 'video/mp4', 9, 9, 'received', :asset, now(), now(), now()),
            (:open, :account, 'video', 'b.mp4', 'video/mp4', 9, 4, 'receiving', :lost, now(), now(), now())""",
    """INSERT INTO upload_pieces (upload_id, start, length, key, sha256)
        VALUES (:upload, 0, 9, 'uploads/a', 'ab'), (:open, 0, 4, 'uploads/b', 'cd')""",
    """INSERT INTO assets (id, account_id, upload_id, purpose, source_key, source_size, state, progress, created_at,
        updated_at) VALUES (:asset, :account, :upload, 'video', 'uploads/a', 9, 'ready', 100, now(), now())""",
    """INSERT INTO asset_files (asset_id, name, key, content_type, size, sha256, created_at)
        VALUES (:asset, 'v360.mp4', 'assets/a', 'video/mp4', 5, 'ef', now())""",
    """INSERT INTO renditions (asset_id, name, kind, codecs, bandwidth, average_bandwidth, size, created_at)
        VALUES (:asset, '360p', 'video', 'avc1.64001e', 9, 9, 5, now())""",
    """INSERT INTO videos (id, account_id, channel_id, upload_id, asset_id, title, visibility, state, created_at,
        updated_at) VALUES (:video, :account, :channel, :upload, :asset, 'A', 'private', 'ready', now(), now())""",
    """INSERT INTO jobs (id, kind, key, queue, payload)
        VALUES (gen_random_uuid(), 'media.transcode', 'k', 'media', '{}')""",
)
# One of each kind that a release of before knows nothing of.
NEW = (
    """INSERT INTO uploads (id, account_id, purpose, filename, filetype, length, received, state, origin, kind,
        asset_id, expires_at, created_at, updated_at)
        SELECT gen_random_uuid(), :account, 'video', 'x', '', length, 0, state, origin, kind, gen_random_uuid(), now(),
            now(), now()
        FROM (VALUES (9, 'receiving', 'edit', 'whole'), (9, 'received', 'edit', 'whole'),
            (9, 'failed', 'edit', 'whole'), (9, 'expired', 'edit', 'whole'),
            (CAST(NULL AS bigint), 'failed', 'link', 'whole'),
            (NULL, 'receiving', 'link', 'whole'), (9, 'receiving', 'sent', 'partial'), (9, 'received', 'sent', 'final'),
            (9, 'receiving', 'sent', 'direct')) AS rows (length, state, origin, kind)""",
    """INSERT INTO link_imports (upload_id, url, host, quota_bytes, begun_at)
        SELECT id, 'x', 'example.org', 9, now() FROM uploads WHERE origin = 'link'""",
    """INSERT INTO upload_pieces (upload_id, start, length, key)
        SELECT id, 0, 9, 'uploads/' || id FROM uploads WHERE kind IN ('direct', 'final') OR origin = 'edit'""",
    """INSERT INTO video_sources (id, video_id, upload_id, asset_id, state, created_at)
        VALUES (gen_random_uuid(), :video, :upload, :asset, 'current', now())""",
    """INSERT INTO edits (id, account_id, source_asset_id, upload_id, asset_id, operations, inputs, spans, sound, state,
        duration_ms, quota_bytes, created_at, updated_at)
        SELECT gen_random_uuid(), :account, :asset, id, asset_id, '[]', '{}', '[]', 'kept', 'making', 9, 9, now(), now()
        FROM uploads WHERE origin = 'edit' AND state = 'receiving'""",
    """INSERT INTO transcodes (asset_id, created_at) VALUES (:asset, now())""",
    """INSERT INTO transcode_tasks (id, asset_id, name, kind, rungs, state, share, patience_s)
        VALUES (gen_random_uuid(), :asset, 'poster', 'poster', '[]', 'running', 1, 1)""",
    """INSERT INTO captions (asset_id, language, kind, label, is_default, automatic, cues, cue_count, edition,
        created_at, updated_at) VALUES (:asset, 'en', 'captions', 'E', true, false, '[]', 0, 1, now(), now())""",
    """INSERT INTO watches (id, account_id, video_id, position_ms, duration_ms, began_at, watched_at)
        VALUES (gen_random_uuid(), :account, :video, 6000, 60000, now(), now())""",
    """UPDATE assets SET protection = 'clearkey'""",
    """INSERT INTO asset_keys (id, asset_id, protection, secret, created_at)
        VALUES (gen_random_uuid(), :asset, 'clearkey', 'x', now())""",
)
LOOK = """SELECT (SELECT string_agg(state || ' ' || received, ', ' ORDER BY received) FROM uploads
        WHERE id IN (:upload, :open)), (SELECT string_agg(key, ', ' ORDER BY key) FROM upload_pieces
        WHERE upload_id IN (:upload, :open)), (SELECT state FROM assets WHERE id = :asset),
    (SELECT count(*) FROM asset_files), (SELECT count(*) FROM renditions), (SELECT title FROM videos),
    (SELECT count(*) FROM jobs)"""
KEPT = ("receiving 4, received 9", "uploads/a, uploads/b", "ready", 1, 1, "A", 1)


@pytest.fixture
def pair() -> Iterator[Pair]:
    with throwaway() as made:
        yield made


def told(pair: Pair, *statements: str) -> list[tuple[Any, ...]]:
    """Execute some; the rows of the last."""

    async def run() -> list[tuple[Any, ...]]:
        engine = create_async_engine(async_url(pair.database_url))
        found: list[tuple[Any, ...]] = []
        async with engine.begin() as connection:
            for each in statements:
                statement = text(each)
                result = await connection.execute(statement, {name: WHO[name] for name in statement._bindparams})
                found = [tuple(row) for row in result] if result.returns_rows else []
        await engine.dispose()
        return found

    return asyncio.run(run())


@pytest.mark.timeout(240)
def test_videos_of_a_former_revision_stay_through_the_upgrade_and_the_way_back(pair: Pair) -> None:
    schema.upgrade(pair.database_url, BEFORE)
    told(pair, *OLD)
    schema.upgrade(pair.database_url)
    assert told(pair, LOOK) == [KEPT]
    assert told(
        pair,
        """SELECT a.counted, a.protection, a.extras, a.priority, u.kind, u.origin, j.due_by IS NOT NULL, j.lane
            FROM assets a JOIN uploads u ON u.id = a.upload_id, jobs j""",
    ) == [(9, None, {}, 1.0, "whole", "sent", True, None)]
    told(pair, *NEW)

    configuration = migrations.configuration(pair.database_url)
    # With its key a film that is enciphered would be lost: whoever goes back takes protection away before.
    with pytest.raises(DBAPIError, match="protected"):
        command.downgrade(configuration, BEFORE)
    assert told(pair, "SELECT count(*) FROM asset_keys") == [(1,)]
    told(pair, "UPDATE asset_keys SET ended_at = now()")
    command.downgrade(configuration, BEFORE)
    assert told(pair, LOOK) == [KEPT]
    schema.upgrade(pair.database_url)
    assert told(pair, LOOK) == [KEPT]
