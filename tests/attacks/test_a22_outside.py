"""A22 outside: feeds, oEmbed, sitemaps and frames tell what everybody may see, whoever asks."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from tests.factories.accounts import Person
from tests.factories.asking import leaks, reads
from tests.factories.matrix import CALLERS, SUBJECTS, Matrix, build
from tests.factories.outside import ADDRESSES, BY_ADDRESS

from socialflow.domains.posts.models import RULE as POST_RULE
from socialflow.domains.posts.queries import pages
from socialflow.domains.syndication import queries
from socialflow.domains.syndication.handlers import count_pages
from socialflow.domains.videos.models import RULE
from socialflow.domains.videos.queries import lists
from socialflow.kernel.reads import Read
from socialflow.kernel.visibility import Rule
from socialflow.kernel.work import App

People = Callable[..., Awaitable[Person]]
ENOUGH = ("public", "unlisted", "followers", "adult", "named", "closed", "suspended")


async def _frames(matrix: Matrix) -> list[str]:
    """What frames for other people's pages told against the rule."""
    found = []
    for kind, things in (("video", matrix.videos), ("post", matrix.posts)):
        for subject, known in things.items():
            for who, client in matrix.callers.items():
                answer = await client.get(f"/embed/{known}")
                matrix.requests += 1
                # It is shown as to nobody in particular: not even its owner sees more.
                told = matrix.tells(answer.text, subject)
                if told != (subject in BY_ADDRESS):
                    found.append(f"{kind} {subject} {who}: {answer.status_code}")
                if subject not in BY_ADDRESS and answer.status_code not in {403, 404}:
                    found.append(f"{kind} {subject} {who}: {answer.status_code}")
    return found


@pytest.mark.timeout(1200)
async def test_a22_outside_nobody_is_told_what_not_everybody_may_see(
    app: App, api: FastAPI, client: httpx2.AsyncClient, person: People
) -> None:
    matrix = await build(app, api, client, person)
    await count_pages(app)
    asked = [operation for operation, kind in reads(api) if kind == "outside"]
    assert {operation.name for operation in asked} == set(ADDRESSES)
    found = [str(leak) for operation in asked for leak in await leaks(matrix, operation, "outside")]
    found += await _frames(matrix)
    print(f"{len(asked) + 1} reads x {len(SUBJECTS)} subjects x {len(CALLERS)} callers: {matrix.requests} requests")
    assert not found, "\n".join(found)
    assert matrix.requests > 1_500


@pytest.mark.timeout(900)
async def test_a22_outside_a_rule_that_is_broken_is_noticed(
    app: App, api: FastAPI, client: httpx2.AsyncClient, person: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    matrix = await build(app, api, client, person, ENOUGH)
    asked = {operation.name: operation for operation, kind in reads(api) if kind == "outside"}

    async def told(*names: str) -> list[str]:
        app.cache.clear()
        return [str(leak) for name in names for leak in await leaks(matrix, asked[name], "outside")]

    def worsen(statement: Read, rule: Rule, broken: dict[str, Any]) -> None:
        # Asked for in pages, and for more than a page: both.
        for text in ("sql", "written"):
            whole = getattr(statement, text)
            monkeypatch.setattr(statement, text, whole.replace(rule.listed, replace(rule, **broken).listed))

    assert await told(*asked) == []
    ways: dict[str, dict[str, Any]] = {
        "suspended accounts": {"hidden": lambda _: "FALSE"},
        "private accounts": {"private": lambda _: "FALSE"},
        "reach": {"reach": "'everyone'"},
    }
    for what, broken in ways.items():
        for statements, rule in ((lists.LISTS, RULE), (pages.LISTS, POST_RULE)):
            for statement in statements.values():
                worsen(statement, rule, broken)
        assert await told("getChannelFeed", "getTagFeed") != [], what
        monkeypatch.undo()
        for kind, rule in (("videos", RULE), ("posts", POST_RULE)):
            worsen(queries.PAGES[kind], rule, broken)
        assert await told("getSitemapPart") != [], what
        monkeypatch.undo()
    # What few may see has no frame, whatever the rule says: of a hidden account it is the rule alone.
    worse = replace(RULE, hidden=lambda _: "FALSE")
    monkeypatch.setattr(lists, "ONE", Read(" ".join([*lists._FROM, "WHERE videos.id = :id AND", worse.visible])))
    assert await told("getOembed") != []
    monkeypatch.undo()
    # Blocks are looked up by themselves.
    monkeypatch.setattr(queries, "APART", Read("SELECT id FROM channels WHERE id = ANY(:ids) AND :viewer = id"))
    assert await told("getChannelFeed") != []
    monkeypatch.undo()
    assert await told(*asked) == []
