"""A21: ids of other people's things, in every place where an id may stand."""

import pytest
from tests.attacks.conftest import World
from tests.factories.accounts import Person
from tests.factories.operations import NOBODYS
from tests.factories.uploads import TUS
from tests.factories.videos import upload, video

from socialflow.kernel.work import App

CHANGES = [
    ("PATCH", "/videos/{video}", {"title": "mine now"}),
    ("PATCH", "/videos/{video}", {"visibility": "public"}),
    ("DELETE", "/videos/{video}", None),
    ("PATCH", "/comments/{comment}", {"text": "mine now"}),
    ("DELETE", "/comments/{comment}", None),
    ("PUT", "/videos/{video}/captions/en", {"of no form": "that is read"}),
    ("PUT", "/videos/{video}/captions/en/cues", {"cues": []}),
    ("PATCH", "/videos/{video}/captions/en", {"label": "mine now"}),
    ("DELETE", "/videos/{video}/captions/en", None),
    ("GET", "/videos/{video}/captions/automatic", None),
    ("POST", "/videos/{video}/captions/automatic", {}),
    ("PUT", "/videos/{video}/chapters", {"chapters": []}),
    ("GET", "/videos/{video}/chapters/ideas", None),
    ("POST", "/videos/{video}/chapters/ideas", None),
    ("GET", "/videos/{video}/posters", None),
    ("GET", "/videos/{video}/playback-quality", None),
    ("PUT", "/videos/{video}/poster", {"number": 1}),
    ("GET", "/videos/{video}/original", None),
    ("GET", "/videos/{video}/source", None),
    ("PUT", "/videos/{video}/source", {"upload_id": f"upl_{NOBODYS}"}),
    ("GET", "/videos/{video}/edits", None),
    ("POST", "/videos/{video}/edits", {"operations": [{"kind": "mute"}]}),
    ("GET", f"/videos/{{video}}/edits/edt_{NOBODYS}", None),
    ("POST", f"/videos/{{video}}/edits/edt_{NOBODYS}/cancel", None),
    ("POST", f"/videos/{{video}}/edits/edt_{NOBODYS}/revert", None),
]
UPLOADS_OF_OTHERS = [
    ("/uploads/{upload}/retry", None),
    ("/uploads/{upload}/cancel", None),
    ("/uploads/imports/{upload}/retry", None),
    ("/direct-uploads/{upload}/parts", {"numbers": [1]}),
    ("/direct-uploads/{upload}/complete", {"parts": [{"number": 1}]}),
]


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
async def test_a21_what_is_not_seen_is_404_and_what_is_not_ones_own_is_403(
    world: World, method: str, path: str, body: dict[str, str] | None
) -> None:
    for made in world.videos:
        where = f"/api/v1{path.format(video=made.id, comment=made.comment_id)}"
        before = (await world.owner.get(f"/videos/{made.id}")).json()
        for who in ("stranger", "follower"):
            answer = await world.callers[who].request(method, where, json=body)
            assert answer.status_code == (403 if made.seen_by(who) else 404), (who, made.word)
            assert made.word not in answer.text
        anonymous = await world.callers["anonymous"].request(method, where, json=body)
        assert anonymous.status_code == 401
        assert (await world.owner.get(f"/videos/{made.id}")).json() == before


async def test_a21_uploads_and_channels_of_others(app: App, ada: Person, bob: Person) -> None:
    theirs = await upload(ada)
    for method in ("GET", "HEAD", "DELETE"):
        answer = await bob.http.request(method, f"/api/v1/uploads/{theirs}", headers=TUS)
        assert answer.status_code == 404, method
    for path, body in UPLOADS_OF_OTHERS:
        assert (await bob.post(path.format(upload=theirs), body)).status_code == 404, path
    assert (await bob.delete(f"/uploads/imports/{theirs}")).status_code == 404
    his = (await video(app, bob))["id"]
    for part, body in (("source", {"upload_id": theirs}), ("poster", {"upload_id": theirs})):
        assert (await bob.put(f"/videos/{his}/{part}", json=body)).status_code == 404, part
    joined = {**TUS, "Upload-Concat": f"final;/api/v1/uploads/{theirs}"}
    assert (await bob.http.post("/api/v1/uploads", headers=joined)).status_code in {404, 409, 422}
    assert (await bob.post("/videos", {"title": "x", "upload_id": theirs})).status_code == 404
    edited = await bob.patch(f"/channels/{ada.channel_id}", {"display_name": "mine"})
    assert (edited.status_code, edited.json()["code"]) == (403, "not_your_channel")
    assert (await bob.patch("/channels/@ada", {"avatar_upload_id": theirs})).status_code == 403
    assert (await bob.patch("/channels/@bob", {"avatar_upload_id": theirs})).status_code == 404


async def test_a21_an_edit_takes_nothing_of_others(app: App, ada: Person, bob: Person) -> None:
    his = (await video(app, bob))["id"]
    shown, hidden = await video(app, ada), await video(app, ada, visibility="private")
    for theirs, status in ((shown["id"], 403), (hidden["id"], 404), (f"vid_{NOBODYS}", 404)):
        answer = await bob.post(f"/videos/{his}/edits", {"operations": [{"kind": "concat", "video_ids": [theirs]}]})
        assert answer.status_code == status, theirs
    for kind, purpose in (("watermark", "watermark"), ("replace_audio", "sound")):
        upload_id = await upload(ada, purpose=purpose)
        answer = await bob.post(f"/videos/{his}/edits", {"operations": [{"kind": kind, "upload_id": upload_id}]})
        assert answer.status_code == 404, kind
    assert (await bob.get(f"/videos/{his}/edits")).json()["items"] == []


async def test_a21_filters_show_nothing_that_the_list_would_not(app: App, ada: Person, bob: Person) -> None:
    await video(app, ada, visibility="private", tags=["t"], title="hidden")
    for query in (
        f"channel_id={ada.channel_id}",
        "tag=t",
        "mine=true",
        f"mine=true&channel_id={ada.channel_id}",
        f"channel_id={ada.channel_id}&tag=t&sort=popular",
    ):
        answer = await bob.get(f"/videos?{query}")
        assert (answer.status_code, answer.json()["items"]) == (200, []), query
