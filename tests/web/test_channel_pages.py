"""Pages of channels and teams before the real API, in a browser without scripts."""

import re
from collections.abc import Awaitable, Callable

import httpx2
import pytest
from fastapi import FastAPI
from tests.factories.accounts import Person, form, sign_up
from tests.factories.channels import channel, employ, invite, rename, verify
from tests.factories.posts import post
from tests.factories.videos import video

from socialflow.kernel.work import App

ORIGIN = "http://testserver"
EVIL = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'


@pytest.fixture
async def eve(api: FastAPI, connect: Callable[..., httpx2.AsyncClient]) -> Person:
    """A browser that is logged in by its cookie."""
    client = connect(Origin=ORIGIN)
    given = await client.post("/api/v1/auth/register", json=form("eve"), headers={"X-Session": "cookie"})
    assert given.status_code == 201, given.text
    client.headers["X-CSRF-Token"] = given.json()["csrf_token"]
    user = given.json()["user"]
    return Person(user["id"], "eve", user["channel_id"], "", "", client)


@pytest.fixture
async def ada(app: App, connect: Callable[..., httpx2.AsyncClient]) -> Person:
    """Somebody who speaks through the API."""
    return await sign_up(app, connect, "ada")


async def shown(person: Person, path: str, status: int = 200) -> str:
    answer = await person.http.get(path)
    assert answer.status_code == status, answer.text
    return answer.text


async def sent(person: Person, path: str, status: int = 303, **fields: str) -> httpx2.Response:
    answer = await person.http.post(path, data=fields)
    assert answer.status_code == status, answer.text
    return answer


async def test_a_channel_is_made_used_renamed_and_deleted_with_forms(app: App, eve: Person, ada: Person) -> None:
    made = await sent(eve, "/settings/channels", handle="@engines", display_name="Engines")
    assert made.headers["location"] == "/settings/channels?done=made"
    assert "sf_channel=chn_" in made.headers["set-cookie"]
    page = await shown(eve, "/settings/channels?done=made")
    assert "is the one that you use now" in page
    assert "in use" in page
    # From here on all that is done is done as it.
    assert 'href="/@engines"' in await shown(eve, "/")
    assert "As <bdi>Engines</bdi>" in await shown(eve, "/compose")
    said = await sent(eve, "/compose", text="Wheels", act="publish", channel_id=_id_in(page, "engines"))
    assert "@engines" in await shown(ada, said.headers["location"]) or "Engines" in await shown(
        ada, said.headers["location"]
    )
    assert 'data-channel="chn_' in await shown(eve, "/upload")
    assert "Videos of <bdi>Engines</bdi>" in await shown(eve, "/my/videos")

    engines = _id_in(page, "engines")
    await sent(eve, f"/settings/channels/{engines}/handle", new_handle="@machines")
    moved = await ada.http.get("/@engines")
    assert (moved.status_code, moved.headers["location"]) == (303, "/@machines")
    for tab in ("posts", "about"):
        assert (await ada.http.get(f"/@engines/{tab}")).headers["location"] == f"/@machines/{tab}"
    taken = await sent(eve, f"/settings/channels/{engines}/handle", 409, new_handle="ada")
    assert "aria-invalid" in taken.text

    wrong = await sent(eve, f"/settings/channels/{engines}/delete", 422, typed="engines")
    assert "Type @machines to delete it." in wrong.text
    await sent(eve, f"/settings/channels/{engines}/delete", typed="@machines")
    assert (await ada.http.get("/@machines")).status_code == 404
    # The browser still says that it uses it, and is not believed.
    assert 'href="/@eve"' in await shown(eve, "/")


async def test_a_channel_that_is_not_theirs_is_not_used_whatever_a_browser_says(eve: Person, ada: Person) -> None:
    await sent(eve, f"/settings/channels/{ada.channel_id}/use")

    page = await shown(eve, "/settings/channels")
    assert "@ada" not in page
    assert 'href="/@eve"' in page


async def test_after_a_switch_one_is_where_one_was_on_this_site_alone(eve: Person) -> None:
    where = f"/settings/channels/{eve.channel_id}/use"
    assert (await sent(eve, where, next="/my/videos")).headers["location"] == "/my/videos"
    for elsewhere in ("https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", ""):
        assert (await sent(eve, where, next=elsewhere)).headers["location"] == "/settings/channels"


async def test_a_team_is_asked_and_answers_with_forms(app: App, eve: Person, ada: Person) -> None:
    wrong = await sent(eve, "/settings/team", 422, handle="nobody at all", role="editor")
    assert "Give a handle" in wrong.text
    missing = await sent(eve, "/settings/team", 404, handle="@nobody", role="editor")
    assert "Nobody here is called so." in missing.text
    await sent(eve, "/settings/team", handle="@ada", role="editor")
    page = await shown(eve, "/settings/team?done=asked")
    assert "asked" in page
    assert "Take back" in page
    await sent(eve, f"/settings/team/{ada.channel_id}/role", role="analyst")
    assert "analyst" in await shown(eve, "/settings/team")
    await sent(eve, f"/settings/team/{ada.channel_id}/remove")
    assert "Nobody besides whose channel it is." in await shown(eve, "/settings/team")


async def test_an_invitation_is_shown_accepted_and_left(eve: Person, ada: Person) -> None:
    await invite(ada, ada.channel_id, eve, "editor")
    page = await shown(eve, "/settings/channels")
    assert "asks you to work for it as editor" in page

    await sent(eve, f"/settings/channels/{ada.channel_id}/accept")
    await sent(eve, f"/settings/channels/{ada.channel_id}/use")
    assert "This is the profile of <bdi>Ada</bdi>" in await shown(eve, "/settings")
    await sent(eve, "/settings", display_name="Ada", bio="Kept by Eve")
    assert (await ada.get("/channels/@ada")).json()["bio"] == "Kept by Eve"
    # What takes an owner is not offered to an editor.
    team = await shown(eve, "/settings/team")
    assert "Ask somebody" not in team
    channels = await shown(eve, "/settings/channels")
    assert "Owners can change it." in channels
    assert "Delete the channel" not in channels

    await sent(eve, f"/settings/channels/{ada.channel_id}/leave")
    assert "Leave" not in await shown(eve, "/settings/channels")


async def test_one_comments_as_the_channel_that_one_uses_and_may_publish_for(
    app: App, eve: Person, ada: Person
) -> None:
    film = (await video(app, ada, visibility="public"))["id"]
    assert "use another channel" not in await shown(eve, f"/watch/{film}")
    await sent(eve, "/settings/channels", handle="engines", display_name="Engines")
    page = await shown(eve, f"/watch/{film}")
    assert "As <bdi>Engines</bdi>" in page
    (engines,) = set(re.findall(r'name="channel_id" value="(chn_\w+)"', page))
    await sent(eve, "/comments", subject_id=film, text="Wheels", channel_id=engines)

    page = await shown(eve, f"/watch/{film}")
    assert '<a href="/@engines"><bdi>Engines</bdi></a>' in page
    # Who answers does so as that channel, too, and its words are theirs to change.
    assert page.count(f'name="channel_id" value="{engines}"') == 2
    (said,) = re.findall(r'action="/comments/(cmt_\w+)/edit"', page)
    await sent(eve, f"/comments/{said}/edit", text="Wheels and cards")
    assert "Wheels and cards" in await shown(eve, f"/watch/{film}")

    # Whoever only looks after a channel's numbers goes on speaking for themselves.
    await employ(ada, eve, "analyst")
    await sent(eve, f"/settings/channels/{ada.channel_id}/use")
    page = await shown(eve, f"/watch/{film}")
    assert 'name="channel_id"' not in page[page.index('id="comments"') :]
    await sent(eve, "/comments", subject_id=film, text="mine")
    assert '<a href="/@eve"><bdi>' in await shown(eve, f"/watch/{film}")


async def test_one_reposts_as_the_channel_that_one_uses_and_takes_it_back(eve: Person, ada: Person) -> None:
    words = (await post(ada, "Look"))["id"]
    assert "Repost as" not in await shown(eve, f"/post/{words}")
    await employ(ada, eve, "editor")
    other = (await post(eve, "Mine"))["id"]
    await sent(eve, f"/settings/channels/{ada.channel_id}/use")
    page = await shown(eve, f"/post/{other}")
    assert "Repost as <bdi>Ada</bdi>" in page
    assert f'name="channel_id" value="{ada.channel_id}"' in page

    done = await sent(eve, f"/post/{other}/repost", on="1", channel_id=ada.channel_id)
    reposts = f"/reposts?channel_id={ada.channel_id}"
    assert [each["subject_id"] for each in (await ada.get(reposts)).json()["items"]] == [other]
    assert "Reposted as <bdi>Ada</bdi>" in await shown(eve, done.headers["location"])
    assert "Reposted as" not in await shown(eve, f"/post/{other}")
    await sent(eve, f"/post/{other}/repost", on="0", channel_id=ada.channel_id)
    assert (await ada.get(reposts)).json()["items"] == []
    await sent(eve, f"/post/{other}/repost", 422, on="1", channel_id="chn_1&limit=1")


async def test_a_page_has_tabs_links_pins_and_a_mark(app: App, eve: Person, ada: Person) -> None:
    film = await video(app, ada, visibility="public")
    words = await post(ada, "Wheels and cards")
    links = [
        {"title": EVIL[:60], "url": "https://example.org/?a=%22%3E%3Cb%3E"},
        {"title": "B", "url": "https://b.example"},
    ]
    await ada.patch("/channels/@ada", {"links": links, "bio": EVIL})
    pinned = await ada.put("/channels/@ada/pins", json={"subject_ids": [words["id"], film["id"]]})
    assert pinned.status_code == 200, pinned.text
    await verify(app, ada.channel_id)

    page = await shown(eve, "/@ada")
    for tab in ("/@ada", "/@ada/posts", "/@ada/about"):
        assert f'href="{tab}"' in page
        text = await shown(eve, tab)
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert 'class="verified"' in text
        assert re.search(r'<a class="tab" href="' + tab + r'" aria-current="page"', text)
    about = await shown(eve, "/@ada/about")
    assert 'rel="me nofollow ugc noopener noreferrer"' in about
    assert page.index("Wheels and cards") < page.index(f"/watch/{film['id']}")
    assert 'class="verified"' in await shown(eve, f"/watch/{film['id']}")
    assert 'class="verified"' in await shown(eve, f"/post/{words['id']}")
    assert 'class="verified"' in await shown(eve, "/")


async def test_what_is_pinned_is_changed_with_forms(app: App, eve: Person) -> None:
    words = await post(eve, "First of all")
    assert "Pin to the channel" in await shown(eve, f"/post/{words['id']}")
    await sent(eve, f"/pins/{words['id']}", channel_id=eve.channel_id, on="1")
    assert "First of all" in await shown(eve, "/@eve")
    await sent(eve, f"/pins/{words['id']}", channel_id=eve.channel_id, on="0")
    assert "Pinned" not in await shown(eve, "/@eve")
    await sent(eve, f"/pins/{words['id']}", 404, channel_id="../me", on="1")


async def test_staff_vouch_on_the_page_and_nobody_else_is_offered_to(
    app: App, eve: Person, ada: Person, person: Callable[..., Awaitable[Person]]
) -> None:
    assert "Vouch for this name" not in await shown(eve, "/@ada/about")
    await sent(eve, "/@ada/verification", 403, on="1", reason="x")
    assert (await ada.get("/channels/@ada")).json()["verified"] is False


async def test_a_profile_keeps_links_and_says_what_is_wrong_with_one(eve: Person) -> None:
    wrong = await sent(
        eve, "/settings", 422, display_name="Eve", bio="", link_title_0="Mine", link_url_0="javascript:alert(1)"
    )
    assert 'id="link_url_0-fault"' in wrong.text
    assert "javascript:alert(1)" not in re.sub(r'value="[^"]*"', "", wrong.text)
    await sent(eve, "/settings", display_name="Eve", bio="", link_title_0="", link_url_0="https://example.org")
    links = (await eve.get("/channels/@eve")).json()["links"]
    assert links == [{"title": "https://example.org", "url": "https://example.org/"}]


async def test_a_renamed_channel_keeps_its_account_going(eve: Person, ada: Person) -> None:
    await rename(ada, ada.channel_id, "countess")
    await channel(ada, "engines")
    await employ(ada, eve, "analyst")

    assert "@countess" in await shown(eve, "/settings/channels")
    assert (await eve.http.get("/@ada/followers")).headers["location"] == "/@countess/followers"


def _id_in(page: str, handle: str) -> str:
    del handle
    found = re.search(r"/settings/channels/(chn_[0-9a-z]{26})/handle", page)
    assert found is not None
    return found[1]


async def test_words_do_not_change_their_voice_unnoticed(app: App, eve: Person, ada: Person) -> None:
    film = (await video(app, ada, visibility="public"))["id"]
    await sent(eve, "/settings/channels", handle="@engines", display_name="Engines")
    page = await shown(eve, "/settings/channels")
    engines = _id_in(page, "engines")
    # It is deleted in another window while one writes.
    assert (await eve.delete(f"/channels/{engines}")).status_code == 204
    said = "You use another channel now than when you wrote this. Sent again, it is said as"
    for path, fields in (("/comments", {"subject_id": film}), ("/compose", {"act": "publish"})):
        again = await sent(eve, path, 404, text="Wheels", channel_id=engines, **fields)
        assert f"{said} {eve.handle}" in again.text or said in again.text, path
        assert "Wheels</textarea>" in again.text, path
        assert "is not there any more" not in again.text, path
    # Nor when it is refused for something else.
    for path, fields in (("/comments", {"subject_id": film}), ("/compose", {"act": "publish"})):
        again = await sent(eve, path, 422, text=" ", channel_id=eve.channel_id, **fields)
        assert said not in again.text, path
