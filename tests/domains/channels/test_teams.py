"""Who works for a channel: asked, with what right, and until when."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest
from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.channels import channel, employ, invite
from tests.factories.graph import block
from tests.factories.pictures import picture
from tests.factories.posts import photo, post
from tests.factories.uploads import started, uploaded
from tests.factories.videos import asset_of, bring, draft, upload, video

from socialflow.domains.channels.models import TeamRole
from socialflow.domains.channels.policy import RIGHTS, Right, allows
from socialflow.kernel import ids
from socialflow.kernel.config import Settings
from socialflow.kernel.work import App

Deliver = Callable[..., Awaitable[int]]
People = Callable[..., Awaitable[Person]]
ROLES = tuple(TeamRole)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Teams are small here."""
    return settings.model_copy(update={"channels": settings.channels.model_copy(update={"team_size": 3})})


async def team_of(person: Person, reference: str) -> list[tuple[str, str, str]]:
    """Handle, role and state of everybody on a team, two at a time."""
    found: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        answer = await person.get(f"/channels/{reference}/collaborators", params={"limit": 2, **cursor})
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        if answer.json()["next_cursor"] is None:
            return [(each["person"]["handle"], each["role"], each["state"]) for each in found]
        cursor = {"cursor": answer.json()["next_cursor"]}


def test_every_role_has_its_rights_and_owners_have_them_all() -> None:
    assert RIGHTS[TeamRole.OWNER] == frozenset(Right)
    assert set(RIGHTS) == set(TeamRole)
    assert not any(allows(None, right) for right in Right)
    assert all(allows(role, Right.SEE) for role in TeamRole)
    assert [role for role in TeamRole if allows(role, Right.MANAGE)] == [TeamRole.OWNER]
    assert [role for role in TeamRole if allows(role, Right.PUBLISH)] == [TeamRole.OWNER, TeamRole.EDITOR]


async def test_who_is_asked_has_no_right_before_they_say_yes(app: App, ada: Person, bob: Person) -> None:
    private = await video(app, ada, visibility="private")
    await invite(ada, ada.channel_id, bob, "editor")

    assert (await bob.get(f"/videos/{private['id']}")).status_code == 404
    assert (await bob.post("/posts", {"text": "x", "channel_id": ada.channel_id})).status_code == 403
    asked = (await bob.get("/me/collaborations")).json()["items"]
    assert [(each["channel"]["handle"], each["role"], each["state"]) for each in asked] == [
        ("ada", "editor", "invited")
    ]

    said = await bob.put(f"/me/collaborations/{ada.channel_id}")

    assert (said.status_code, said.json()["state"], said.json()["role"]) == (200, "active", "editor")
    assert (await bob.put(f"/me/collaborations/{ada.channel_id}")).json() == said.json()
    assert (await bob.get("/me/collaborations")).json()["items"] == []
    assert (await bob.get(f"/videos/{private['id']}")).status_code == 200
    roles = {each["channel"]["handle"]: each["role"] for each in (await bob.get("/me/channels")).json()["items"]}
    assert roles == {"ada": "editor", "bob": "owner"}


async def test_whoever_says_no_is_asked_no_more(ada: Person, bob: Person) -> None:
    await invite(ada, ada.channel_id, bob, "editor")

    assert (await bob.delete(f"/me/collaborations/{ada.channel_id}")).status_code == 204
    assert (await bob.delete(f"/me/collaborations/{ada.channel_id}")).status_code == 204
    assert (await bob.put(f"/me/collaborations/{ada.channel_id}")).status_code == 404
    assert await team_of(ada, "@ada") == []


async def test_nobody_joins_who_was_not_asked(ada: Person, bob: Person) -> None:
    assert (await bob.put(f"/me/collaborations/{ada.channel_id}")).status_code == 404


async def test_the_team_is_told_to_the_team_alone(
    ada: Person, bob: Person, person: People, client: httpx2.AsyncClient
) -> None:
    cleo = await person("cleo")
    await employ(ada, bob, "analyst")
    await invite(ada, ada.channel_id, cleo, "moderator")
    await invite(ada, ada.channel_id, await person("dora"), "editor")

    everybody = [("dora", "editor", "invited"), ("cleo", "moderator", "invited"), ("bob", "analyst", "active")]
    assert await team_of(ada, "@ada") == everybody
    assert await team_of(bob, ada.channel_id) == everybody
    for stranger in (cleo, await person("eve")):
        answer = await stranger.get("/channels/@ada/collaborators")
        assert (answer.status_code, answer.json()["code"]) == (403, "not_your_channel")
    assert (await client.get("/api/v1/channels/@ada/collaborators")).status_code == 401


@pytest.mark.parametrize("role", ROLES)
async def test_the_team_sees_whatever_the_channel_has(app: App, ada: Person, bob: Person, role: TeamRole) -> None:
    hidden = await video(app, ada, visibility="private")
    failed = await video(app, ada, state="failed")
    words = await post(ada, "Not yet", draft=True)
    await employ(ada, bob, role)

    read = (await bob.get(f"/videos/{hidden['id']}")).json()
    edits = allows(role, Right.PUBLISH)
    assert read["permissions"] == {"edit": edits, "delete": edits, "download": edits}
    assert (await bob.get(f"/videos/{failed['id']}")).json()["failure"] is not None
    listed = await bob.get("/videos", params={"mine": True, "channel_id": ada.channel_id})
    assert {each["id"] for each in listed.json()["items"]} == {hidden["id"], failed["id"]}
    assert {each["permissions"]["edit"] for each in listed.json()["items"]} == {edits}
    drafts = await bob.get("/posts", params={"state": "draft", "channel_id": ada.channel_id})
    assert [each["id"] for each in drafts.json()["items"]] == [words["id"]]
    # It is the channel's, and not theirs.
    assert (await bob.get("/videos", params={"mine": True})).json()["items"] == []
    assert (await bob.get("/posts", params={"state": "draft"})).json()["items"] == []


async def test_a_team_sees_what_its_own_channel_has_and_nothing_of_the_owners_others(
    app: App, ada: Person, bob: Person
) -> None:
    other = await channel(ada, "engines")
    secret = await video(app, ada, visibility="private")
    await employ(ada, bob, "owner", other["id"])

    assert (await bob.get(f"/videos/{secret['id']}")).status_code == 404
    assert (await bob.patch("/channels/@ada", {"bio": "x"})).status_code == 403
    listed = await bob.get("/videos", params={"mine": True, "channel_id": ada.channel_id})
    assert listed.json()["items"] == []


async def test_what_an_editor_brings_is_the_owners_and_takes_the_owners_room(
    app: App, ada: Person, bob: Person
) -> None:
    await employ(ada, bob, "editor")
    made = await draft(bob, channel_id=ada.channel_id)

    assert await _room(app) == {"ada": 1_000, "bob": 0}
    assert made["channel"]["handle"] == "ada"
    await bring(app, made["id"], "ready")
    asset_id = await asset_of(app, made["id"])
    async with app.sessions() as session:
        row = (await session.execute(text("SELECT account_id, channel_id FROM videos"))).one()
        owner = await session.scalar(text("SELECT account_id FROM assets WHERE id = :id"), {"id": asset_id})
    assert {ids.show("acc", row.account_id), ids.show("acc", owner)} == {ada.id}
    assert (await ada.patch(f"/videos/{made['id']}", {"title": "Mine"})).status_code == 200


async def _room(app: App) -> dict[str, int]:
    found = "SELECT handle, used FROM storage_usage JOIN accounts ON accounts.id = storage_usage.account_id"
    async with app.sessions() as session:
        return {row.handle: row.used for row in await session.execute(text(found))}


async def test_an_upload_that_is_the_owners_already_can_still_be_sent_by_whoever_began_it(
    ada: Person, bob: Person
) -> None:
    await employ(ada, bob, "editor")
    address = await started(bob, 4)
    body = {"title": "x", "upload_id": address.rpartition("/")[2], "channel_id": ada.channel_id}
    assert (await bob.post("/videos", body)).status_code == 201

    headers = {"Tus-Resumable": "1.0.0", "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    half = await bob.http.patch(address, content=b"ab", headers=headers)
    assert half.status_code == 204, half.text
    assert (await ada.delete(f"/channels/@ada/collaborators/{bob.channel_id}")).status_code == 204
    rest = await bob.http.patch(address, content=b"cd", headers=headers | {"Upload-Offset": "2"})
    assert rest.status_code == 404


async def test_an_owner_without_room_is_brought_nothing(app: App, ada: Person, bob: Person) -> None:
    await employ(ada, bob, "editor")
    full = {"full": app.settings.media.quota_bytes - 10}
    async with app.sessions() as session, session.begin():
        account = ids.parse("acc", ada.id)
        room = text("INSERT INTO storage_usage (account_id, used) VALUES (:account, :full)")
        await session.execute(room, {"account": account, **full})
    body = {"title": "x", "upload_id": await upload(bob), "channel_id": ada.channel_id}

    answer = await bob.post("/videos", body)

    assert (answer.status_code, answer.json()["code"]) == (413, "quota_exceeded")
    assert (await _room(app))["bob"] == 1_000


async def test_nobody_brings_what_is_anothers(ada: Person, bob: Person, person: People) -> None:
    await employ(ada, bob, "editor")
    foreign = await upload(await person("cleo"))

    for answer in (
        await bob.post("/videos", {"title": "x", "upload_id": foreign, "channel_id": ada.channel_id}),
        await bob.patch("/channels/@ada", {"avatar_upload_id": foreign}),
        await bob.post("/posts", {"text": "x", "channel_id": ada.channel_id, "photos": [{"upload_id": foreign}]}),
        # Nor what is the owner's own, and waits for something else.
        await bob.post("/videos", {"title": "x", "upload_id": await upload(ada), "channel_id": ada.channel_id}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), answer.text


async def test_pictures_and_photos_of_an_editor_are_the_channels(
    app: App, ada: Person, bob: Person, deliver: Deliver
) -> None:
    await employ(ada, bob, "editor")
    address = await uploaded(bob, picture("PNG"), purpose="avatar", filetype="image/png")
    shown = await bob.patch("/channels/@ada", {"avatar_upload_id": address.rpartition("/")[2]})
    assert shown.status_code == 200, shown.text
    said = await post(bob, "Look", channel_id=ada.channel_id, photos=[{"upload_id": await photo(bob), "alt": "Sea"}])
    await deliver()

    assert (await ada.get("/channels/@ada")).json()["avatar_url"] is not None
    assert len((await ada.get(f"/posts/{said['id']}")).json()["photos"]) == 1
    async with app.sessions() as session:
        owners = set(await session.scalars(text("SELECT account_id FROM assets")))
    assert {ids.show("acc", owner) for owner in owners} == {ada.id}
    # An edit that keeps the photo does not ask for it again.
    kept = await bob.patch(
        f"/posts/{said['id']}", {"text": "Look here", "photos": [{"upload_id": said["photos"][0]["upload_id"]}]}
    )
    assert kept.status_code == 200, kept.text


async def test_who_is_let_go_has_no_right_from_then_on(app: App, ada: Person, bob: Person) -> None:
    private = await video(app, ada, visibility="private")
    await employ(ada, bob, "owner")
    assert (await bob.get(f"/videos/{private['id']}")).status_code == 200

    assert (await ada.delete(f"/channels/@ada/collaborators/{bob.channel_id}")).status_code == 204

    assert (await bob.get(f"/videos/{private['id']}")).status_code == 404
    assert (await bob.patch("/channels/@ada", {"bio": "x"})).status_code == 403
    assert (await bob.get("/channels/@ada/collaborators")).status_code == 403
    assert [each["channel"]["handle"] for each in (await bob.get("/me/channels")).json()["items"]] == ["bob"]


async def test_whoever_leaves_is_gone(ada: Person, bob: Person) -> None:
    await employ(ada, bob, "editor")

    assert (await bob.delete(f"/me/collaborations/{ada.channel_id}")).status_code == 204

    assert await team_of(ada, "@ada") == []
    assert (await bob.patch("/channels/@ada", {"bio": "x"})).status_code == 403


async def test_a_block_ends_working_for_each_other(ada: Person, bob: Person, person: People) -> None:
    cleo = await person("cleo")
    await employ(ada, bob, "editor")
    await employ(bob, ada, "editor")
    await invite(ada, ada.channel_id, cleo, "editor")

    await block(bob, ada)
    await block(cleo, ada)

    assert await team_of(ada, "@ada") == []
    assert await team_of(bob, "@bob") == []
    again = await ada.put(f"/channels/@ada/collaborators/{bob.channel_id}", json={"role": "editor"})
    assert again.status_code == 404


async def test_somebody_who_is_suspended_can_be_let_go(app: App, ada: Person, bob: Person) -> None:
    await employ(ada, bob, "editor")
    async with app.sessions() as session, session.begin():
        hide = text("UPDATE accounts SET state = 'suspended' WHERE id = :id")
        await session.execute(hide, {"id": ids.parse("acc", bob.id)})

    assert (await ada.delete(f"/channels/@ada/collaborators/{bob.channel_id}")).status_code == 204
    async with app.sessions() as session:
        assert await session.scalar(text("SELECT count(*) FROM channel_members")) == 0


async def test_a_suspended_owner_shuts_the_team_out_and_the_team_can_leave(app: App, ada: Person, bob: Person) -> None:
    film = await video(app, ada, visibility="public")
    await employ(ada, bob, "owner")
    async with app.sessions() as session, session.begin():
        hide = text("UPDATE accounts SET state = 'suspended' WHERE id = :id")
        await session.execute(hide, {"id": ids.parse("acc", ada.id)})
    app.cache.clear()

    assert (await bob.get(f"/videos/{film['id']}")).status_code == 404
    assert (await bob.patch(f"/videos/{film['id']}", {"title": "x"})).status_code == 404
    assert (await bob.post("/posts", {"text": "x", "channel_id": ada.channel_id})).status_code == 404
    assert [each["channel"]["handle"] for each in (await bob.get("/me/channels")).json()["items"]] == ["bob"]
    assert (await bob.delete(f"/me/collaborations/{ada.channel_id}")).status_code == 204


async def test_a_team_is_as_large_as_the_installation_says(app: App, ada: Person, person: People) -> None:
    most = app.settings.channels.team_size
    for number in range(most):
        await invite(ada, ada.channel_id, await person(f"worker_{number}"), "editor")

    answer = await ada.put(f"/channels/@ada/collaborators/{(await person('dora')).channel_id}", json={"role": "editor"})
    assert (answer.status_code, answer.json()["code"], answer.json()["most"]) == (409, "team_is_full", most)


async def test_asking_twice_is_asking_once_and_another_role_is_given_at_once(ada: Person, bob: Person) -> None:
    await employ(ada, bob, "analyst")
    await invite(ada, ada.channel_id, bob, "analyst")
    assert await team_of(ada, "@ada") == [("bob", "analyst", "active")]

    await invite(ada, ada.channel_id, bob, "editor")

    assert await team_of(ada, "@ada") == [("bob", "editor", "active")]
    assert (await bob.patch("/channels/@ada", {"bio": "Ours"})).status_code == 200


async def test_the_owner_has_no_place_on_their_own_team(ada: Person, bob: Person) -> None:
    other = await channel(ada, "engines")
    own = await ada.put(f"/channels/{other['id']}/collaborators/{ada.channel_id}", json={"role": "analyst"})
    assert (own.status_code, own.json()["code"]) == (409, "own_team")
    # People are named by the channel that came with their account.
    second = await ada.put(f"/channels/{ada.channel_id}/collaborators/{other['id']}", json={"role": "analyst"})
    assert second.status_code == 404
    bobs = await channel(bob, "hammer")
    assert (await ada.put(f"/channels/@ada/collaborators/{bobs['id']}", json={"role": "analyst"})).status_code == 404


async def test_of_an_invitation_that_is_taken_back_and_accepted_at_once_one_holds(ada: Person, bob: Person) -> None:
    await invite(ada, ada.channel_id, bob, "owner")

    taken, said = await asyncio.gather(
        ada.delete(f"/channels/@ada/collaborators/{bob.channel_id}"),
        bob.put(f"/me/collaborations/{ada.channel_id}"),
    )

    assert taken.status_code == 204
    assert said.status_code in {200, 404}
    assert await team_of(ada, "@ada") == []
    assert (await bob.patch("/channels/@ada", {"bio": "x"})).status_code == 403


async def test_what_becomes_of_a_team_stands_in_the_audit_log(app: App, ada: Person, bob: Person) -> None:
    await employ(ada, bob, "editor")
    await post(bob, "For ada", channel_id=ada.channel_id)
    await invite(ada, ada.channel_id, bob, "owner")
    await bob.delete(f"/me/collaborations/{ada.channel_id}")

    async with app.sessions() as session:
        found = "SELECT tag, account_id, actor_id FROM audit_events WHERE tag LIKE 'channel:%' ORDER BY seq"
        rows = (await session.execute(text(found))).all()
    said = [(row.tag, ids.show("acc", row.account_id), ids.show("acc", row.actor_id)) for row in rows]
    assert said == [
        ("channel:collaborator:invited", bob.id, ada.id),
        ("channel:collaborator:joined", bob.id, bob.id),
        # Of what is done in another's name the log knows who did it.
        ("channel:acted", ada.id, bob.id),
        ("channel:collaborator:role", bob.id, ada.id),
        ("channel:collaborator:left", bob.id, bob.id),
    ]
    activity = (await bob.get("/me/activity")).json()["items"]
    assert activity[0]["text"] == "You work for a channel no more"
