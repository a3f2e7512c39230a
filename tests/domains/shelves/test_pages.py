"""Playlists, history and saved things in the web app: as a browser without scripts does it, before the real API."""

import html
import re
from collections.abc import Callable

import httpx2
import pytest
from tests.factories.accounts import PASSWORD, Person
from tests.factories.posts import post
from tests.factories.shelves import invite, playlist, put, titles
from tests.factories.videos import video

from socialflow.kernel.work import App

ORIGIN = {"Origin": "http://testserver"}
FORM = re.compile(r"<form[^>]*>.*?</form>", re.DOTALL)
FIELD = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')


@pytest.fixture
async def browser(ada: Person, connect: Callable[..., httpx2.AsyncClient]) -> httpx2.AsyncClient:
    """Ada's browser, logged in."""
    client = connect(**ORIGIN)
    answer = await client.post("/login", data={"login": "ada", "password": PASSWORD})
    assert answer.status_code == 303, answer.text
    return client


async def send(
    browser: httpx2.AsyncClient, page: str, path: str, *, at: int = 0, **values: str | None
) -> httpx2.Response:
    """Send a form that stands on a page, with what is hidden in it, and go where it leads."""
    shown = await browser.get(page)
    assert shown.status_code == 200, shown.text
    forms = [form for form in FORM.findall(shown.text) if f'action="{path}' in form]
    assert forms, (path, shown.text)
    hidden = {name: html.unescape(value) for name, value in FIELD.findall(forms[at])}
    sent = {name: value for name, value in {**hidden, **values}.items() if value is not None}
    return await browser.post(path, data=sent, follow_redirects=True)


async def test_a_list_is_made_filled_put_in_order_and_deleted_without_scripts(
    app: App, browser: httpx2.AsyncClient, ada: Person
) -> None:
    films = [(await video(app, ada, title=f"Film {name}", visibility="public"))["id"] for name in "ab"]
    assert "Nothing for later" in (await browser.get("/watch-later")).text
    refused = await send(browser, "/playlists", "/playlists", title="")
    assert refused.status_code == 422
    made = await send(browser, "/playlists", "/playlists", title="Sea & <b>sun</b>", visibility="public")
    page = made.url.path
    assert "Sea &amp; &lt;b&gt;sun&lt;/b&gt;" in made.text
    assert "Nothing on this list yet" in made.text
    playlist_id = page.rpartition("/")[2]
    for film in films:
        save = f"/save/{film}"
        assert "Save to…" in (await browser.get(save)).text
        saved = await send(browser, f"{save}?next=/playlists", save, **{playlist_id: "1", "later": "1", "saved": "1"})
        assert saved.url.path == "/playlists", saved.text
    assert await titles(ada, playlist_id) == ["Film a", "Film b"]
    assert "Film b" in (await browser.get("/watch-later")).text
    assert "Film a" in (await browser.get("/saved?kind=videos")).text
    # A box that is not ticked any more takes it off again; another list is made by its name.
    await send(browser, f"/save/{films[1]}", f"/save/{films[1]}", **{playlist_id: "1", "title": "Another"})
    assert "Film b" not in (await browser.get("/saved")).text
    assert "Another" in (await browser.get("/playlists")).text

    items = (await ada.get(f"/playlists/{playlist_id}/items")).json()["items"]
    # The forms of an item: to the top, to the end, one up, one down.
    for at, order in ((0, "ba"), (1, "ab"), (2, "ba")):
        moved = await send(browser, page, f"{page}/items/{items[1]['id']}/move", at=at)
        assert "Moved." in moved.text
        assert await titles(ada, playlist_id) == [f"Film {name}" for name in order]
    await send(browser, page, f"{page}/items/{items[0]['id']}/note", note="From the second minute on")
    assert "From the second minute on" in (await browser.get(page)).text
    assert "off the list" in (await send(browser, page, f"{page}/items/{items[1]['id']}/remove")).text
    edited = await send(browser, page, f"{page}/edit", title="Seas", description="Waves", visibility="unlisted")
    assert "Seas" in edited.text
    assert (await ada.get(f"/playlists/{playlist_id}")).json()["visibility"] == "unlisted"
    gone = await send(browser, page, f"{page}/delete")
    assert "Seas" not in gone.text
    assert (await browser.get(page)).status_code == 404


async def test_a_list_of_two_is_worked_on_by_its_pages(
    app: App, browser: httpx2.AsyncClient, ada: Person, bob: Person
) -> None:
    theirs = (await playlist(bob, "Bob's list"))["id"]
    await invite(bob, theirs, ada, join=False)
    assert "You are asked to work on" in (await browser.get("/playlists")).text
    joined = await send(browser, "/playlists", f"/playlists/{theirs}/join")
    assert "You work on this list now." in joined.text
    assert "Lists of others that you work on" in (await browser.get("/playlists")).text
    film = (await video(app, ada, title="Mine", visibility="public"))["id"]
    assert "Bob&#39;s list" in (await browser.get(f"/save/{film}")).text
    await send(browser, f"/save/{film}", f"/save/{film}", **{theirs: "1"})
    assert await titles(bob, theirs) == ["Mine"]
    # What the list says of itself is its owner's.
    page = (await browser.get(f"/playlists/{theirs}")).text
    assert f'action="/playlists/{theirs}/edit"' not in page
    token = dict(FIELD.findall(page))["csrf_token"]
    refused = await browser.post(f"/playlists/{theirs}/edit", data={"csrf_token": token, "title": "Hers"})
    assert refused.status_code == 403
    assert "Bob&#39;s list" in (await browser.get(f"/playlists/{theirs}")).text
    left = await send(browser, f"/playlists/{theirs}", f"/playlists/{theirs}/leave")
    assert "Bob&#39;s list" not in left.text

    own = (await playlist(ada, "Ada's list"))["id"]
    page = f"/playlists/{own}"
    for wrong, fault in (("no such one", "Give a handle"), ("nobody", "Nobody here is called so.")):
        answer = await send(browser, page, f"{page}/collaborators", handle=wrong)
        assert fault in answer.text
    assert "They were asked." in (await send(browser, page, f"{page}/collaborators", handle="@Bob")).text
    assert "no more" in (await send(browser, page, f"{page}/collaborators/{bob.channel_id}/remove")).text


async def test_the_watch_page_plays_a_list_and_passes_over_what_is_not_there(
    app: App, browser: httpx2.AsyncClient, ada: Person, bob: Person
) -> None:
    films = [(await video(app, bob, title=f"Film {name}", visibility="public"))["id"] for name in "abc"]
    made = (await playlist(ada, "Mine", visibility="public"))["id"]
    items = [(await put(ada, made, film))["id"] for film in films]
    await bob.patch(f"/videos/{films[1]}", {"visibility": "private"})
    app.cache.clear()
    shown = (await browser.get(f"/watch/{films[0]}?list={made}&item={items[0]}")).text
    assert f'href="/watch/{films[2]}?list={made}&amp;item={items[2]}" data-next' in shown
    assert "Not available" in shown
    assert "Film b" not in shown
    last = (await browser.get(f"/watch/{films[2]}?list={made}")).text
    assert "Now playing" in last
    assert "data-next>" not in last
    for strange in ("list=ply_1", f"list=ply_{'0' * 26}", f"list={made}&item=itm_{'0' * 26}", f"list={made}&item=x"):
        plain = await browser.get(f"/watch/{films[0]}?{strange}")
        assert plain.status_code == 200
        assert "queue-title" not in plain.text, strange
    on_channel = (await browser.get("/@ada/playlists")).text
    assert "Mine" in on_channel


async def test_the_history_is_read_paused_and_erased(
    app: App, browser: httpx2.AsyncClient, ada: Person, bob: Person
) -> None:
    assert "Nothing here" in (await browser.get("/history")).text
    films = [(await video(app, bob, title=f"Film {name}", visibility="public"))["id"] for name in "ab"]
    for film in films:
        await ada.put(f"/me/positions/{film}", json={"position_ms": 6_000})
    shown = (await browser.get("/history")).text
    assert "Stopped at 0:06" in shown
    entry = (await ada.get("/me/history")).json()["items"][0]
    assert "Erased." in (await send(browser, "/history", f"/history/{entry['id']}/erase")).text
    kept = await send(browser, "/history", "/history/settings", keep_days="30")
    assert "Paused" in kept.text
    assert (await ada.get("/me/history/settings")).json() == {"enabled": False, "keep_days": 30}
    await send(browser, "/history", "/history/erase", range="hour")
    assert (await ada.get("/me/history")).json()["items"] == []
    await send(browser, "/history", "/history/settings", keep_days="", enabled="1")
    assert (await ada.get("/me/history/settings")).json() == {"enabled": True, "keep_days": None}


async def test_saved_posts_are_listed_and_taken_back(app: App, browser: httpx2.AsyncClient, bob: Person) -> None:
    said = (await post(bob, "Words to keep"))["id"]
    token = re.search(r'name="csrf_token" value="([^"]+)"', (await browser.get("/playlists")).text)
    assert token
    form = {"csrf_token": html.unescape(token[1]), "on": "1", "next": "/saved"}
    kept = await browser.post(f"/saves/{said}", data=form, follow_redirects=True)
    assert "Words to keep" in kept.text
    gone = await send(browser, "/saved", f"/saves/{said}", next="/saved")
    assert "Nothing saved" in gone.text


@pytest.mark.parametrize("page", ["/playlists", "/watch-later", "/history", "/saved", f"/save/vid_{'0' * 26}"])
async def test_who_is_not_logged_in_is_asked_to(client: httpx2.AsyncClient, page: str) -> None:
    answer = await client.get(page)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login")
