"""`socialflow demo seed`: a world of any size, in which every number is right from the first moment."""

import asyncio
import random
from collections import Counter

import asyncpg
import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from tests.factories.accounts import Person

from socialflow.domains.engagement import service as engagement
from socialflow.domains.posts import service as posts
from socialflow.domains.social import service as social
from socialflow.domains.syndication.handlers import count_pages
from socialflow.domains.videos import service as videos
from socialflow.entrypoints import cli
from socialflow.entrypoints.demo import scale
from socialflow.entrypoints.demo.sizes import LARGE, Sizes, pairs, shares
from socialflow.kernel import counters
from socialflow.kernel.config import Settings
from socialflow.kernel.work import App

SMALL = Sizes(accounts=120, follows=1_000, videos=60, posts=400, likes=1_500, comments=150, tags=20)


async def fill(app: App) -> scale.World:
    world = scale.plan(SMALL, 7)
    said: list[str] = []
    rows = await scale.fill(app, world, said.append)
    assert len(said) == len(scale.ANALYZED)
    assert rows > sum((SMALL.accounts, SMALL.follows, SMALL.videos, SMALL.posts, SMALL.likes, SMALL.comments))
    return world


async def test_every_row_is_there_and_every_counter_is_right(app: App) -> None:
    await fill(app)
    sizes = {
        "accounts": SMALL.accounts,
        "channels": SMALL.accounts,
        "handles": SMALL.accounts,
        "follows": SMALL.follows,
        "videos": SMALL.videos,
        "assets": SMALL.videos,
        "posts": SMALL.posts,
        "likes": SMALL.likes,
        "comments": SMALL.comments,
        "hashtags": SMALL.tags,
    }
    async with app.sessions() as session:
        for table, size in sizes.items():
            assert await session.scalar(text(f"SELECT count(*) FROM {table}")) == size, table
        assert (
            await session.scalar(
                text(
                    "SELECT count(*) FROM follows f JOIN channels c ON c.id = f.channel_id"
                    " WHERE c.account_id = f.follower_id"
                )
            )
            == 0
        )
        # A few have most.
        many, few = (
            await session.execute(
                text(
                    "SELECT max(follower_count), percentile_disc(0.5) WITHIN GROUP (ORDER BY follower_count)"
                    " FROM channels"
                )
            )
        ).one()
        assert many > 4 * max(few, 1)
    recounts = (
        posts.recount_posts,
        posts.recount_tags,
        social.recount_channels,
        engagement.recount_videos,
        engagement.recount_comments,
        videos.recount_channels,
    )
    for recount in recounts:
        assert await counters.recount_all(app, recount) == 0, recount.__name__


async def test_it_is_read_like_any_other_world(app: App, api: FastAPI, client: httpx2.AsyncClient, ada: Person) -> None:
    world = await fill(app)
    await count_pages(app)
    famous = f"s{world.mark}_0"
    first = await client.get("/api/v1/posts?limit=100")
    assert len(first.json()["items"]) == 100
    assert (await client.get("/api/v1/posts", params={"cursor": first.json()["next_cursor"]})).status_code == 200
    channel = (await client.get(f"/api/v1/channels/@{famous}")).json()
    assert channel["follower_count"] == world.counts["follower"][0]
    tag = scale.tag_name(world, 0)
    under = (await client.get(f"/api/v1/tags/{tag}/posts?limit=100")).json()["items"]
    assert under
    for post in under:
        (facet,) = [each for each in post["facets"] if each["tag"] == tag]
        assert post["text"][facet["start"] : facet["end"]] == f"#{tag}"
    found = (await client.get("/api/v1/search/suggest", params={"q": f"s{world.mark}"})).json()["people"]
    assert found[0]["channel"]["handle"] == famous
    assert (await client.get(f"/feeds/channels/@{famous}/posts.rss")).status_code == 200
    assert (await client.get("/api/v1/videos?sort=popular")).json()["items"][0]["like_count"] == max(
        world.counts["like"]
    )
    # Another world beside it, and who is there already stays.
    await scale.fill(app, scale.plan(Sizes(**{**_as_dict(SMALL), "posts": 50}), 8), lambda _: None)
    assert (await ada.get("/me")).status_code == 200


def _as_dict(sizes: Sizes) -> dict[str, int]:
    return {name: getattr(sizes, name) for name in Sizes.__dataclass_fields__}


def test_shares_add_up_and_nobody_has_more_than_there_is() -> None:
    found = shares(random.Random(1), 10_000, 300, 100)
    assert sum(found) == 10_000
    assert max(found) == 100
    edges = list(pairs(random.Random(1), 2_000, 100, 100, but_self=True))
    assert len(edges) == len(set(edges)) == 2_000
    assert all(one != other for one, other in edges)
    told = Counter(other for _, other in edges)
    assert told[0] > 5 * told.get(99, 1)


def test_the_large_world_is_as_large_as_it_says() -> None:
    assert (LARGE.accounts, LARGE.follows, LARGE.posts, LARGE.likes) == (100_000, 2_000_000, 1_000_000, 5_000_000)


@pytest.fixture
def installation(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    assert settings.database.url is not None
    assert settings.redis.url is not None
    assert settings.auth.secret is not None
    monkeypatch.setenv("SF_ENVIRONMENT", "test")
    monkeypatch.setenv("SF_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("SF_DATABASE__URL", settings.database.url.get_secret_value())
    monkeypatch.setenv("SF_REDIS__URL", settings.redis.url.get_secret_value())
    monkeypatch.setenv("SF_AUTH__SECRET", settings.auth.secret.get_secret_value())
    return settings


def test_the_command_says_what_it_did(installation: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    small = ["--accounts", "20", "--follows", "50", "--videos", "10", "--posts", "40", "--likes", "30", "--tags", "3"]
    try:
        assert cli.main(["demo", "seed", *small, "--comments", "5"]) == 0
        said = capsys.readouterr().out
        assert "follows: 50 rows" in said
        assert "handles begin with s" in said
    finally:
        asyncio.run(_forget(installation))


async def _forget(settings: Settings) -> None:
    assert settings.database.url is not None
    connection = await asyncpg.connect(settings.database.url.get_secret_value())
    await connection.execute("TRUNCATE accounts, hashtags CASCADE")
    await connection.close()


def test_what_cannot_be_is_refused(
    installation: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["demo", "seed", "--accounts", "10", "--follows", "1000"]) == 2
    assert "at most a quarter" in capsys.readouterr().err
    assert cli.main(["demo", "seed", "--accounts", "1"]) == 2
