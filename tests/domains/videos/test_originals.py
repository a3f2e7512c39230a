"""An owner gets their file back as they uploaded it, for as long as the site keeps it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.uploads import join, keeping, part, problem, send, started
from tests.factories.videos import asset_of, bring

from socialflow.domains.accounts.service import AccessTokens, Authenticator
from socialflow.domains.media.handlers import collect
from socialflow.domains.media.service import originals, repairs
from socialflow.kernel import ids
from socialflow.kernel.errors import NotFound
from socialflow.kernel.work import SYSTEM, App
from socialflow.ports.storage import ObjectStore

DATA = bytes(range(256)) * 40
NAME = "ein Tag am Meer “neu”.mov"


async def filmed(app: App, person: Person, *, state: str = "ready", **fields: Any) -> dict[str, Any]:
    """A video whose bytes came in two pieces."""
    address = await started(person, len(DATA), filename=NAME)
    await send(person, address, 0, DATA[:6_000])
    await send(person, address, 6_000, DATA[6_000:])
    made = (await person.post("/videos", {"upload_id": address.rsplit("/", 1)[-1], **fields})).json()
    await _ready(app, made["id"], state)
    return (await person.get(f"/videos/{made['id']}")).json()  # type: ignore[no-any-return]  # JSON


async def _ready(app: App, video_id: str, state: str) -> None:
    # The asset is there already: `bring` would make it.
    await bring(app, video_id, state)


async def objects(app: App) -> list[str]:
    return [info.key async for info in app.port(ObjectStore).list("uploads/")]


async def used(person: Person) -> int:
    return int((await person.get("/uploads/limits")).json()["used_bytes"])


async def test_an_original_comes_back_whole_and_in_parts(app: App, ada: Person) -> None:
    video = await filmed(app, ada)
    told = (await ada.get(f"/videos/{video['id']}/original")).json()
    assert (told["filename"], told["size"]) == (NAME, len(DATA))
    whole = await ada.http.get(told["url"])
    assert (whole.status_code, whole.content) == (200, DATA)
    assert whole.headers["content-type"] == "application/octet-stream"
    assert whole.headers["content-disposition"].startswith("attachment; ")
    assert "%E2%80%9Cneu%E2%80%9D.mov" in whole.headers["content-disposition"]
    assert whole.headers["cache-control"] == "private, no-store"
    etag = whole.headers["etag"]
    for asked, start, end in (
        ("5990-6009", 5_990, 6_010),
        ("6000-", 6_000, len(DATA)),
        ("-7", len(DATA) - 7, len(DATA)),
    ):
        part = await ada.http.get(told["url"], headers={"Range": f"bytes={asked}", "If-Range": etag})
        assert (part.status_code, part.content) == (206, DATA[start:end])
        assert part.headers["content-range"] == f"bytes {start}-{end - 1}/{len(DATA)}"
    assert (await ada.http.get(told["url"], headers={"Range": "bytes=99999-"})).status_code == 416
    head = await ada.http.head(told["url"])
    assert (head.status_code, head.headers["content-length"], head.content) == (200, str(len(DATA)), b"")


async def test_an_original_is_its_owners_alone(app: App, ada: Person, bob: Person) -> None:
    video, other = await filmed(app, ada), await filmed(app, ada, visibility="private")
    problem(await bob.get(f"/videos/{video['id']}/original"), 403, "not_your_video")
    problem(await bob.get(f"/videos/{other['id']}/original"), 404, "not_found")
    url = (await ada.get(f"/videos/{video['id']}/original")).json()["url"]
    there = (await ada.get(f"/videos/{other['id']}/original")).json()["url"]
    token, elsewhere = url.rsplit("/", 1)[0], there.rsplit("/", 1)[1]
    assert (await bob.http.get(f"{token}/{elsewhere}")).status_code == 404
    # A signed address of the file that is played opens no original.
    played = other["playback"]["hls_url"].split("/")[2]
    assert (await ada.http.get(f"/media/originals/{played}/{elsewhere}")).status_code == 404


@pytest.mark.parametrize("state", ["suspended", "leaving"])
async def test_the_original_of_whoever_is_hidden_is_nobodys(app: App, ada: Person, state: str) -> None:
    video = await filmed(app, ada)
    url = (await ada.get(f"/videos/{video['id']}/original")).json()["url"]
    async with app.sessions() as session, session.begin():
        # By another process, and no session is ended yet.
        changed = text("UPDATE accounts SET state = :state WHERE id = :id")
        await session.execute(changed, {"state": state, "id": ids.parse("acc", ada.id)})
    problem(await ada.http.get(url), 404, "not_found")


async def test_an_address_of_an_original_ends_with_the_session(app: App, ada: Person) -> None:
    video = await filmed(app, ada)
    url = (await ada.get(f"/videos/{video['id']}/original")).json()["url"]
    assert (await ada.http.get(url)).status_code == 200
    assert (await ada.post("/auth/logout")).status_code == 204
    # Another process, which has not looked lately who is gone.
    fresh = Authenticator(app, app.port(AccessTokens))
    *_, token, asset = url.split("/")
    with pytest.raises(NotFound):
        await originals.find(
            replace(app, ports={**app.ports, Authenticator: fresh}), ids.parse("ast", asset), token.removeprefix("~")
        )


async def test_originals_go_when_all_is_made_if_the_site_says_so(app: App, ada: Person) -> None:
    waiting = await filmed(app, ada, state="partially_playable")
    video = await filmed(app, ada)
    assert await used(ada) == 2 * len(DATA)
    await collect.forget_originals(keeping(app, "always", after=timedelta(days=9_000)))
    assert (await ada.get(f"/videos/{video['id']}/original")).status_code == 200

    await collect.forget_originals(keeping(app, "until_ready"))
    problem(await ada.get(f"/videos/{video['id']}/original"), 404, "not_found")
    assert (await ada.get(f"/videos/{waiting['id']}/original")).status_code == 200
    assert (await ada.http.get(video["playback"]["hls_url"])).status_code == 200
    async with app.sessions() as session:
        left = await session.scalar(
            text("SELECT sum(size) FROM asset_files JOIN assets ON id = asset_id WHERE state = 'ready'")
        )
    # What is left counts, and the original does not.
    assert await used(ada) == len(DATA) + left
    assert left < len(DATA)
    await collect.recount_usage(app)
    assert await used(ada) == len(DATA) + left
    assert len(await objects(app)) == 2

    assert (await ada.delete(f"/videos/{video['id']}")).status_code == 204
    assert await used(ada) == len(DATA)


async def test_originals_are_kept_for_as_many_days_as_the_site_says(app: App, ada: Person) -> None:
    video = await filmed(app, ada)
    await collect.forget_originals(keeping(app, "30d", after=timedelta(days=29)))
    url = (await ada.get(f"/videos/{video['id']}/original")).json()["url"]
    await collect.forget_originals(keeping(app, "30d", after=timedelta(days=31)))
    problem(await ada.get(f"/videos/{video['id']}/original"), 404, "not_found")
    assert (await ada.http.get(url)).status_code == 404


async def test_an_original_that_was_joined_of_parts_comes_back_and_goes_with_all_of_them(app: App, ada: Person) -> None:
    parts = [await part(ada, DATA[:6_000]), await part(ada, DATA[6_000:])]
    upload_id = (await join(ada, *parts)).headers["location"].rsplit("/", 1)[-1]
    made = (await ada.post("/videos", {"upload_id": upload_id})).json()
    await _ready(app, made["id"], "ready")
    url = (await ada.get(f"/videos/{made['id']}/original")).json()["url"]
    assert (await ada.http.get(url)).content == DATA
    across = await ada.http.get(url, headers={"Range": "bytes=5990-6009"})
    assert (across.status_code, across.content) == (206, DATA[5_990:6_010])
    assert len({key.split("/")[1] for key in await objects(app)}) == 2

    await collect.forget_originals(keeping(app, "until_ready"))
    assert await objects(app) == []
    assert (await ada.http.get(url)).status_code == 404
    assert (await ada.delete(f"/videos/{made['id']}")).status_code == 204
    assert await used(ada) == 0


async def test_what_has_no_original_any_more_is_not_made_again(app: App, ada: Person) -> None:
    video = await filmed(app, ada)
    await collect.forget_originals(keeping(app, "until_ready"))
    asset_id = await asset_of(app, video["id"])
    async with app.work(SYSTEM) as work:
        assert not await repairs.process_again(work, asset_id, ["v360.mp4"])
    assert (await ada.get(f"/videos/{video['id']}")).json()["state"] == "ready"
    assert (await ada.http.get(video["playback"]["hls_url"])).status_code == 200
