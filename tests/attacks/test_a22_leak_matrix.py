"""A22: every read that the API documents x every visibility x everybody who might look: one rule decides.

What is asked is generated from the OpenAPI document: a read says what it shows (`x-visibility`), and is tried by
that. `tests/factories/matrix.py` states the rule a second time.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import httpx2
import pytest
from fastapi import APIRouter, FastAPI
from tests.factories.accounts import Person
from tests.factories.asking import ASKED, leaks, reads
from tests.factories.matrix import CALLERS, SUBJECTS, build

from socialflow.domains.feed.handlers import rank_trending
from socialflow.domains.posts.models import RULE as POSTS
from socialflow.domains.posts.models import there
from socialflow.domains.posts.queries import pages
from socialflow.domains.videos.models import RULE
from socialflow.domains.videos.queries import lists
from socialflow.entrypoints.api import openapi
from socialflow.kernel.reads import Read
from socialflow.kernel.visibility import nobody
from socialflow.kernel.web import router
from socialflow.kernel.work import App

People = Callable[..., Awaitable[Person]]
KINDS = tuple(ASKED)


def undeclared(api: FastAPI) -> list[str]:
    """Reads that do not say what they show, or say what nobody can try."""
    return [operation.name for operation, kind in reads(api) if kind not in ASKED]


def test_a22_every_read_says_what_it_shows(api: FastAPI) -> None:
    assert undeclared(api) == []
    found = [kind for _, kind in reads(api)]
    assert set(KINDS) == set(found)
    assert len(found) > 90


def test_a22_a_read_that_does_not_say_what_it_shows_fails(api: FastAPI) -> None:
    new: APIRouter = router("videos")

    @new.get("/videos/{video_id}/secrets", operation_id="getSecrets")
    async def get_secrets(video_id: str) -> dict[str, str]:
        """All of them."""
        return {"video_id": video_id}

    api.include_router(new, prefix="/api/v1")
    api.openapi_schema = None
    assert undeclared(api) == ["getSecrets"]
    api.openapi_schema = None
    openapi.document(api)


@pytest.mark.timeout(1200)
async def test_a22_nobody_is_told_what_they_may_not_see(
    app: App, api: FastAPI, client: httpx2.AsyncClient, person: People
) -> None:
    matrix = await build(app, api, client, person)
    await rank_trending(app)
    asked = [(operation, str(kind)) for operation, kind in reads(api)]
    found = [leak for operation, kind in asked for leak in await leaks(matrix, operation, kind)]
    print(f"{len(asked)} reads x {len(SUBJECTS)} subjects x {len(CALLERS)} callers: {matrix.requests} requests")
    assert not found, "\n".join(map(str, found))
    assert matrix.requests > len(asked) * len(CALLERS)


BROKEN = {
    "blocks": replace(RULE, apart=nobody),
    "private accounts": replace(RULE, private=lambda _: "FALSE"),
    "suspended accounts": replace(RULE, hidden=lambda _: "FALSE"),
    "names": replace(RULE, named=lambda *_: "TRUE"),
    "followers": replace(RULE, follows=lambda *_: "TRUE"),
    "members": replace(RULE, member=lambda *_: "TRUE"),
    "marks": replace(RULE, mark=None),
    "teams": replace(RULE, works=lambda *_: "TRUE"),
    "nobody's teams": replace(RULE, works=nobody),
}


BROKEN_POSTS = {
    "blocks": replace(POSTS, apart=nobody),
    "private accounts": replace(POSTS, private=lambda _: "FALSE"),
    "suspended accounts": replace(POSTS, hidden=lambda _: "FALSE"),
    "followers": replace(POSTS, follows=lambda *_: "TRUE"),
    "members": replace(POSTS, member=lambda *_: "TRUE"),
    "marks": replace(POSTS, mark=None),
}


ENOUGH = ("public", "followers", "members", "named", "adultunlisted", "closed", "suspended")


@pytest.mark.timeout(600)
async def test_a22_a_predicate_that_is_broken_is_noticed(
    app: App, api: FastAPI, client: httpx2.AsyncClient, person: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    matrix = await build(app, api, client, person, ENOUGH)
    (get_video,) = [operation for operation, _ in reads(api) if operation.name == "getVideo"]
    (get_post,) = [operation for operation, _ in reads(api) if operation.name == "getPost"]
    assert await leaks(matrix, get_video, "video") == []
    whole = lists.ONE.sql
    for what, rule in BROKEN.items():
        app.cache.clear()
        broken = Read(" ".join([*lists._FROM, "WHERE videos.id = :id AND", rule.visible]))
        assert broken.sql != whole
        monkeypatch.setattr(lists, "ONE", broken)
        assert await leaks(matrix, get_video, "video") != [], what
    assert await leaks(matrix, get_post, "post") == []
    whole = pages.ONE.sql
    for what, rule in BROKEN_POSTS.items():
        app.cache.clear()
        broken = Read(
            " ".join([*pages._FROM, "WHERE posts.id = :id AND"]).replace(POSTS.visible, rule.visible)
            + " "
            + there("posts", rule.visible)
        )
        assert broken.sql != whole
        monkeypatch.setattr(pages, "ONE", broken)
        assert await leaks(matrix, get_post, "post") != [], what
