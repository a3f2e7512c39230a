"""People in the web app: through the pages alone, as a browser without scripts does it, before the real API."""

import html
import re
from collections.abc import Awaitable, Callable

import httpx2
import pytest
from tests.factories.accounts import PASSWORD, Person
from tests.factories.graph import follow, handles, make_private, relation
from tests.factories.videos import video

from socialflow.kernel.work import App

People = Callable[..., Awaitable[Person]]
ORIGIN = {"Origin": "http://testserver"}


@pytest.fixture
async def browser(ada: Person, connect: Callable[..., httpx2.AsyncClient]) -> httpx2.AsyncClient:
    """Ada's browser, logged in."""
    client = connect(**ORIGIN)
    answer = await client.post("/login", data={"login": "ada", "password": PASSWORD})
    assert answer.status_code == 303, answer.text
    return client


async def send(browser: httpx2.AsyncClient, path: str, page: str, **form: str) -> httpx2.Response:
    """Post a form that stands on a page, and go where it leads."""
    shown = await browser.get(page)
    assert shown.status_code == 200, shown.text
    assert f'action="{path}"' in shown.text, path
    token = re.search(r'name="csrf_token" value="([^"]+)"', shown.text)
    assert token
    sent = {"csrf_token": html.unescape(token[1]), **form}
    return await browser.post(path, data=sent, follow_redirects=True)


async def test_one_becomes_private_lets_people_in_and_removes_them(
    browser: httpx2.AsyncClient, ada: Person, bob: Person, person: People
) -> None:
    carol, page = await person("carol"), "/settings/followers"
    assert "Your account is public" in (await browser.get(page)).text
    made = await send(browser, f"{page}/privacy", page, private="1")
    assert "Your account is private" in made.text
    for each in (bob, carol):
        assert await follow(each, ada) == "requested"
    assert "They follow you now" in (await send(browser, f"{page}/{bob.channel_id}/approve", page)).text
    assert "are not told" in (await send(browser, f"{page}/{carol.channel_id}/refuse", page)).text
    assert await handles(bob, "/channels/@ada/followers") == ["bob"]
    assert "Bob" in (await browser.get("/@ada/followers")).text
    assert "follow you no more" in (await send(browser, f"{page}/{bob.channel_id}/remove", page)).text
    assert (await relation(bob, ada) or {})["following"] is False
    assert "Your account is public" in (await send(browser, f"{page}/privacy", page, private="0")).text


async def test_one_asks_a_private_account_on_its_page(browser: httpx2.AsyncClient, ada: Person, bob: Person) -> None:
    await make_private(bob)
    assert "Private" in (await browser.get("/@bob")).text
    answer = await send(browser, f"/follows/{bob.channel_id}", "/@bob", on="1", name="Bob", next="/@bob")
    assert "Requested" in answer.text
    assert await handles(bob, "/me/follow-requests") == ["ada"]
    assert (await browser.get("/@bob/followers")).status_code == 403


async def test_one_blocks_and_mutes_and_takes_it_back(
    browser: httpx2.AsyncClient, ada: Person, bob: Person, person: People
) -> None:
    carol, page = await person("carol"), "/settings/blocks"
    assert "Neither of you" in (await send(browser, f"/blocks/{bob.channel_id}", "/@bob")).text
    assert (await browser.get("/@bob")).status_code == 404
    assert "not see it any more" in (await send(browser, f"/mutes/{carol.channel_id}", "/@carol")).text
    shown = await send(browser, f"{page}/terms", page, term="#Spoiler <b>")
    assert "#spoiler &lt;b&gt;" in shown.text
    assert (await send(browser, f"{page}/terms", page, term="#")).status_code == 422
    for item in (await ada.get("/me/mutes")).json()["items"]:
        assert "You see it again" in (await send(browser, f"{page}/mutes/{item['id']}/delete", page)).text
    assert "see you again" in (await send(browser, f"{page}/{bob.channel_id}/unblock", page)).text
    assert (await browser.get("/@bob")).status_code == 200


async def test_one_keeps_lists(browser: httpx2.AsyncClient, ada: Person, bob: Person) -> None:
    made = await send(browser, "/settings/lists", "/settings/lists", title="Gardeners")
    page = str(made.url.path)
    assert "Gardeners" in made.text
    assert "They are on the list" in (await send(browser, f"{page}/members", page, handle="@BOB")).text
    for wrong, said in (("nobody_at_all", "Nobody here is called so"), ("not a handle", "Give a handle")):
        assert said in (await send(browser, f"{page}/members", page, handle=wrong)).text
    assert "another title" in (await send(browser, f"{page}/rename", page, title="Others")).text
    assert "off the list" in (await send(browser, f"{page}/members/{bob.channel_id}/remove", page)).text
    assert "None yet" in (await send(browser, f"{page}/delete", page)).text


async def test_a_locked_video_asks_for_its_password_once(
    app: App, browser: httpx2.AsyncClient, ada: Person, bob: Person
) -> None:
    made = await video(app, bob, title="Behind a door", visibility="password", password="a sea of words")
    page = f"/watch/{made['id']}"
    locked = await browser.get(page)
    assert (locked.status_code, "Behind a door" in locked.text) == (403, False)
    found = re.search(r'name="csrf_token" value="([^"]+)"', locked.text)
    assert found
    token = {"csrf_token": html.unescape(found[1])}
    wrong = await browser.post(f"{page}/unlock", data={"password": "open sesame", **token}, follow_redirects=True)
    assert (wrong.status_code, "not the password" in wrong.text) == (403, True)
    opened = await browser.post(f"{page}/unlock", data={"password": "a sea of words", **token}, follow_redirects=True)
    assert (opened.status_code, "Behind a door" in opened.text) == (200, True)
    assert (await browser.get(page)).status_code == 200


async def test_what_does_not_fit_on_a_page_stands_on_the_next(browser: httpx2.AsyncClient, ada: Person) -> None:
    for number in range(51):
        assert (await ada.post("/me/mutes", {"kind": "word", "term": f"word{number:02}"})).status_code == 201
        assert (await ada.post("/lists", {"title": f"list{number:02}"})).status_code == 201
    for page, first in (("/settings/blocks", "word00"), ("/settings/lists", "list00")):
        shown = (await browser.get(page)).text
        assert first not in shown, page
        more = re.search(rf'href="({page}\?[a-z]+=[^"]+)">More', shown)
        assert more, page
        assert first in (await browser.get(html.unescape(more[1]))).text, page
