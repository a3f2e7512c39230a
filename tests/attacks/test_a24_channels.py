"""A21, A23 to A26, A28, A47, A60 for channels: foreign ids, fields nobody sends, wrong parents, more rights, races."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import func, select, text
from tests.attacks.test_a26_injection import SQL
from tests.factories.accounts import Person
from tests.factories.channels import channel, employ, invite
from tests.factories.operations import NOBODYS
from tests.factories.posts import post
from tests.factories.uploads import uploaded
from tests.factories.videos import draft, upload, video

from socialflow.domains.channels.models import Channel, Handle, Pin, TeamMember
from socialflow.kernel import ids
from socialflow.kernel.work import SYSTEM, App

People = Callable[..., Awaitable[Person]]
OURS = {"handle", "display_name", "bio", "links", "embed_domains", "avatar_upload_id", "banner_upload_id"}
CHANGES: list[tuple[str, str, Any]] = [
    ("PATCH", "/channels/{channel}", {"bio": "mine now"}),
    ("PATCH", "/channels/{channel}", {"embed_domains": []}),
    ("PUT", "/channels/{channel}/handle", {"handle": "mine_now"}),
    ("DELETE", "/channels/{channel}", None),
    ("GET", "/channels/{channel}/collaborators", None),
    ("PUT", "/channels/{channel}/collaborators/{own}", {"role": "owner"}),
    ("DELETE", "/channels/{channel}/collaborators/{worker}", None),
    ("PUT", "/channels/{channel}/pins", {"subject_ids": []}),
    ("POST", "/videos", {"title": "x", "upload_id": "{upload}", "channel_id": "{channel}"}),
    ("POST", "/posts", {"text": "x", "channel_id": "{channel}"}),
    ("POST", "/comments", {"text": "x", "subject_id": "{film}", "channel_id": "{channel}"}),
    ("POST", "/playlists", {"title": "x", "channel_id": "{channel}"}),
    ("PUT", "/reposts/{film}?channel_id={channel}", None),
    ("DELETE", "/reposts/{film}?channel_id={channel}", None),
]


async def kept(app: App) -> dict[str, int]:
    """How many rows there are of what belongs to channels."""
    async with app.work(SYSTEM) as work:
        return {
            model.__tablename__: int(await work.db.scalar(select(func.count()).select_from(model)) or 0)
            for model in (Channel, Handle, Pin, TeamMember)
        }


def _filled(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _filled(each, names) for name, each in value.items()}
    return value.format(**names) if isinstance(value, str) else value


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
async def test_a21_channels_of_others_are_changed_by_nobody(
    app: App, ada: Person, bob: Person, person: People, method: str, path: str, body: Any
) -> None:
    made = await channel(ada, "engines")
    worker = await person("worker")
    await employ(ada, worker, "editor", made["id"])
    names = {"channel": made["id"], "own": bob.channel_id, "worker": worker.channel_id, "upload": await upload(bob)}
    names["film"] = (await video(app, bob, visibility="public"))["id"]
    before = await kept(app)

    answer = await bob.http.request(method, f"/api/v1{path.format(**names)}", json=_filled(body, names))

    assert answer.status_code == 403, answer.text
    assert await kept(app) == before
    assert (await ada.get("/channels/@engines")).json() == made


@pytest.mark.parametrize("identity", [f"chn_{NOBODYS}", "acc_" + NOBODYS, "chn_1", "@", "vid_" + NOBODYS])
async def test_a21_an_id_of_nothing_is_found_nowhere(ada: Person, identity: str) -> None:
    for method, path, body in (
        ("PUT", f"/channels/@ada/collaborators/{identity}", {"role": "editor"}),
        ("DELETE", f"/channels/@ada/collaborators/{identity}", None),
        ("PUT", f"/me/collaborations/{identity}", None),
        ("PATCH", f"/channels/{identity}", {"bio": "x"}),
        ("PUT", f"/channels/{identity}/handle", {"handle": "other"}),
    ):
        answer = await ada.http.request(method, f"/api/v1{path}", json=body)
        expected = {404, 422, 204} if method == "DELETE" else {404, 422}
        assert answer.status_code in expected - {204}, (method, path, answer.status_code)


async def test_a23_no_column_is_set_by_whom_it_is_not_for(app: App, ada: Person) -> None:
    made = await channel(ada, "engines")
    more = {"verified", "owner", "owner_id", "role", "state", "is_main", "kept_until", "most_channels", "permissions"}
    for name in (set(Channel.__table__.columns.keys()) | set(TeamMember.__table__.columns.keys()) | more) - OURS:
        for method, path, body in (
            ("POST", "/channels", {"handle": "another", "display_name": "x"}),
            ("PATCH", f"/channels/{made['id']}", {"bio": "x"}),
            ("PUT", f"/channels/{made['id']}/handle", {"handle": "another"}),
            ("PUT", f"/channels/{made['id']}/pins", {"subject_ids": []}),
        ):
            answer = await ada.http.request(method, f"/api/v1{path}", json={**body, name: "1"})
            assert answer.status_code == 422, (method, path, name)
    assert (await ada.get("/channels/@engines")).json() == made
    assert (await kept(app))["channels"] == 2


async def test_a24_nothing_of_another_channel_is_pinned(app: App, ada: Person, bob: Person) -> None:
    other = await channel(ada, "engines")
    mine = await video(app, ada, visibility="public")
    theirs, hidden = await video(app, bob, visibility="public"), await video(app, bob, visibility="private")
    words = await post(bob, "x")

    for subject, status in (
        (theirs["id"], 409),
        (words["id"], 409),
        (hidden["id"], 404),
        (f"vid_{NOBODYS}", 404),
        (f"pst_{NOBODYS}", 404),
        (f"cmt_{NOBODYS}", 422),
    ):
        answer = await ada.put("/channels/@ada/pins", json={"subject_ids": [mine["id"], subject]})
        assert answer.status_code == status, (subject, answer.text)
    # Nor on another channel of the same account.
    assert (await ada.put(f"/channels/{other['id']}/pins", json={"subject_ids": [mine["id"]]})).status_code == 409
    assert (await ada.get("/channels/@ada/pins")).json()["items"] == []


async def test_a24_an_editor_answers_nothing_that_either_of_the_two_may_not_see(
    app: App, ada: Person, bob: Person, person: People
) -> None:
    cleo, dora = await person("cleo"), await person("dora")
    await employ(ada, bob, "editor")
    for_cleo = await post(cleo, "For followers", visibility="followers")
    assert (await ada.put(f"/follows/{cleo.channel_id}")).status_code == 200
    assert (await ada.put(f"/blocks/{dora.channel_id}")).status_code == 204
    of_dora = await post(dora, "Public")

    # Ada sees the first, and Bob does not; Bob sees the second, and Ada does not.
    for parent in (for_cleo["id"], of_dora["id"]):
        for fields in ({"parent_id": parent}, {"quote_id": parent}):
            answer = await bob.post("/posts", {"text": "x", "channel_id": ada.channel_id, **fields})
            assert answer.status_code == 404, (fields, answer.text)


async def test_a24_a_collaborator_edits_with_nothing_of_the_owners_other_channels(
    app: App, ada: Person, bob: Person
) -> None:
    other = await channel(ada, "engines")
    await employ(ada, bob, "editor", other["id"])
    film = await video(app, ada, channel_id=other["id"], visibility="public")
    secret = await video(app, ada, visibility="private")

    joined = {"operations": [{"kind": "concat", "video_ids": [secret["id"]], "before": False}]}
    answer = await bob.post(f"/videos/{film['id']}/edits", joined)

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("role", ["editor", "moderator", "analyst"])
async def test_a25_nobody_gives_themselves_or_others_more_rights(
    app: App, ada: Person, bob: Person, person: People, role: str
) -> None:
    cleo = await person("cleo")
    await employ(ada, bob, role)
    await invite(ada, ada.channel_id, cleo, "analyst")
    before = await kept(app)

    for answer in (
        await bob.put(f"/channels/@ada/collaborators/{bob.channel_id}", json={"role": "owner"}),
        await bob.put(f"/channels/@ada/collaborators/{cleo.channel_id}", json={"role": "owner"}),
        await bob.delete(f"/channels/@ada/collaborators/{cleo.channel_id}"),
        await bob.put("/channels/@ada/handle", json={"handle": "mine_now"}),
        await bob.delete("/channels/@ada"),
        await bob.put("/admin/channels/@ada/verification", json={"reason": "x"}),
    ):
        assert answer.status_code == 403, answer.text
    assert await kept(app) == before
    mine = {each["channel"]["handle"]: each["role"] for each in (await bob.get("/me/channels")).json()["items"]}
    assert mine["ada"] == role


async def test_a25_a_co_owner_takes_nothing_that_is_the_accounts(app: App, ada: Person, bob: Person) -> None:
    other = await channel(ada, "engines")
    await employ(ada, bob, "owner")
    await employ(ada, bob, "owner", other["id"])

    # One logs in by it.
    assert (await bob.put("/channels/@ada/handle", json={"handle": "mine_now"})).status_code == 403
    assert (await bob.delete(f"/channels/{other['id']}")).status_code == 403
    assert (
        await bob.put(f"/channels/@ada/collaborators/{ada.channel_id}", json={"role": "analyst"})
    ).status_code == 409
    assert (await bob.delete(f"/channels/@ada/collaborators/{ada.channel_id}")).status_code == 204
    assert (await ada.patch("/channels/@ada", {"bio": "Still mine"})).status_code == 200
    async with app.sessions() as session:
        owners = set(await session.scalars(text("SELECT account_id FROM channels WHERE handle IN ('ada', 'engines')")))
    assert owners == {ids.parse("acc", ada.id)}


async def test_a25_staff_permissions_do_not_travel_with_a_channel(app: App, ada: Person, person: People) -> None:
    moderator = await person("moe", role="moderator")
    await employ(moderator, ada, "owner")
    private = await video(app, await person("cleo"), visibility="private")

    assert (await ada.get(f"/videos/{private['id']}")).status_code == 404
    said = await ada.post("/posts", {"text": "x", "channel_id": moderator.channel_id, "quote_id": private["id"]})
    assert said.status_code == 404


async def test_a25_a_token_without_the_scope_changes_no_channel(ada: Person, bob: Person) -> None:
    made = await ada.post("/me/tokens", {"name": "reader", "scopes": ["read", "write:videos"]})
    headers = {"Authorization": f"Bearer {made.json()['token']}"}
    for method, path, body in (
        ("POST", "/channels", {"handle": "another", "display_name": "x"}),
        ("PUT", "/channels/@ada/handle", {"handle": "another"}),
        ("PUT", f"/channels/@ada/collaborators/{bob.channel_id}", {"role": "owner"}),
        ("PUT", f"/me/collaborations/{bob.channel_id}", None),
        ("DELETE", f"/me/collaborations/{bob.channel_id}", None),
        ("PUT", "/channels/@ada/pins", {"subject_ids": []}),
    ):
        answer = await ada.http.request(method, f"/api/v1{path}", json=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "missing_scope"), path


@pytest.mark.parametrize("words", SQL)
async def test_a26_words_stay_words(app: App, ada: Person, words: str) -> None:
    before = await kept(app)
    link = {"title": words, "url": "https://example.org"}
    shown = await ada.patch("/channels/@ada", {"bio": words, "display_name": words, "links": [link]})
    assert shown.status_code == 200, shown.text
    read = (await ada.get("/channels/@ada")).json()
    assert (read["bio"], read["display_name"], read["links"][0]["title"]) == (words, words, words)
    for path in (f"/channels/@{words}", f"/channels/{words}"):
        assert (await ada.get(path.replace("/**/", "comment"))).status_code in {404, 405}
    renamed = await ada.put("/channels/@ada/handle", json={"handle": words})
    assert renamed.status_code == 422
    assert await kept(app) == before


async def test_a47_nothing_is_longer_than_it_may_be(ada: Person) -> None:
    for body in (
        {"bio": "x" * 1_001},
        {"display_name": "x" * 61},
        {"links": [{"title": "x" * 61, "url": "https://example.org"}]},
        {"links": [{"title": "x", "url": "https://example.org/" + "x" * 2_000}]},
        {"links": [{"title": "x", "url": "https://example.org"}] * 10_000},
    ):
        assert (await ada.patch("/channels/@ada", body)).status_code == 422
    pins = await ada.put("/channels/@ada/pins", json={"subject_ids": [f"vid_{NOBODYS}"] * 10_000})
    assert pins.status_code == 422
    for path in ("/me/channels", "/me/collaborations", "/channels/@ada/collaborators"):
        assert (await ada.get(path, params={"limit": 1_000_000})).status_code == 422
        assert (await ada.get(path, params={"cursor": "x"})).status_code == 422


async def test_a60_whoever_is_let_go_while_they_publish_has_published_or_has_not(ada: Person, bob: Person) -> None:
    await employ(ada, bob, "editor")
    said, gone = await asyncio.gather(
        bob.post("/posts", {"text": "x", "channel_id": ada.channel_id}),
        ada.delete(f"/channels/@ada/collaborators/{bob.channel_id}"),
    )
    assert gone.status_code == 204
    assert said.status_code in {201, 403}
    assert (await bob.post("/posts", {"text": "y", "channel_id": ada.channel_id})).status_code == 403


async def test_a60_one_upload_becomes_a_video_of_one_channel(app: App, ada: Person, bob: Person) -> None:
    await employ(ada, bob, "editor")
    other = await channel(bob, "hammer")
    upload_id = await upload(bob)
    body = {"title": "x", "upload_id": upload_id}
    answers = await asyncio.gather(
        *(bob.post("/videos", {**body, "channel_id": each}) for each in (ada.channel_id, other["id"], bob.channel_id))
    )

    assert sorted(answer.status_code for answer in answers).count(201) == 1
    async with app.sessions() as session:
        row = (
            await session.execute(
                text(
                    "SELECT videos.account_id, uploads.account_id AS sent FROM videos"
                    " JOIN uploads ON uploads.id = videos.upload_id"
                )
            )
        ).one()
    assert row.account_id == row.sent


async def test_a60_of_two_that_are_invited_to_the_last_place_one_is(app: App, ada: Person, person: People) -> None:
    most = app.settings.channels.team_size
    account = ids.parse("acc", ada.id)
    async with app.sessions() as session, session.begin():
        fill = text(
            "WITH made AS (INSERT INTO accounts (id, email, handle, display_name, channel_id, created_at, updated_at)"
            " SELECT gen_random_uuid(), n || '@x.example', 'filler_' || n, 'x', gen_random_uuid(), now(), now()"
            " FROM generate_series(1, :most) AS n RETURNING id)"
            " INSERT INTO channel_members (channel_id, account_id, id, role, created_at)"
            " SELECT (SELECT channel_id FROM accounts WHERE id = :owner), id, gen_random_uuid(), 'analyst', now()"
            " FROM made"
        )
        await session.execute(fill, {"most": most - 1, "owner": account})
    wanted = [await person("cleo"), await person("dora")]

    answers = await asyncio.gather(
        *(ada.put(f"/channels/@ada/collaborators/{each.channel_id}", json={"role": "editor"}) for each in wanted)
    )

    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_a60_a_channel_that_is_deleted_while_it_is_published_on_keeps_nothing(
    app: App, ada: Person, deliver: Callable[..., Awaitable[int]]
) -> None:
    other = await channel(ada, "engines")
    film = (await video(app, ada, visibility="public"))["id"]
    answers = await asyncio.gather(
        ada.delete(f"/channels/{other['id']}"),
        *(ada.post("/posts", {"text": "x", "channel_id": other["id"]}) for _ in range(4)),
        *(ada.post("/comments", {"text": "x", "subject_id": film, "channel_id": other["id"]}) for _ in range(4)),
        *(ada.post("/playlists", {"title": "x", "channel_id": other["id"]}) for _ in range(4)),
    )
    await deliver()

    assert answers[0].status_code == 204
    assert {answer.status_code for answer in answers[1:]} <= {201, 404}
    assert (await ada.get("/posts", params={"channel_id": other["id"]})).json()["items"] == []
    assert (await ada.get("/comments", params={"subject_id": film})).json()["items"] == []
    assert (await ada.get("/me/playlists")).json()["items"] == []


async def test_a21_what_was_begun_for_a_channel_is_not_taken_along(app: App, ada: Person, bob: Person) -> None:
    await employ(ada, bob, "editor")
    made = await draft(bob, channel_id=ada.channel_id)
    await ada.delete(f"/channels/@ada/collaborators/{bob.channel_id}")

    async with app.sessions() as session:
        upload_id = await session.scalar(text("SELECT id FROM uploads"))
    shown = ids.show("upl", upload_id)
    assert (await bob.get(f"/uploads/{shown}")).status_code == 404
    assert (await bob.post("/videos", {"title": "x", "upload_id": shown})).status_code == 404
    assert (await ada.get(f"/uploads/{shown}")).status_code == 200
    assert (await bob.get(f"/videos/{made['id']}")).status_code == 404
    del made
    assert await uploaded(bob, b"x")
