"""A24: things of one owner hung below, moved to, or named as those of another."""

from tests.factories.accounts import Person
from tests.factories.videos import upload, video

from socialflow.kernel.work import App


async def test_a24_the_owner_comes_from_the_token_alone(app: App, ada: Person, bob: Person) -> None:
    body = {"title": "x", "upload_id": await upload(bob)}
    answer = await bob.post("/videos", {**body, "channel_id": ada.channel_id})
    assert (answer.status_code, answer.json()["code"]) == (403, "not_your_channel")
    for name, value in {"account_id": ada.id, "owner_id": ada.id}.items():
        answer = await bob.post("/videos", {**body, name: value})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, f"/{name}")
    assert (await bob.post("/videos", body)).json()["channel"]["id"] == bob.channel_id


async def test_a24_a_comment_stays_on_its_video_and_in_its_thread(app: App, ada: Person, bob: Person) -> None:
    one, two = await video(app, ada), await video(app, ada)
    said = (await bob.post("/comments", {"subject_id": one["id"], "text": "x"})).json()
    for name, value in {"subject_id": two["id"], "parent_id": said["id"], "channel_id": ada.channel_id}.items():
        assert (await bob.patch(f"/comments/{said['id']}", {"text": "y", name: value})).status_code == 422, name
    crossed = await bob.post("/comments", {"subject_id": two["id"], "text": "x", "parent_id": said["id"]})
    assert crossed.status_code == 404
    assert (await bob.get(f"/comments?subject_id={two['id']}")).json()["items"] == []


async def test_a24_an_edit_stays_with_its_video(app: App, ada: Person) -> None:
    one, two = await video(app, ada), await video(app, ada)
    asked = await ada.post(f"/videos/{one['id']}/edits", {"operations": [{"kind": "mute"}]})
    assert asked.status_code == 201, asked.text
    path = f"/videos/{two['id']}/edits/{asked.json()['id']}"
    assert (await ada.get(path)).status_code == 404
    for verb in ("cancel", "revert"):
        assert (await ada.post(f"{path}/{verb}")).status_code == 404
    assert (await ada.get(f"/videos/{one['id']}/edits/{asked.json()['id']}")).json()["state"] == "queued"


async def test_a24_nothing_is_answered_that_one_may_not_see(app: App, ada: Person, bob: Person) -> None:
    shown, hidden = await video(app, ada), await video(app, ada, visibility="private")
    secret = (await ada.post("/comments", {"subject_id": hidden["id"], "text": "secret"})).json()
    for body in (
        {"subject_id": hidden["id"], "text": "x"},
        {"subject_id": hidden["id"], "text": "x", "parent_id": secret["id"]},
        {"subject_id": shown["id"], "text": "x", "parent_id": secret["id"]},
    ):
        answer = await bob.post("/comments", body)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert (await bob.get(f"/comments?subject_id={shown['id']}&parent_id={secret['id']}")).status_code == 404
    assert (await ada.get(f"/comments?subject_id={hidden['id']}")).json()["items"][0]["reply_count"] == 0


async def test_a24_ids_of_one_kind_are_not_taken_for_another(app: App, ada: Person) -> None:
    made = await video(app, ada)
    said = (await ada.post("/comments", {"subject_id": made["id"], "text": "x"})).json()
    swapped = {
        f"/videos/{made['id'].replace('vid_', 'cmt_')}",
        f"/videos/{said['id']}",
        f"/videos/{said['id'].replace('cmt_', 'vid_')}",
        f"/comments?subject_id={said['id'].replace('cmt_', 'vid_')}",
    }
    for path in swapped:
        assert (await ada.get(path)).status_code == 404, path
    wrong = {"subject_id": said["id"], "text": "x"}
    assert (await ada.post("/comments", wrong)).status_code == 422
    assert (await ada.put(f"/follows/{made['id'].replace('vid_', 'chn_')}")).status_code == 404
    for subject in (made["id"].replace("vid_", "cmt_"), said["id"].replace("cmt_", "vid_")):
        assert (await ada.put(f"/likes/{subject}")).status_code == 404
