"""Pages of posts before the real API, in a browser without scripts."""

import re
from collections.abc import Callable

import httpx2
import pytest
from fastapi import FastAPI
from tests.factories.accounts import Person, form, sign_up
from tests.factories.posts import post

from socialflow.kernel.work import App

ORIGIN = "http://testserver"
EVIL = '<script>alert(1)</script> \U0001f30a #sea <img src=x onerror=alert(1)> https://example.org/"><b>'


@pytest.fixture
async def eve(api: FastAPI, connect: Callable[..., httpx2.AsyncClient]) -> httpx2.AsyncClient:
    """A browser that is logged in by its cookie."""
    client = connect(Origin=ORIGIN)
    given = await client.post("/api/v1/auth/register", json=form("eve"), headers={"X-Session": "cookie"})
    assert given.status_code == 201, given.text
    client.headers["X-CSRF-Token"] = given.json()["csrf_token"]
    return client


@pytest.fixture
async def writer(app: App, connect: Callable[..., httpx2.AsyncClient]) -> Person:
    """Somebody who speaks through the API."""
    return await sign_up(app, connect, "writer")


async def sent(client: httpx2.AsyncClient, path: str, **fields: str) -> httpx2.Response:
    answer = await client.post(path, data=fields)
    assert answer.status_code in {200, 303, 403, 404, 409, 422}, answer.text
    return answer


async def test_a_post_is_written_with_a_form_and_shown_without_running(eve: httpx2.AsyncClient) -> None:
    assert (await eve.get("/compose")).status_code == 200
    made = await sent(eve, "/compose", text=EVIL, act="publish", language="en", option_0="Yes", option_1="No")
    assert made.status_code == 303, made.text
    where = made.headers["location"]
    page = (await eve.get(where)).text
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert '<a href="/tags/sea">#sea</a>' in page
    assert re.search(r'<a href="https://example.org/" rel="nofollow ugc', page)
    assert 'name="choice" value="1"' in page
    voted = await sent(eve, f"{where}/vote", choice="1")
    assert voted.status_code == 303
    assert "1 vote" in (await eve.get(where)).text
    for path in ("/tags/sea", "/@eve/posts"):
        listed = (await eve.get(path)).text
        assert "alert(1)" in listed
        assert "<script>alert" not in listed


async def test_a_draft_is_kept_gone_on_with_and_published(eve: httpx2.AsyncClient) -> None:
    kept = await sent(eve, "/compose", text="not yet", act="draft")
    assert kept.headers["location"] == "/compose/drafts?state=draft"
    drafts = (await eve.get("/compose/drafts")).text
    (address,) = set(re.findall(r"/compose/pst_\w{26}", drafts))
    assert "not yet" in (await eve.get(address)).text
    refused = await sent(eve, address, text="x" * 5_001, act="publish")
    assert refused.status_code == 422
    assert 'role="alert"' in refused.text
    done = await sent(eve, address, text="now #now", act="publish")
    assert done.status_code == 303, done.text
    changed = await sent(eve, address, text="now and then", act="save")
    assert changed.status_code == 303, changed.text
    shown = await eve.get(done.headers["location"])
    assert "now and then" in shown.text
    assert "now #now" in re.sub(r"<[^>]+>", "", (await eve.get(f"{done.headers['location']}/history")).text)


async def test_a_thread_is_answered_quoted_reposted_and_deleted(eve: httpx2.AsyncClient, writer: Person) -> None:
    top = await post(writer, "What do you think, @eve?", mark="sensitive")
    page = (await eve.get(f"/post/{top['id']}")).text
    assert "Sensitive: show it" in page
    assert f"/compose?reply_to={top['id']}" in page
    assert "What do you think" in (await eve.get(f"/compose?reply_to={top['id']}")).text
    reply = await sent(eve, "/compose", text="A lot", parent_id=top["id"], act="publish")
    assert "A lot" in (await eve.get(f"/post/{top['id']}")).text
    assert "What do you think" in (await eve.get(reply.headers["location"])).text
    assert top["id"] in (await eve.get(f"/compose?quoting={top['id']}")).text
    quote = await sent(eve, "/compose", text="See", quote_id=top["id"], act="publish")
    assert f"/post/{top['id']}" in (await eve.get(quote.headers["location"])).text
    await sent(eve, f"/post/{top['id']}/repost", on="1")
    assert (await writer.get(f"/posts/{top['id']}")).json()["repost_count"] == 1
    assert (await sent(eve, f"{reply.headers['location']}/delete")).status_code == 303
    assert (await eve.get(reply.headers["location"])).status_code == 404
    await sent(eve, "/tags/sea/follow", on="1")
    assert 'aria-pressed="true"' in (await eve.get("/tags/sea")).text


async def test_who_is_not_logged_in_reads_and_is_asked_to_log_in_to_write(
    client: httpx2.AsyncClient, writer: Person
) -> None:
    made = await post(writer, "for all", poll={"options": ["a", "b"]})
    page = await client.get(f"/post/{made['id']}")
    assert page.status_code == 200
    assert "for all" in page.text
    assert (await client.get("/compose")).headers["location"].startswith("/login?next=")
    hidden = await post(writer, "for few", visibility="followers")
    assert (await client.get(f"/post/{hidden['id']}")).status_code == 404
    assert "for few" not in (await client.get("/@writer/posts")).text
    for path in ("/tags/12", "/tags/a%2Fb", "/tags/%23", "/tags/" + "a" * 102):
        assert (await client.get(path)).status_code in {404, 422}, path


async def test_words_stay_when_what_they_reply_to_is_gone_meanwhile(eve: httpx2.AsyncClient, writer: Person) -> None:
    top = await post(writer, "What do you think?")
    assert (await writer.delete(f"/posts/{top['id']}")).status_code == 204
    words = "A long <b>answer</b>"

    lost = await sent(eve, "/compose", text=words, parent_id=top["id"], act="publish", option_0="Yes", option_1="No")

    assert lost.status_code == 404
    assert "A long &lt;b&gt;answer&lt;/b&gt;</textarea>" in lost.text
    assert 'value="Yes"' in lost.text
    assert re.search(r'role="alert".*What you are replying to is not there any more', lost.text)
    assert 'name="parent_id" value=""' in lost.text
    # What the page sends now is taken.
    kept = await sent(eve, "/compose", text=words, parent_id="", act="publish")
    assert "A long &lt;b&gt;answer" in (await eve.get(kept.headers["location"])).text
    # Without words that could be lost it is a page that is not there.
    assert (await eve.get(f"/compose?reply_to={top['id']}")).status_code == 404


async def test_words_stay_when_what_they_quote_is_gone_meanwhile(eve: httpx2.AsyncClient, writer: Person) -> None:
    top = await post(writer, "Quote me")
    assert (await writer.delete(f"/posts/{top['id']}")).status_code == 204

    for quoted in (top["id"], "vid_../x", "vid_00000000000000000000000000"):
        lost = await sent(eve, "/compose", text="Well said", quote_id=quoted, act="publish")

        assert lost.status_code in {404, 422}, quoted
        assert "Well said</textarea>" in lost.text
        assert 'role="alert"' in lost.text
    assert "What you are quoting is not there any more" in lost.text
    assert 'name="quote_id" value=""' in lost.text


async def test_a_draft_keeps_its_words_when_it_or_what_it_replies_to_is_gone(
    eve: httpx2.AsyncClient, writer: Person
) -> None:
    top = await post(writer, "What do you think?")
    await sent(eve, "/compose", text="not yet", parent_id=top["id"], act="draft")
    (address,) = set(re.findall(r"/compose/pst_\w{26}", (await eve.get("/compose/drafts")).text))
    assert (await writer.delete(f"/posts/{top['id']}")).status_code == 204

    lost = await sent(eve, address, text="now it is long", act="publish")
    assert lost.status_code == 404
    assert "now it is long</textarea>" in lost.text
    assert "Your words are still here" in lost.text

    gone = address.replace("/compose/", "/post/")
    assert (await sent(eve, f"{gone}/delete")).status_code == 303
    lost = await sent(eve, address, text="now it is long", act="draft")
    assert lost.status_code == 404
    assert "now it is long</textarea>" in lost.text
    assert "This post is not there any more" in lost.text
    assert 'action="/compose"' in lost.text
