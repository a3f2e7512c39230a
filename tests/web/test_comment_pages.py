"""Pages of comments and reactions before the real API, in a browser without scripts."""

import re
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from tests.factories.accounts import Person, form, sign_up
from tests.factories.channels import employ
from tests.factories.posts import post
from tests.factories.videos import video

from socialflow.kernel.work import App

ORIGIN = "http://testserver"
EVIL = "<script>alert(1)</script> 1:05 #sea @writer <img src=x onerror=alert(1)>"


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
    """Somebody who speaks through the API, and has a video."""
    return await sign_up(app, connect, "writer")


async def sent(client: httpx2.AsyncClient, path: str, **fields: str) -> httpx2.Response:
    answer = await client.post(path, data=fields)
    assert answer.status_code == 303, answer.text
    return answer


async def said(person: Person, subject: str, text: str, parent: str | None = None) -> Any:
    answer = await person.post("/comments", {"subject_id": subject, "text": text, "parent_id": parent})
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.mark.timeout(180)
async def test_a_comment_is_written_answered_and_liked_without_scripts_or_running_any(
    app: App, eve: httpx2.AsyncClient, writer: Person
) -> None:
    made = await video(app, writer)
    await sent(eve, "/comments", subject_id=made["id"], text=EVIL)
    page = (await eve.get(f"/watch/{made['id']}")).text
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert 'data-start="65000">1:05</a>' in page
    assert '<a href="/@writer">@writer</a>' in page
    (top,) = re.findall(r'<li class="comment" id="comment-(cmt_\w+)"', page)
    await sent(eve, "/comments", subject_id=made["id"], parent_id=top, text="an answer")
    thread = (await eve.get(f"/comments?subject_id={made['id']}&parent_id={top}")).text
    assert "an answer" in thread
    await sent(eve, f"/likes/{top}", on="1", next="/")
    assert 'aria-label="Like, 1 like"' in (await eve.get(f"/watch/{made['id']}")).text
    await sent(eve, f"/dislikes/{top}", on="1", next="/")
    page = (await eve.get(f"/watch/{made['id']}")).text
    assert 'aria-label="Like, 0 likes"' in page
    for subject in (top, made["id"]):
        await sent(eve, f"/reactions/{subject}", emoji="\N{PARTY POPPER}", own="", next="/")
    page = (await eve.get(f"/watch/{made['id']}")).text
    assert page.count('aria-label="\N{PARTY POPPER}, 1 reaction"') == 2
    await sent(eve, f"/reactions/{top}", emoji="\N{PARTY POPPER}", own="\N{PARTY POPPER}", next="/")
    assert (await eve.get(f"/watch/{made['id']}")).text.count('aria-label="\N{PARTY POPPER}, 1 reaction"') == 1
    await sent(eve, f"/comments/{top}/edit", text="other words")
    history = await eve.get(f"/comments/{top}/history")
    assert "&lt;script&gt;alert(1)" in history.text
    options = await eve.get(f"/mentionable?prefix=wri&subject_id={made['id']}")
    assert 'data-handle="writer"' in options.text


@pytest.mark.timeout(180)
async def test_an_owner_looks_after_comments(app: App, eve: httpx2.AsyncClient, writer: Person) -> None:
    me = await sign_up_again(eve)
    made = await video(app, me)
    first, second = [await said(writer, made["id"], text) for text in ("first", "second")]
    watch = f"/watch/{made['id']}"
    for act, shown in (("pin", "Pinned"), ("heart", "Loved by the owner")):
        await sent(eve, f"/comments/{first['id']}/care", act=act)
        assert shown in (await eve.get(watch)).text
    page = (await eve.get(f"{watch}?sort=choice")).text
    assert page.index("first</div>") < page.index("second</div>")
    await sent(eve, f"/comments/{second['id']}/care", act="hide")
    assert "second</div>" not in (await eve.get(watch)).text
    hidden = (await eve.get("/my/comments?state=hidden")).text
    assert "second</div>" in hidden
    await sent(eve, f"/comments/{second['id']}/care", act="unhide", next="queue")
    assert "second</div>" in (await eve.get(watch)).text

    await sent(eve, f"/comment-rules/{made['id']}", mode="held")
    waits = await said(writer, made["id"], "waits")
    assert "waits</div>" in (await eve.get("/my/comments")).text
    await sent(eve, f"/comments/{waits['id']}/care", act="approve", next="queue")
    assert "Nothing waits for you" in (await eve.get("/my/comments")).text
    assert "waits</div>" in (await eve.get(watch)).text
    await sent(eve, f"/comment-rules/{made['id']}", mode="off")
    page = (await eve.get(watch)).text
    assert "Comments are turned off" in page
    assert "waits</div>" not in page
    await sent(eve, "/my/comments/settings", mode="held", hold_replies="1")
    page = (await eve.get("/my/comments")).text
    assert re.search(r'value="held" checked', page)
    assert re.search(r'name="hold_replies" value="1" checked', page)


@pytest.mark.timeout(180)
async def test_who_began_a_thread_looks_after_replies(eve: httpx2.AsyncClient, writer: Person) -> None:
    me = await sign_up_again(eve)
    top = await post(me, "What do you think?", hold_replies=True)
    reply = await post(writer, "a reply", parent_id=top["id"])
    assert reply["state"] == "held"
    where = f"/post/{top['id']}"
    assert "a reply" not in (await eve.get(where)).text
    assert "a reply" in (await eve.get("/my/comments?kind=replies")).text
    await sent(eve, f"/replies/{reply['id']}/care", act="approve", next="queue")
    for act, shown in (("pin", "Pinned"), ("heart", "Loved by the author")):
        await sent(eve, f"/replies/{reply['id']}/care", act=act)
        assert shown in (await eve.get(where)).text
    await sent(eve, f"/likes/{reply['id']}", on="1", next="/")
    assert 'aria-label="Like, 1 like"' in (await eve.get(f"{where}?sort=top")).text
    await sent(eve, f"/replies/{reply['id']}/care", act="hide")
    assert "a reply" in (await eve.get("/my/comments?kind=replies&state=hidden")).text
    for path in ("/compose", f"/compose/{top['id']}"):
        assert 'name="hold_replies"' in (await eve.get(path)).text


@pytest.mark.timeout(180)
async def test_who_moderates_for_a_channel_looks_after_its_threads(
    app: App, eve: httpx2.AsyncClient, writer: Person, connect: Callable[..., httpx2.AsyncClient]
) -> None:
    await employ(writer, await sign_up_again(eve), "moderator")
    top = await post(writer, "What do you think?", hold_replies=True)
    reply = await post(await sign_up(app, connect, "bob"), "a reply", parent_id=top["id"])
    await sent(eve, f"/settings/channels/{writer.channel_id}/use")
    queue = (await eve.get("/my/comments?kind=replies")).text
    assert "a reply" in queue
    assert 'value="approve"' in queue
    await sent(eve, f"/replies/{reply['id']}/care", act="approve", next="queue")
    assert "a reply" not in (await eve.get("/my/comments?kind=replies")).text
    page = (await eve.get(f"/post/{top['id']}")).text
    assert "Look after this reply" in page
    await sent(eve, f"/replies/{reply['id']}/care", act="pin")
    assert "Pinned" in (await eve.get(f"/post/{top['id']}")).text


async def test_what_is_not_ones_own_is_refused_in_words(app: App, eve: httpx2.AsyncClient, writer: Person) -> None:
    made = await video(app, writer)
    one = await said(writer, made["id"], "mine")
    for path, fields in (
        (f"/comments/{one['id']}/care", {"act": "pin"}),
        (f"/comment-rules/{made['id']}", {"mode": "off"}),
        ("/admin/emojis", {"name": "boat", "upload_id": "x"}),
    ):
        answer = await eve.post(path, data=fields)
        assert answer.status_code == 403, path
        assert "<h1" in answer.text
    assert (await eve.get("/admin/emojis")).status_code == 403


@pytest.mark.timeout(180)
async def test_words_stay_when_what_they_answer_is_gone_meanwhile(
    app: App, eve: httpx2.AsyncClient, writer: Person
) -> None:
    made = await video(app, writer)
    top = await said(writer, made["id"], "a question")
    assert (await writer.delete(f"/comments/{top['id']}")).status_code == 204
    answer = {"subject_id": made["id"], "parent_id": top["id"], "text": "A <b>long</b> answer"}

    lost = await eve.post("/comments", data=answer)

    assert lost.status_code == 404
    assert "A &lt;b&gt;long&lt;/b&gt; answer</textarea>" in lost.text
    assert re.search(r'role="alert".*The comment that you are answering is not there any more', lost.text)
    assert f"/watch/{made['id']}#comments" in lost.text
    assert 'name="parent_id"' not in lost.text
    await sent(eve, "/comments", subject_id=made["id"], text=answer["text"])
    # In place of the form, by htmx, with the photos that it had.
    photo = {"photo_0": "upl_" + "0" * 26, "alt_0": "The sea"}
    part = await eve.post("/comments", data=answer | photo, headers={"HX-Request": "true"})
    assert part.status_code == 404
    assert "<h1" not in part.text
    assert "The comment that you are answering is not there any more" in part.text
    assert 'value="The sea"' in part.text
    assert f'id="comment-form-{top["id"]}"' in part.text

    mine = await sent(eve, "/comments", subject_id=made["id"], text="mine")
    own = mine.headers["location"].rpartition("#comment-")[2]
    assert (await writer.delete(f"/videos/{made['id']}")).status_code == 204
    for path, what in (("/comments", "What you are commenting on"), (f"/comments/{own}/edit", "This comment")):
        lost = await eve.post(path, data={"subject_id": made["id"], "text": "Many words"})
        assert lost.status_code == 404, path
        assert "Many words</textarea>" in lost.text
        assert f"{what} is not there any more" in lost.text


async def sign_up_again(client: httpx2.AsyncClient) -> Person:
    """The person of a browser, as one who speaks through the API."""
    given = await client.post("/api/v1/auth/login", json={"login": "eve", "password": form("eve")["password"]})
    body = given.json()
    http = httpx2.AsyncClient(transport=client._transport, base_url=client.base_url)
    http.headers["Authorization"] = f"Bearer {body['access_token']}"
    return Person(
        body["user"]["id"], "eve", body["user"]["channel_id"], body["access_token"], body["refresh_token"], http
    )
