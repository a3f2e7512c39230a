"""A22, A21, A23, A24, A26 for playlists, saves and histories: whose they are, and what they must not tell."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace

import httpx2
import pytest
from sqlalchemy import select, text
from tests.factories.accounts import Person
from tests.factories.graph import block
from tests.factories.operations import NOBODYS
from tests.factories.shelves import invite, on, playlist, put, titles
from tests.factories.videos import video

from socialflow.domains.shelves.models import RULE, Playlist
from socialflow.domains.shelves.queries import playlists as queries
from socialflow.kernel import ids
from socialflow.kernel.reads import Read
from socialflow.kernel.visibility import nobody
from socialflow.kernel.work import SYSTEM, App

People = Callable[..., Awaitable[Person]]
VISIBILITIES = ("public", "unlisted", "followers", "members", "private")
CALLERS = ("anonymous", "stranger", "follower", "invited", "collaborator", "blocked", "owner", "moderator")


def seen(visibility: str, who: str) -> bool:
    """The rule a second time, in other words."""
    if who in {"invited", "collaborator", "owner", "moderator"}:
        return True
    if who == "blocked":
        return False
    return visibility in {"public", "unlisted"} or (visibility == "followers" and who == "follower")


async def build(
    app: App, client: httpx2.AsyncClient, person: People
) -> tuple[dict[str, httpx2.AsyncClient], dict[str, str]]:
    ada = await person("ada")
    people = {who: await person(f"the{who}") for who in ("stranger", "follower", "invited", "collaborator", "blocked")}
    moe = await person("moe", role="admin")
    callers = {"anonymous": client, "owner": ada.http, "moderator": moe.http}
    callers |= {who: each.http for who, each in people.items()}
    await people["follower"].put(f"/follows/{ada.channel_id}")
    made = {}
    film = (await video(app, ada, title="wordfilm", visibility="public"))["id"]
    for visibility in VISIBILITIES:
        made[visibility] = (await playlist(ada, f"word{visibility}", visibility=visibility))["id"]
        await put(ada, made[visibility], film)
        await invite(ada, made[visibility], people["invited"], join=False)
        await invite(ada, made[visibility], people["collaborator"])
        await invite(ada, made[visibility], people["blocked"])
    await block(ada, people["blocked"])
    app.cache.clear()
    return callers, made


async def leaks(app: App, callers: dict[str, httpx2.AsyncClient], made: dict[str, str]) -> list[tuple[str, str, str]]:
    app.cache.clear()
    found = []
    for who, caller in callers.items():
        for visibility, playlist_id in made.items():
            for path in ("", "/items"):
                answer = await caller.get(f"/api/v1/playlists/{playlist_id}{path}")
                if answer.is_success != seen(visibility, who):
                    found.append((who, visibility, path))
    return found


@pytest.mark.timeout(600)
async def test_a22_lists_are_told_to_those_who_may_see_them_and_a_broken_rule_is_noticed(
    app: App, client: httpx2.AsyncClient, person: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    callers, made = await build(app, client, person)
    assert set(callers) == set(CALLERS)
    assert await leaks(app, callers, made) == []
    broken = {
        "blocks": replace(RULE, apart=nobody),
        "followers": replace(RULE, follows=lambda *_: "TRUE"),
        "members": replace(RULE, member=lambda *_: "TRUE"),
        "those who work on it": replace(RULE, invited=lambda *_: "TRUE"),
        "nobody works on it": replace(RULE, invited=nobody),
    }
    for what, rule in broken.items():
        line = f"SELECT {queries._COLUMNS} FROM playlists {queries._COVER} WHERE playlists.id = :id AND {rule.visible}"
        monkeypatch.setattr(queries, "ONE", Read(line))
        assert await leaks(app, callers, made) != [], what


async def test_a22_an_order_by_everybody_tells_nothing_of_what_is_hidden(
    app: App, ada: Person, bob: Person, client: httpx2.AsyncClient
) -> None:
    made = (await playlist(ada, visibility="public"))["id"]
    hidden = (await video(app, ada, title="wordhidden", description="wordhidden", visibility="private"))["id"]
    item = await put(ada, made, hidden, note="wordhidden, the best part")
    told = [
        await client.get(f"/api/v1/playlists/{made}{path}") for path in ("", "/items", f"/items?starts_at={item['id']}")
    ]
    told += [
        await bob.get(f"/playlists/{made}/items"),
        await client.get(f"/api/v1/channels/{ada.channel_id}/playlists"),
    ]
    told += [await client.get(f"/playlists/{made}"), await client.get("/@ada/playlists")]
    for answer in told:
        assert answer.status_code == 200
        assert "wordhidden" not in answer.text
        assert hidden not in answer.text
    # Whether a video that one may not see is on one's own list is not told by asking for it.
    assert (await bob.put(f"/playlists/{(await playlist(bob))['id']}/videos/{hidden}")).status_code == 404
    asked = await bob.get("/me/playlists", params={"video_id": hidden})
    assert [each["contains"] for each in asked.json()["items"]] == [False]


CHANGES = [
    ("PATCH", "/playlists/{list}", {"title": "mine now"}),
    ("DELETE", "/playlists/{list}", None),
    ("POST", "/playlists/{list}/items", {"video_id": "{film}"}),
    ("PATCH", "/playlists/{list}/items/{item}", {"after_id": None}),
    ("PATCH", "/playlists/{list}/items/{item}", {"note": "mine now"}),
    ("DELETE", "/playlists/{list}/items/{item}", None),
    ("PUT", "/playlists/{list}/videos/{film}", None),
    ("DELETE", "/playlists/{list}/videos/{film}", None),
    ("GET", "/playlists/{list}/collaborators", None),
    ("PUT", "/playlists/{list}/collaborators/{me}", None),
    ("DELETE", "/playlists/{list}/collaborators/{me}", None),
]


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
async def test_a21_what_is_not_seen_is_404_and_what_is_not_ones_own_is_403(
    app: App, ada: Person, bob: Person, client: httpx2.AsyncClient, method: str, path: str, body: dict[str, str] | None
) -> None:
    film = (await video(app, ada, visibility="public"))["id"]
    for visibility, expected in (("public", 403), ("private", 404)):
        made = (await playlist(ada, visibility=visibility))["id"]
        item = (await put(ada, made, film, note="as it was"))["id"]
        before = (await ada.get(f"/playlists/{made}")).json(), await on(ada, made)
        where = "/api/v1" + path.format(list=made, item=item, film=film, me=bob.channel_id)
        sent = {key: film if value == "{film}" else value for key, value in body.items()} if body else None
        answer = await bob.http.request(method, where, json=sent)
        assert answer.status_code == expected, answer.text
        assert (await client.request(method, where, json=sent)).status_code == 401
        assert ((await ada.get(f"/playlists/{made}")).json(), await on(ada, made)) == before
    assert (await bob.put(f"/playlists/{made}/collaboration")).status_code == 404


async def test_a24_an_item_belongs_to_its_list(app: App, ada: Person, bob: Person) -> None:
    film, other = [(await video(app, ada, title=name, visibility="public"))["id"] for name in ("one", "two")]
    mine, theirs = (await playlist(bob))["id"], (await playlist(ada, visibility="public"))["id"]
    foreign = (await put(ada, theirs, film))["id"]
    own = (await put(bob, mine, other))["id"]
    assert (await bob.patch(f"/playlists/{mine}/items/{foreign}", {"after_id": None})).status_code == 404
    assert (await bob.delete(f"/playlists/{mine}/items/{foreign}")).status_code == 204
    for place in ("after_id", "before_id"):
        answer = await bob.patch(f"/playlists/{mine}/items/{own}", {place: foreign})
        assert (answer.status_code, answer.json()["code"]) == (409, "place_is_gone")
    for name, value in {"playlist_id": theirs, "video_id": film, "added_by": ada.id, "rank": "a0"}.items():
        assert (await bob.patch(f"/playlists/{mine}/items/{own}", {name: value})).status_code == 422, name
    assert await titles(ada, theirs) == ["one"]
    for strange in (f"vid_{NOBODYS}", own.replace("itm_", "vid_"), "vid_1"):
        assert (await bob.post(f"/playlists/{mine}/items", {"video_id": strange})).status_code in {404, 422}, strange
    # A list of another, by the cursor or the start of one's own.
    page = await bob.get(f"/playlists/{mine}/items", params={"starts_at": foreign})
    assert page.status_code == 404


async def test_a23_a_list_takes_nothing_that_is_not_its_owners_to_say(app: App, ada: Person, bob: Person) -> None:
    made = (await playlist(ada))["id"]
    async with app.work(SYSTEM) as work:
        columns = [column.name for column in Playlist.__table__.columns]
        before = (await work.db.execute(select(Playlist.__table__))).one()
    free = {"title", "description", "visibility", "allow_duplicates"}
    for name in sorted(set(columns) - free):
        value = bob.id if name == "account_id" else 7
        for answer in (
            await ada.patch(f"/playlists/{made}", {name: value}),
            await ada.post("/playlists", {"title": "x", name: value}),
        ):
            assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, f"/{name}")
    async with app.work(SYSTEM) as work:
        assert (await work.db.execute(select(Playlist.__table__))).one() == before


async def test_a26_what_is_written_is_kept_as_words(app: App, ada: Person) -> None:
    for words in ("'; DROP TABLE playlists; --", "%_\\", "$1 :viewer {x}", "<script>alert(1)</script>"):
        made = await playlist(ada, words, description=words, visibility="public")
        film = (await video(app, ada, visibility="public"))["id"]
        await put(ada, made["id"], film, note=words)
        assert (await ada.get(f"/playlists/{made['id']}")).json()["title"] == words
        assert [item["note"] for item in await on(ada, made["id"])] == [words]
        page = (await ada.http.get(f"/playlists/{made['id']}")).text
        assert "<script>alert" not in page
    for wrong in ("x' OR 1=1", "itm_", f"ply_{NOBODYS}", "\x00"):
        answer = await ada.get(f"/playlists/{made['id']}/items", params={"starts_at": wrong})
        assert answer.status_code in {400, 404, 422}, wrong


async def test_a20_a_token_does_what_its_scopes_say(
    app: App, ada: Person, connect: Callable[..., httpx2.AsyncClient]
) -> None:
    film = (await video(app, ada, visibility="public"))["id"]
    made = (await playlist(ada))["id"]
    asks = {
        "write:playlists": [("PUT", f"/playlists/{made}/videos/{film}"), ("PUT", f"/me/watch-later/{film}")],
        "write:saves": [("PUT", f"/saves/{film}")],
        "write:history": [("DELETE", "/me/history")],
    }
    for scope in asks:
        token = await ada.post("/me/tokens", {"name": scope, "scopes": ["read", scope]})
        assert token.status_code == 201, token.text
        program = connect(Authorization=f"Bearer {token.json()['token']}")
        for needed, requests in asks.items():
            for method, path in requests:
                answer = await program.request(method, f"/api/v1{path}")
                assert answer.is_success == (needed == scope), (scope, path, answer.text)


async def test_a61_what_somebody_saved_and_watched_is_theirs_alone(
    app: App, ada: Person, bob: Person, person: People
) -> None:
    moe = await person("moe", role="admin")
    film = (await video(app, ada, visibility="public"))["id"]
    await bob.put(f"/saves/{film}")
    await bob.put(f"/me/positions/{film}", json={"position_ms": 6_000})
    later = (await bob.put(f"/me/watch-later/{film}")).json()
    entry = (await bob.get("/me/history")).json()["items"][0]["id"]
    for other in (ada, moe):
        for path in ("/me/saves", "/me/history", "/me/watch-later", "/me/playlists"):
            assert (await other.get(path)).json()["items"] == [], path
        assert (await other.get(f"/playlists/{later['playlist_id']}")).status_code == 404
        assert (await other.get(f"/playlists/{later['playlist_id']}/items")).status_code == 404
        await other.delete(f"/me/history/{entry}")
        await other.delete(f"/saves/{film}")
    assert len((await bob.get("/me/history")).json()["items"]) == 1
    assert len((await bob.get("/me/saves")).json()["items"]) == 1
    counted = await ada.get(f"/videos/{film}")
    assert not re.search("save|watch", counted.text.replace("watch_", ""))
    async with app.work(SYSTEM) as work:
        told = list(await work.db.scalars(text("SELECT kind FROM outbox")))
    assert not [kind for kind in told if "Playlist" in kind or "Save" in kind or "Watch" in kind]
    assert ids.parse("ply", later["playlist_id"])
