"""A small town: channels, videos, follows, likes and comments, put straight into the tables."""

import asyncio
import random
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import asyncpg

from socialflow.kernel import ids

CHANNELS, VIDEOS, EDGES = 200, 2_000, 20_000
DISCUSSED = 400
TAGS = ("sea", "music", "cats", "city", "snow", "food")
FILES = (
    ("master.m3u8", "application/vnd.apple.mpegurl"),
    ("manifest.mpd", "application/dash+xml"),
    ("poster.jpg", "image/jpeg"),
    ("storyboard.vtt", "text/vtt"),
)


@dataclass
class Town:
    """Who and what there is."""

    accounts: list[uuid.UUID] = field(default_factory=list)
    channels: list[uuid.UUID] = field(default_factory=list)
    videos: list[uuid.UUID] = field(default_factory=list)
    discussed: list[uuid.UUID] = field(default_factory=list)


def fill(database_url: str) -> Town:
    """Make everything; the same each time but for the ids."""
    return asyncio.run(_fill(database_url))


def follow(database_url: str, account_ids: list[uuid.UUID], town: Town, count: int) -> None:
    """Let accounts follow the first `count` channels."""
    now = datetime.now(UTC)
    rows = [(account, channel, ids.new(), now) for account in account_ids for channel in town.channels[:count]]

    async def write() -> None:
        connection = await asyncpg.connect(database_url)
        await connection.copy_records_to_table(
            "follows", records=rows, columns=["follower_id", "channel_id", "id", "created_at"]
        )
        await connection.close()

    asyncio.run(write())


async def _fill(database_url: str) -> Town:
    chance, now, town = random.Random(7), datetime.now(UTC), Town()
    connection = await asyncpg.connect(database_url)
    try:
        async with connection.transaction():
            await _people(connection, town, now)
            await _videos(connection, town, now, chance)
            await _edges(connection, town, now, chance)
        # As autovacuum would have done by the time that anybody looks.
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()
    return town


async def _people(connection: asyncpg.Connection, town: Town, now: datetime) -> None:
    town.accounts = [ids.new() for _ in range(CHANNELS)]
    town.channels = [ids.new() for _ in range(CHANNELS)]
    await connection.copy_records_to_table(
        "accounts",
        records=[
            (account, f"b{n}@example.org", f"bench_{n}", f"Person {n}", "none", town.channels[n], now, now)
            for n, account in enumerate(town.accounts)
        ],
        columns=["id", "email", "handle", "display_name", "password_hash", "channel_id", "created_at", "updated_at"],
    )
    await connection.copy_records_to_table(
        "channels",
        records=[
            (channel, town.accounts[n], f"bench_{n}", f"Person {n}", "I film things." * 5, now, now)
            for n, channel in enumerate(town.channels)
        ],
        columns=["id", "account_id", "handle", "display_name", "bio", "created_at", "updated_at"],
    )


async def _videos(connection: asyncpg.Connection, town: Town, now: datetime, chance: random.Random) -> None:
    assets, files, videos = [], [], []
    for number in range(VIDEOS):
        owner = number % CHANNELS
        at = now - timedelta(minutes=20 * (VIDEOS - number))
        asset, video = ids.new(), ids.new()
        assets.append((asset, town.accounts[owner], "video", "open", 10**7, "ready", 100, 60_000, 1920, 1080, True, at))
        files += [(asset, name, f"assets/{asset}/{name}", kind, 1_000, "0" * 64, at) for name, kind in FILES]
        words = ("A film of something", "Number " + str(number), "It was a fine day, and the sea was calm. " * 6)
        tags = chance.sample(TAGS, 2)
        owned = (town.accounts[owner], town.channels[owner], ids.new(), asset)
        videos.append((video, *owned, f"{words[0]} {words[1]}", words[2], tags, "public", "ready", at, at, at))
        town.videos.append(video)

    columns = ["id", "account_id", "purpose", "access", "source_size", "state", "progress", "duration_ms", "width"]
    await connection.copy_records_to_table(
        "assets",
        records=[(*row, row[-1], 1, row[4]) for row in assets],
        columns=[*columns, "height", "has_video", "created_at", "updated_at", "version", "counted"],
    )
    await connection.copy_records_to_table(
        "asset_files",
        records=files,
        columns=["asset_id", "name", "key", "content_type", "size", "sha256", "created_at"],
    )
    about = ["title", "description", "tags", "visibility", "state", "created_at", "updated_at", "published_at"]
    await connection.copy_records_to_table(
        "videos", records=videos, columns=["id", "account_id", "channel_id", "upload_id", "asset_id", *about]
    )


async def _edges(connection: asyncpg.Connection, town: Town, now: datetime, chance: random.Random) -> None:
    each = EDGES // CHANNELS
    follows = [(a, c, ids.new(), now) for a in town.accounts for c in chance.sample(town.channels, each)]
    likes = [(a, v, "video", now) for a in town.accounts for v in chance.sample(town.videos, each)]
    town.discussed = town.videos[:DISCUSSED]
    owners = {video: town.accounts[number % CHANNELS] for number, video in enumerate(town.videos)}
    comments = []
    for number in range(EDGES):
        who = chance.randrange(CHANNELS)
        words = "What a fine film; I have watched it twice already."
        subject = town.discussed[number % DISCUSSED]
        comments.append(
            (ids.new(), subject, "video", owners[subject], town.accounts[who], town.channels[who], words, now)
        )

    await connection.copy_records_to_table(
        "follows", records=follows, columns=["follower_id", "channel_id", "id", "created_at"]
    )
    await connection.copy_records_to_table(
        "likes", records=likes, columns=["account_id", "subject_id", "kind", "created_at"]
    )
    await connection.copy_records_to_table(
        "comments",
        records=comments,
        columns=["id", "subject_id", "subject_kind", "owner_id", "account_id", "channel_id", "text", "created_at"],
    )
    counts = Counter(like[1] for like in likes)
    said = Counter(comment[1] for comment in comments)
    await connection.executemany(
        "UPDATE videos SET like_count = $2, comment_count = $3 WHERE id = $1",
        [(video, counts[video], said[video]) for video in town.videos],
    )
