"""A28, as far as the API and our pages go: words stay words, whatever they would mean to a browser."""

from collections.abc import Callable

import httpx2
import pytest
from fastapi import FastAPI
from tests.factories.accounts import Person
from tests.factories.operations import operations
from tests.factories.videos import video

from socialflow.kernel.work import App

# What readers of feeds and search engines are told is XML, or JSON of their own.
OUTSIDE = {"getChannelFeed", "getTagFeed", "getOembed", "getSitemap", "getSitemapPart"}
FEEDS = {"application/rss+xml", "application/xml", "application/json", "application/problem+json"}
SCRIPTS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "</title><script>alert(1)</script>",
    "'-alert(1)-'",
    "javascript:alert(1)",
    "{{7*7}}${7*7}<%=7*7%>",
    "]]><script>alert(1)</script>",
    "=HYPERLINK(1)",
    "<!--#exec cmd=x-->",
]


@pytest.mark.parametrize("text", SCRIPTS)
async def test_a28_words_are_kept_and_shown_as_words(
    app: App, ada: Person, connect: Callable[..., httpx2.AsyncClient], text: str
) -> None:
    made = await video(app, ada, title=text, description=text, tags=[text[:40].replace("#", "")])
    said = await ada.post("/comments", {"subject_id": made["id"], "text": text})
    profile = await ada.patch("/channels/@ada", {"display_name": text[:60], "bio": text})

    assert (made["title"], said.json()["text"], profile.json()["bio"]) == (text, text, text)
    browser = connect()
    for path in ("/", f"/watch/{made['id']}", "/@ada", f"/comments?subject_id={made['id']}"):
        page = await browser.get(path)
        assert page.status_code == 200, path
        assert page.headers["content-type"].startswith("text/html")
        for raw in ("<script>alert", "<img src=x", "<svg onload", "<!--#exec", 'href="javascript:'):
            assert raw not in page.text, (path, raw)
        assert ">49<" not in page.text
        assert "script-src" in page.headers["content-security-policy"]
        assert "'unsafe-inline'" not in page.headers["content-security-policy"].split("script-src")[1].split(";")[0]


async def test_a28_answers_of_the_api_are_never_taken_for_pages(
    app: App, api: FastAPI, ada: Person, client: httpx2.AsyncClient
) -> None:
    made = await video(app, ada, title=SCRIPTS[0])
    for who in (client, ada.http):
        for operation in operations(api):
            if operation.method != "GET" or operation.name == "streamEvents":
                continue
            answer = await who.get(operation.url(video_id=made["id"], reference="@ada"))
            kind = answer.headers["content-type"]
            # What is asked for as a table is a file to be kept, and nothing to be shown.
            is_file = kind == "text/csv; charset=utf-8" and answer.headers["content-disposition"].startswith(
                "attachment"
            )
            known = FEEDS if operation.name in OUTSIDE else {"application/json", "application/problem+json"}
            assert is_file or kind.partition(";")[0] in known, operation.name
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert "default-src 'none'" in answer.headers["content-security-policy"]
