"""Captions over HTTP: written by the owner, read by who sees the video, served with it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest
from tests.factories.accounts import Person
from tests.factories.assets import files_of, objects_of
from tests.factories.statements import counted
from tests.factories.uploads import problem
from tests.factories.videos import asset_of, bring, draft, video

from socialflow.kernel.work import App
from socialflow.ports.storage import ObjectStore

Deliver = Callable[..., Awaitable[int]]
SRT = "1\n00:00:01,000 --> 00:00:02,500\nGood morning.\n\n2\n00:00:03,000 --> 00:00:04,000\nAnd good night.\n"


async def write(person: Person, video_id: str, language: str = "en", text: str = SRT, **query: str) -> httpx2.Response:
    """Send captions as a file."""
    return await person.put(f"/videos/{video_id}/captions/{language}", content=text.encode(), params=query)


async def told(client: httpx2.AsyncClient, video_id: str) -> list[dict[str, Any]]:
    """What players are told of a video's captions."""
    found: list[dict[str, Any]] = (await client.get(f"/api/v1/videos/{video_id}")).json()["playback"]["captions"]
    return found


async def test_captions_are_served_with_the_video_and_listed_in_its_manifests(
    app: App, client: httpx2.AsyncClient, ada: Person, deliver: Deliver
) -> None:
    made = (await video(app, ada))["id"]
    await deliver()
    answer = await write(ada, made, "PT-br", is_default="true")
    assert answer.status_code == 200, answer.text
    assert answer.json() | {"updated_at": ""} == {
        "language": "pt-BR",
        "label": "Português (Brasil)",
        "kind": "captions",
        "is_default": True,
        "automatic": False,
        "cue_count": 2,
        "updated_at": "",
    }
    await write(ada, made, "de", kind="subtitles", label="  Auf Deutsch ")
    await deliver()

    shown = await told(client, made)
    assert [(row["language"], row["label"], row["kind"], row["is_default"]) for row in shown] == [
        ("de", "Auf Deutsch", "subtitles", False),
        ("pt-BR", "Português (Brasil)", "captions", True),
    ]
    text = await client.get(shown[1]["url"])
    assert (text.status_code, text.headers["content-type"]) == (200, "text/vtt")
    assert text.text == (
        "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\nGood morning.\n\n00:00:03.000 --> 00:00:04.000\nAnd good night.\n"
    )
    folder = shown[1]["url"].rpartition("/")[0]
    master = (await client.get(f"{folder}/master.m3u8")).text
    assert master.count("TYPE=SUBTITLES") == 2
    assert 'SUBTITLES="text"\nv360.m3u8' in master
    listed = (await client.get(f"{folder}/captions-pt-br.m3u8")).text
    assert "#EXTINF:10.000,\ncaptions-pt-br.vtt\n#EXT-X-ENDLIST" in listed

    assert (await ada.delete(f"/videos/{made}/captions/de")).status_code == 204
    assert (await ada.delete(f"/videos/{made}/captions/pt-br")).status_code == 204
    await deliver()
    assert await told(client, made) == []
    assert "SUBTITLES" not in (await client.get(f"{folder}/master.m3u8?again")).text
    assert (await client.get(f"{folder}/captions-de.vtt")).status_code == 404


async def test_captions_of_a_video_that_is_still_being_made_are_listed_once_it_is_ready(
    app: App, client: httpx2.AsyncClient, ada: Person, deliver: Deliver
) -> None:
    made = (await draft(ada))["id"]
    problem(await write(ada, made), 409, "no_file_yet")
    await bring(app, made, "processing")
    assert (await write(ada, made)).status_code == 200
    await deliver()
    await bring(app, made, "partially_playable")
    await write(ada, made, "de")
    await deliver()
    folder = (await told(client, made))[0]["url"].rpartition("/")[0]
    assert len(await told(client, made)) == 2
    assert "SUBTITLES" not in (await client.get(f"{folder}/master.m3u8")).text

    await bring(app, made, "ready")
    await write(ada, made, "de", label="Neu")
    await deliver()
    assert (await client.get(f"{folder}/master.m3u8")).text.count("TYPE=SUBTITLES") == 2


async def test_of_edits_at_once_that_have_seen_the_same_one_is_taken(app: App, ada: Person) -> None:
    made = (await video(app, ada))["id"]
    await write(ada, made)
    path = f"/videos/{made}/captions/en/cues"
    found = await ada.get(path)
    cues, seen = found.json()["cues"], {"If-Match": found.headers["etag"]}
    edits = [[cues[0] | {"text": f"Edit {number}"}] for number in range(6)]
    answers = await asyncio.gather(*(ada.put(path, json={"cues": edit}, headers=seen) for edit in edits))
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 5
    (taken,) = (answer.json()["cues"] for answer in answers if answer.status_code == 200)
    assert (await ada.get(path)).json()["cues"] == taken


async def test_cues_are_edited_and_nobody_overwrites_what_they_have_not_seen(
    app: App, client: httpx2.AsyncClient, ada: Person, deliver: Deliver
) -> None:
    made = (await video(app, ada))["id"]
    await write(ada, made)
    path = f"/videos/{made}/captions/en/cues"
    found = await ada.get(path)
    cues = found.json()["cues"]
    assert cues[0] == {"start_ms": 1_000, "end_ms": 2_500, "text": "Good morning.", "settings": ""}

    cues[0] |= {"text": "Good <script>evening</script> <i>all</i>", "settings": "line:0 nonsense:1"}
    saved = await ada.put(path, json={"cues": cues}, headers={"If-Match": found.headers["etag"]})
    assert saved.status_code == 200, saved.text
    assert saved.json()["cues"][0]["text"] == "Good evening <i>all</i>"
    assert saved.json()["cues"][0]["settings"] == "line:0"
    problem(
        await ada.put(path, json={"cues": cues}, headers={"If-Match": found.headers["etag"]}),
        412,
        "precondition_failed",
    )
    problem(await ada.put(path, json={"cues": [cues[0] | {"end_ms": 500}]}), 422, "invalid_request")
    problem(await ada.put(path, json={"cues": [{}] * 10_001}), 422, "invalid_request")

    await deliver()
    (shown,) = await told(client, made)
    assert "Good evening <i>all</i>" in (await client.get(shown["url"])).text
    file = await client.get(f"/api/v1/videos/{made}/captions/en/file?format=srt")
    assert file.headers["content-type"].startswith("application/x-subrip")
    assert file.headers["content-disposition"] == 'attachment; filename="captions.en.srt"'
    assert file.text.startswith("1\n00:00:01,000 --> 00:00:02,500\nGood evening <i>all</i>\n")
    assert (await client.get(f"/api/v1/videos/{made}/captions/en/file")).text.startswith("WEBVTT")


async def test_one_track_is_shown_by_itself_at_most(
    app: App, client: httpx2.AsyncClient, ada: Person, deliver: Deliver
) -> None:
    made = (await video(app, ada))["id"]
    await write(ada, made, "en", is_default="true")
    await write(ada, made, "de", is_default="true")
    rows = (await client.get(f"/api/v1/videos/{made}/captions")).json()["items"]
    assert [(row["language"], row["is_default"]) for row in rows] == [("de", True), ("en", False)]
    changed = await ada.patch(f"/videos/{made}/captions/de", {"is_default": False, "label": "Deutsch!"})
    assert (changed.json()["is_default"], changed.json()["label"]) == (False, "Deutsch!")
    await deliver()
    assert [row["is_default"] for row in await told(client, made)] == [False, False]


async def test_captions_are_seen_and_written_by_who_may_see_and_edit_the_video(
    app: App, client: httpx2.AsyncClient, ada: Person, bob: Person, deliver: Deliver
) -> None:
    public, private = (await video(app, ada))["id"], (await video(app, ada, visibility="private"))["id"]
    for made in (public, private):
        await write(ada, made)
    await deliver()
    problem(await write(bob, public), 403, "not_your_video")
    problem(await bob.delete(f"/videos/{public}/captions/en"), 403, "not_your_video")
    problem(await bob.patch(f"/videos/{public}/captions/en", {"label": "x"}), 403, "not_your_video")
    problem(await bob.put(f"/videos/{public}/captions/en/cues", json={"cues": []}), 403, "not_your_video")
    for path in ("captions", "captions/en/cues", "captions/en/file"):
        assert (await client.get(f"/api/v1/videos/{public}/{path}")).status_code == 200, path
        assert (await bob.get(f"/videos/{private}/{path}")).status_code == 404, path
    problem(await write(bob, private), 404, "not_found")
    (mine,) = (await ada.get(f"/videos/{private}")).json()["playback"]["captions"]
    assert mine["url"].startswith("/media/~")
    assert (await client.get(mine["url"])).status_code == 200
    open_path = "/media/" + mine["url"].split("/", 3)[3]
    assert (await client.get(open_path)).status_code == 404


@pytest.mark.parametrize("language", ["..", "e", "en_US", "english-language", "en%2f..", "en-", "a" * 36, "en%0a"])
async def test_only_language_tags_name_captions(app: App, ada: Person, language: str) -> None:
    made = (await video(app, ada))["id"]
    answer = await write(ada, made, language)
    assert answer.status_code in {404, 405, 422}, answer.text
    assert (await ada.get(f"/videos/{made}/captions")).json()["items"] == []


async def test_a_file_that_cannot_be_read_changes_nothing(app: App, ada: Person) -> None:
    made = (await video(app, ada))["id"]
    await write(ada, made)
    problem(await write(ada, made, text="hello"), 422, "captions_unreadable")
    problem(await write(ada, made, text="WEBVTT\n"), 422, "captions_unreadable")
    assert (await write(ada, made, text="WEBVTT\n" + "x" * 1_100_000)).status_code == 413
    assert len((await ada.get(f"/videos/{made}/captions/en/cues")).json()["cues"]) == 2


async def test_languages_are_fifty_at_most(app: App, ada: Person) -> None:
    made = (await video(app, ada))["id"]
    for number in range(50):
        answer = await write(ada, made, f"q{chr(97 + number // 26)}{chr(97 + number % 26)}")
        assert answer.status_code == 200, answer.text
    problem(await write(ada, made, "en"), 409, "too_many_captions")


async def test_what_stays_as_it_was_is_not_written_again(app: App, ada: Person, deliver: Deliver) -> None:
    made = (await video(app, ada))["id"]
    await write(ada, made)
    await deliver()
    asset_id = await asset_of(app, made)
    files = await files_of(app, asset_id)
    await ada.patch(f"/videos/{made}/captions/en", {"label": "Other"})
    await deliver()
    after = await files_of(app, asset_id)
    changed = {name for name in after if files.get(name) != after[name] and not name.startswith("old/")}
    assert changed == {"master.m3u8"}


async def test_a_deleted_video_leaves_nothing_of_its_captions(app: App, ada: Person, deliver: Deliver) -> None:
    made = (await video(app, ada))["id"]
    await write(ada, made)
    await deliver()
    asset_id = await asset_of(app, made)
    await ada.delete(f"/videos/{made}")
    await deliver()
    assert await objects_of(app, asset_id) == set()
    assert [info.key async for info in app.port(ObjectStore).list("beside/")] == []


async def test_reading_captions_costs_few_statements(app: App, ada: Person) -> None:
    made = (await video(app, ada))["id"]
    for language in ("en", "de", "fr"):
        await write(ada, made, language)
    async with counted(app) as statements:
        await ada.get(f"/videos/{made}/captions")
    assert len([each for each in statements if "captions" in each]) == 1
    assert not [each for each in statements if "captions.cues" in each]
