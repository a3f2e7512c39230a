"""A26: SQL where words are expected, in every parameter and every field."""

from collections.abc import Awaitable, Callable

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select
from tests.factories.accounts import Person
from tests.factories.operations import operations, texts_of, with_bodies
from tests.factories.videos import video

from socialflow.domains.engagement.queries import pages
from socialflow.domains.feed import queries as feeds
from socialflow.domains.videos.queries import lists
from socialflow.kernel.db import Base
from socialflow.kernel.work import SYSTEM, App

SQL = [
    "'",
    "' OR '1'='1",
    "'; DROP TABLE videos; --",
    "x') UNION SELECT email FROM accounts --",
    '"',
    "\\",
    "%",
    "_",
    "$1",
    ":id",
    "{}",
    "latest; SELECT pg_sleep(9)",
    "published_at) OR (SELECT 1",
    "1 OR 1=1",
    "-1",
    "/**/",
    "' || pg_sleep(9) || '",
    "NULL",
    "{1,2}",
    "ARRAY[1]",
]


@pytest.fixture
async def ada(person: Callable[..., Awaitable[Person]]) -> Person:
    """Ada is an administrator here: what staff send is looked at as closely as what everybody sends."""
    return await person("ada", role="admin")


async def rows(app: App) -> dict[str, int]:
    """How many rows every table has, apart from those that count requests."""
    async with app.work(SYSTEM) as work:
        return {
            table.name: int(await work.db.scalar(select(func.count()).select_from(table)) or 0)
            for table in Base.metadata.sorted_tables
            if table.name not in {"outbox", "jobs", "sessions"}
        }


# All that these ask for may be left out: a note alone is a good body.
BY_A_NOTE = {"makeInvite", "makeOwnInvite"}
# A title is all that these need; of which table they make a row.
TITLED = {"createList": "people_lists", "createPlaylist": "playlists"}


@pytest.mark.parametrize("text", SQL)
async def test_a26_no_parameter_of_a_read_means_sql(app: App, api: FastAPI, ada: Person, text: str) -> None:
    await video(app, ada, title="shown", tags=["t"])
    before = await rows(app)
    for operation in operations(api):
        if operation.method != "GET" or operation.name == "streamEvents":
            continue
        for parameter in operation.named("query"):
            answer = await ada.get(operation.url().removeprefix("/api/v1"), params={parameter["name"]: text})
            # Of a request of an app nothing is believed before the app is known, and that is a fault of its own.
            unusable = operation.name == "getAuthorization" and answer.status_code == 400
            assert unusable or answer.status_code in {200, 404, 422}, (operation.name, parameter["name"], answer.text)
            assert answer.elapsed.total_seconds() < 5
        for parameter in operation.named("path"):
            answer = await ada.http.get(operation.url(**{parameter["name"]: text.replace("/", "%2F")}))
            # Every word is a hashtag, NULL among them.
            is_word = parameter["name"] == "tag" and text.isalpha() and answer.status_code == 200
            # Whatever is written may be a tag of videos: of one that no video has the feed is empty.
            is_word |= operation.name == "getTagFeed" and answer.status_code == 200
            assert is_word or answer.status_code in {404, 405, 422}, (operation.name, answer.text)
    assert (await ada.get("/videos", params={"tag": text})).json()["items"] == []
    assert await rows(app) == before


@pytest.mark.parametrize("text", SQL)
async def test_a26_what_is_stored_is_what_was_said(app: App, ada: Person, text: str) -> None:
    tags = [text] if "," not in text else []
    made = await video(app, ada, title=text, description=text, tags=tags)
    said = (await ada.post("/comments", {"subject_id": made["id"], "text": text})).json()

    assert (made["title"], made["description"]) == (text, text)
    assert said["text"] == text
    for tag in made["tags"]:
        found = (await ada.get("/videos", params={"tag": tag})).json()["items"]
        assert [item["id"] for item in found] == [made["id"]]
    profile = await ada.patch("/channels/@ada", {"display_name": text[:60], "bio": text})
    assert (profile.status_code, profile.json()["bio"]) == (200, text)


async def test_a26_no_field_of_a_body_means_sql(app: App, api: FastAPI, ada: Person) -> None:
    before, noted, said, titled = await rows(app), 0, 0, dict.fromkeys(TITLED.values(), 0)
    for operation, schema in with_bodies(api):
        for name, _ in texts_of(schema):
            for text in SQL:
                answer = await ada.http.request(operation.method, operation.url(), json={name: text})
                assert answer.status_code < 500, (operation.name, name, text)
                if operation.name in BY_A_NOTE and answer.status_code == 201:
                    assert answer.json()["invite"]["note"] == text
                    noted += 1
                if operation.name == "createPost" and answer.status_code == 201:
                    assert answer.json()["text"] == text
                    said += 1
                if operation.name in TITLED and answer.status_code == 201:
                    assert answer.json()["title"] == text
                    titled[TITLED[operation.name]] += 1
    after = await rows(app)
    # Four letters have the form of a language: NULL may be what captions are wished in, and is kept as the word.
    made = {"invites": noted, "audit_events": noted, "audit_details": noted, "player_settings": 1}
    made |= {"posts": said, "posting_settings": 1, **titled}
    assert after == {name: count + made.get(name, 0) for name, count in before.items()}


def test_a26_tags_with_wildcards_are_words() -> None:
    """What is looked for is compared as a whole: there is no pattern in any statement of ours."""
    statements = [read.sql for read in (*lists.LISTS.values(), *pages.PAGES.values(), feeds.FOLLOWING, feeds.LATEST)]
    assert not any(" like " in sql.lower() or "similar to" in sql.lower() for sql in statements)
