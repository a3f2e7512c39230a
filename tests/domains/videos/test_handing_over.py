"""What people have brought beside a video goes along when its file is replaced, and comes back with the former one."""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.assets import facts, objects_of
from tests.factories.kept import keys_of
from tests.factories.pictures import turned_jpeg
from tests.factories.uploads import uploaded
from tests.factories.videos import arrive, asset_of, upload, video

from socialflow.domains.media.service import captions
from socialflow.domains.media.service.captions import Wished
from socialflow.domains.media.service.cues import Cue
from socialflow.domains.videos import handlers
from socialflow.domains.videos import service as videos
from socialflow.kernel.work import SYSTEM, App
from socialflow.ports.storage import ObjectStore

Deliver = Callable[..., Awaitable[int]]
CHAPTERS, SECONDS = "0:00 One\n0:10 Two\n0:20 Three", 30


def srt(said: str) -> bytes:
    return f"1\n00:00:01,000 --> 00:00:02,500\n{said}\n".encode()


async def caption(person: Person, shown: dict[str, Any], language: str, said: str) -> None:
    """Give a video captions."""
    path = f"/videos/{shown['id']}/captions/{language}"
    answer = await person.put(path, content=srt(said), params={"is_default": "true"})
    assert answer.status_code == 200, answer.text


async def dressed(app: App, person: Person, deliver: Deliver) -> dict[str, Any]:
    """A video with captions, chapters and a poster of its owner's own."""
    shown = await video(app, person, seconds=SECONDS, description=CHAPTERS)
    await caption(person, shown, "en", "Hello.")
    picture = (await uploaded(person, turned_jpeg(), purpose="poster", filename="mine.jpg")).rsplit("/", 1)[-1]
    assert (await person.put(f"/videos/{shown['id']}/poster", json={"upload_id": picture})).status_code == 204
    assert (await person.patch(f"/videos/{shown['id']}", {"title": "Dressed"})).status_code == 200
    await deliver()
    return await read(person, shown)


async def replaced(app: App, person: Person, shown: dict[str, Any], state: str) -> str:
    """Give a video another file, which has come to a state; its upload."""
    new = await upload(person)
    await arrive(app, new, state, seconds=SECONDS)
    answer = await person.put(f"/videos/{shown['id']}/source", json={"upload_id": new})
    assert answer.status_code == 200, answer.text
    return new


async def read(person: Person, shown: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = (await person.get(f"/videos/{shown['id']}")).json()
    return found


async def said(client: httpx2.AsyncClient, shown: dict[str, Any]) -> dict[str, str]:
    """The captions that a viewer gets, by language."""
    told = shown["playback"]["captions"]
    return {each["language"]: (await client.get(each["url"])).text.splitlines()[-1] for each in told}


async def test_captions_chapters_and_ones_own_poster_go_along(
    app: App, client: httpx2.AsyncClient, ada: Person, deliver: Deliver
) -> None:
    before = await dressed(app, ada, deliver)
    former, picture = await asset_of(app, before["id"]), (await client.get(before["playback"]["poster"])).content
    assert await said(client, before) == {"en": "Hello."}

    await replaced(app, ada, before, "ready")
    await deliver()

    after, new = await read(ada, before), await asset_of(app, before["id"])
    assert new != former
    assert await said(client, after) == {"en": "Hello."}
    assert after["playback"]["captions"][0]["is_default"] is True
    assert "Three" in (await client.get(after["playback"]["chapters"])).text
    assert (await client.get(after["playback"]["poster"])).content == picture
    master = (await client.get(after["playback"]["hls_url"])).text
    assert master.count("TYPE=SUBTITLES") == 1
    # Who still watches the former file has its captions.
    assert await said(client, before) == {"en": "Hello."}

    late = replace(app, clock=lambda: datetime.now(UTC) + timedelta(hours=25))
    await handlers.collect_replaced(late)
    await deliver()
    (own,) = (await ada.get(f"/videos/{before['id']}/posters")).json()["items"]
    assert own["is_chosen"] is True
    assert (await client.get(own["url"])).content == picture
    assert {key.rpartition("/")[2] for key in await objects_of(app, former)} == {"poster-own.jpg"}

    assert (await ada.delete(f"/videos/{before['id']}")).status_code == 204
    await deliver()
    assert [key for key in await keys_of(app.port(ObjectStore)) if not key.startswith("uploads/")] == []


async def test_what_was_written_since_comes_back_with_the_former_file(
    app: App, client: httpx2.AsyncClient, ada: Person, deliver: Deliver
) -> None:
    before = await dressed(app, ada, deliver)
    picture = (await client.get(before["playback"]["poster"])).content
    new = await replaced(app, ada, before, "partially_playable")
    await deliver()
    await caption(ada, before, "de", "Hallo.")
    await caption(ada, before, "en", "Hello again.")
    await deliver()
    failing = await asset_of(app, before["id"])

    await arrive(app, new, "failed")
    async with app.work(SYSTEM) as work:
        await videos.follow_asset(work, failing)
    await deliver()

    after = await read(ada, before)
    assert after["state"] == "ready"
    assert await said(client, after) == {"de": "Hallo.", "en": "Hello again."}
    assert [row["language"] for row in after["playback"]["captions"] if row["is_default"]] == ["en"]
    assert (await client.get(after["playback"]["poster"])).content == picture
    assert "Three" in (await client.get(after["playback"]["chapters"])).text
    assert await objects_of(app, failing) == set()


async def test_captions_that_a_program_wrote_are_written_anew(app: App, ada: Person) -> None:
    shown = await video(app, ada)
    async with app.work(SYSTEM) as work:
        former = await asset_of(app, shown["id"])
        await captions.put(work, former, "en", [Cue(0, 900, "Hm.")], Wished(automatic=True))

    await replaced(app, ada, shown, "ready")

    assert Counter(await facts(app))["CaptionsWanted"] == 1
    assert (await ada.get(f"/videos/{shown['id']}/captions/automatic")).json()["state"] == "working"
    async with app.sessions() as session:
        assert await session.scalar(text("SELECT count(*) FROM captions")) == 1
