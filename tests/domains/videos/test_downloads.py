"""A video as one file to keep."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from sqlalchemy import text
from tests.factories import uploads
from tests.factories.accounts import Person
from tests.factories.assets import files_of
from tests.factories.clips import clip, ffprobe
from tests.factories.films import FILM, film
from tests.factories.uploads import PIECE, UPLOADS, create

from socialflow.domains.media.handlers import remains
from socialflow.domains.videos.api.downloads import file_name
from socialflow.kernel import ids, metrics
from socialflow.kernel.config import Settings
from socialflow.kernel.slots import Slots
from socialflow.kernel.work import App
from socialflow.ports.storage import ObjectStore

Deliver = Callable[..., Awaitable[int]]


def problem(answer: httpx2.Response, status: int, code: str) -> dict[str, Any]:
    """As for uploads, without a film in the message."""
    assert answer.status_code == status
    return uploads.problem(answer, status, code)


def path_of(video_id: str, **query: str) -> str:
    found = httpx2.URL(f"/api/v1/videos/{video_id}/download", params=query)
    return str(found)


async def test_a_download_is_made_when_somebody_asks_and_plays_everywhere(
    app: App, ada: Person, client: httpx2.AsyncClient, deliver: Deliver, tmp_path: Path
) -> None:
    data = clip("plain.mp4").read_bytes()
    address = (await create(ada, len(data))).headers["location"]
    body = {"upload_id": address.rpartition("/")[2], "title": "Sea/side", "allow_download": True}
    video = (await ada.post("/videos", body)).json()
    path = path_of(video["id"])
    problem(await ada.http.get(path), 409, "not_ready_for_download")
    sent = await ada.http.patch(f"{UPLOADS}/{body['upload_id']}", content=data, headers={**PIECE, "Upload-Offset": "0"})
    assert sent.status_code == 204
    await deliver(times=1)

    waiting = [await client.get(path) for _ in range(3)]
    assert {answer.status_code for answer in waiting} == {202}
    assert waiting[0].json() == {"state": "preparing", "rendition": "360p"}
    assert int(waiting[0].headers["retry-after"]) > 0
    await deliver()
    async with app.sessions() as session:
        wanted = await session.scalar(text("SELECT count(*) FROM jobs WHERE kind LIKE '%make_download'"))
    assert wanted == 1, "whoever asks again meanwhile begins nothing"

    answer = await client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "video/mp4")
    assert 'filename="Sea side (360p).mp4"' in answer.headers["content-disposition"]
    (tmp_path / "film.mp4").write_bytes(answer.content)
    found = json.loads(ffprobe("-show_streams", "-show_format", "-of", "json", str(tmp_path / "film.mp4")))
    assert {stream["codec_name"] for stream in found["streams"]} == {"h264", "aac"}
    assert abs(float(found["format"]["duration"]) - 4) < 0.2
    assert answer.content.index(b"moov") < answer.content.index(b"mdat"), "it plays while it comes"
    assert not list(app.settings.work_dir.glob("scratch-*"))

    # It is had here alone, and goes when nobody needs it.
    asset_id = ids.parse("ast", video["playback"]["hls_url"].split("/")[-2]) if video["playback"] else None
    assert asset_id is None
    async with app.sessions() as session, session.begin():
        own = await session.scalar(text("SELECT asset_id FROM asset_files WHERE name = 'get/360p.mp4'"))
        await session.execute(
            text("UPDATE asset_files SET expires_at = now() - interval '1 s' WHERE name LIKE 'get/%'")
        )
    shown = ids.show("ast", own)
    for guess in (f"/media/{shown}/get/360p.mp4", f"/media/{shown}/get-360p.mp4", f"/media/{shown}/get%2f360p.mp4"):
        assert (await client.get(guess)).status_code == 404
    await remains.delete_superseded(app)
    assert "get/360p.mp4" not in await files_of(app, own)


async def test_ranges_are_served_so_that_a_download_can_go_on(
    app: App, ada: Person, client: httpx2.AsyncClient
) -> None:
    path = path_of(await film(app, ada, allow_download=True))
    first = await client.get(path, headers={"Range": "bytes=0-99"})
    rest = {"Range": "bytes=100-", "If-Range": first.headers["etag"]}
    second = await client.get(path, headers=rest)

    assert (first.status_code, second.status_code) == (206, 206)
    assert first.content + second.content == FILM
    assert second.headers["content-range"] == f"bytes 100-{len(FILM) - 1}/{len(FILM)}"
    assert "content-encoding" not in second.headers
    problem(await client.get(path, headers={"Range": f"bytes={len(FILM)}-"}), 416, "range_not_satisfiable")


async def test_owners_decide_and_may_always_have_their_own(
    app: App, ada: Person, bob: Person, client: httpx2.AsyncClient
) -> None:
    video = await film(app, ada)
    assert (await client.get(f"/api/v1/videos/{video}")).json()["permissions"]["download"] is False
    for reader in (client, bob.http):
        problem(await reader.get(path_of(video)), 403, "downloads_not_allowed")
    assert (await ada.http.get(path_of(video))).content == FILM

    changed = await ada.patch(f"/videos/{video}", {"allow_download": True})
    assert (changed.status_code, changed.json()["allow_download"]) == (200, True)
    assert (await bob.get(f"/videos/{video}")).json()["permissions"]["download"] is True
    assert (await bob.http.get(path_of(video))).content == FILM
    await ada.patch(f"/videos/{video}", {"visibility": "private"})
    problem(await bob.http.get(path_of(video)), 404, "not_found")


async def test_only_what_there_is_can_be_chosen(app: App, ada: Person, client: httpx2.AsyncClient) -> None:
    video = await film(app, ada, allow_download=True)

    assert (await client.get(path_of(video, rendition="480p"))).status_code == 200
    assert (await client.get(path_of(video, rendition="audio"))).status_code == 202
    refused = problem(await client.get(path_of(video, rendition="720p")), 404, "no_such_rendition")
    assert refused["detail"].endswith("there are: 480p, audio.")
    for odd in ("../480p", "480p.mp4", "get/480p", "0p", ""):
        assert (await client.get(path_of(video, rendition=odd))).status_code == 422, odd


async def test_a_file_that_is_gone_is_a_404(app: App, ada: Person, client: httpx2.AsyncClient) -> None:
    video = await film(app, ada, allow_download=True)
    await app.port(ObjectStore).delete_prefix("assets/")

    problem(await client.get(path_of(video)), 404, "not_found")


class TestLimits:
    """Bytes a day, and how many at once."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        rates = {"download_address": "5/86400", "download_account": "3/86400"}
        return settings.model_copy(update={"limits": settings.limits.model_copy(update=rates)})

    async def test_bytes_are_counted_by_account_and_by_address(
        self, app: App, ada: Person, bob: Person, client: httpx2.AsyncClient
    ) -> None:
        # A film of one and a half mebibytes counts two.
        path = path_of(await film(app, ada, allow_download=True))
        assert (await bob.http.get(path)).status_code == 200
        assert (await bob.http.get(path, headers={"Range": "bytes=0-9"})).status_code == 206
        refused = problem(await bob.http.get(path), 429, "too_many_requests")
        assert int((await bob.http.get(path)).headers["retry-after"]) > 3_600
        assert refused["retry_after"] > 3_600

        # What was refused to the account is not counted against the address.
        downloaded = metrics.DOWNLOADED._value.get()
        assert (await client.get(path, headers={"Range": "bytes=0-9"})).status_code == 206
        assert metrics.DOWNLOADED._value.get() == downloaded + 10
        problem(await client.get(path), 429, "too_many_requests")

    async def test_a_few_at_once_and_then_no_more(self, app: App, ada: Person, client: httpx2.AsyncClient) -> None:
        path = path_of(await film(app, ada, allow_download=True))
        slots = Slots(app.redis, "downloads", app.settings.media.downloads_at_once)
        taken = [await slots.take("127.0.0.1") for _ in range(3)]
        assert all(taken)
        assert await slots.take("127.0.0.2"), "others are not in the way"
        answer = await client.get(path, headers={"Range": "bytes=0-9"})
        assert int(problem(answer, 429, "too_many_requests")["retry_after"]) > 0

        await slots.give_back("127.0.0.1", str(taken[0]))
        for _ in range(2):
            assert (await client.get(path, headers={"Range": "bytes=0-9"})).status_code == 206, (
                "each gives back its own"
            )


class TestMaking:
    """Nothing is put together for whoever asks for everything."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        rates = {"download_made": "1/86400"}
        return settings.model_copy(update={"limits": settings.limits.model_copy(update=rates)})

    async def test_what_is_put_together_for_one_visitor_is_bounded(
        self, app: App, ada: Person, bob: Person, client: httpx2.AsyncClient
    ) -> None:
        first, second = [await film(app, ada, allow_download=True) for _ in range(2)]
        for _ in range(3):
            assert (await client.get(path_of(first, rendition="audio"))).status_code == 202, "asking again is free"
        problem(await client.get(path_of(second, rendition="audio")), 429, "too_many_requests")
        assert (await client.get(path_of(second))).status_code == 200, "what is there already is had"
        assert (await bob.http.get(path_of(second, rendition="audio"))).status_code == 202, "others are not in the way"
        async with app.sessions() as session:
            wanted = await session.scalar(text("SELECT count(*) FROM outbox WHERE kind LIKE '%DownloadWanted'"))
        assert wanted == 2


class TestSwitchedOff:
    """An installation that offers no downloads."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"media": settings.media.model_copy(update={"downloads": False})})

    async def test_nobody_but_the_owner_has_the_file(self, app: App, ada: Person, client: httpx2.AsyncClient) -> None:
        video = await film(app, ada, allow_download=True)
        assert (await client.get(f"/api/v1/videos/{video}")).json()["permissions"]["download"] is False
        problem(await client.get(path_of(video)), 403, "downloads_not_allowed")
        assert (await ada.http.get(path_of(video))).status_code == 200


@pytest.mark.parametrize(
    ("title", "plain", "full"),
    [
        ('../etc/passwd\r\nX: "y"', "etc passwd X y", "etc%20passwd%20X%20y"),
        ("C:\\con\x00.exe\u202e4pm", "C con .exe4pm", "C%20con%20.exe4pm"),
        ("Übung 第一", "Ubung", "%C3%9Cbung%20%E7%AC%AC%E4%B8%80"),
        ("...", "video", "video"),
        ("a\uff02; filename=b.exe; c=\uff02", 'a ; filename=b.exe; c= (720p).mp4"; filename*=', None),
        ("\uff0e\uff0e\uff0fetc\uff3cpasswd\uff05", 'etc passwd (720p).mp4"; filename*=', None),
        ("a" * 120, "a" * 80, "a" * 80),
    ],
)
def test_a_file_s_name_is_harmless(title: str, plain: str, full: str | None) -> None:
    said = file_name(title, "720p")
    full = full if full is not None else quote(title, safe="")

    assert said.startswith(f'attachment; filename="{plain}')
    assert said.endswith(f"filename*=UTF-8''{full}%20%28720p%29.mp4")
    assert said.isascii()
    assert not set("\r\n\x00/\\") & set(said)
    assert said.count('"') == 2
