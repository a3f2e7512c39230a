"""Protected videos: never in the clear, playable with the key alone, under another key when asked for."""

import asyncio
import re
import subprocess
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from imageio_ffmpeg import get_ffmpeg_exe
from sqlalchemy import select, text
from tests.factories.accounts import Person
from tests.factories.assets import asset_of, files_of, upload
from tests.factories.clips import clip
from tests.factories.kept import path_of
from tests.factories.uploads import problem
from tests.faults.transcoding import make_due, next_job

from socialflow.adapters.encoder.ffmpeg import FfmpegEncoder, SoundWishes, Wishes
from socialflow.domains.media.handlers import protecting
from socialflow.domains.media.models import AssetState, Rendition
from socialflow.domains.media.service import inventory, repairs
from socialflow.kernel import crypto, ids, jobs, rotation, vault
from socialflow.kernel.work import SYSTEM, App
from socialflow.ports.encoder import Encoder, LoudnessTarget, VideoCodec
from socialflow.ports.packaging import Packager, StreamDamaged
from socialflow.ports.storage import ObjectStore

Deliver = Callable[..., Awaitable[int]]


async def made(app: App, person: Person, **more: Any) -> tuple[Any, dict[str, Any]]:
    """The asset of an upload that nobody has looked at, and its video."""
    sent = await upload(app, person, clip("silent.mp4"))
    video = (await person.post("/videos", {"upload_id": ids.show("upl", sent.id), **more})).json()
    return sent.asset_id, video


async def protect(person: Person, video: dict[str, Any], kind: str) -> dict[str, Any]:
    answer = await person.put(f"/videos/{video['id']}/protection", json={"protection": kind})
    assert answer.status_code == 202, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def playback(client: httpx2.AsyncClient, video: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get(f"/api/v1/videos/{video['id']}")).json()["playback"]
    return found


async def media_of(app: App, asset_id: Any) -> dict[str, bytes]:
    """Every media file that could be asked for."""
    store = app.port(ObjectStore)
    files = await files_of(app, asset_id)
    return {
        name: await store.get(key)
        for name, key in files.items()
        if name.endswith(".mp4") and "/" not in name and name != "preview.mp4"
    }


def opens(data: bytes, folder: Path, key: bytes | None) -> bool:
    """Whether ffmpeg shows every frame without a complaint."""
    (folder / "x.mp4").write_bytes(data)
    opened = ["-decryption_key", key.hex()] if key else []
    command = [get_ffmpeg_exe(), "-v", "error", *opened, "-i", str(folder / "x.mp4"), "-f", "framecrc", "-"]
    ended = subprocess.run(command, check=False, capture_output=True, text=True)
    shown = [line for line in ended.stdout.splitlines() if not line.startswith("#")]
    return ended.returncode == 0 and not ended.stderr and len(shown) > 0


@pytest.mark.parametrize("kind", ["aes128", "clearkey"])
async def test_a_video_that_is_to_be_protected_is_never_served_in_the_clear(
    app: App, ada: Person, client: httpx2.AsyncClient, deliver: Deliver, tmp_path: Path, kind: str
) -> None:
    asset_id, video = await made(app, ada)
    assert (await protect(ada, video, kind))["state"] == "working"
    while (job := await next_job(app)) is not None:
        await jobs.execute(app, job)
        served = [name for name in await files_of(app, asset_id) if "/" not in name]
        ready = (await asset_of(app, asset_id)).state == AssetState.READY
        assert ready or not [name for name in served if name.endswith((".mp4", ".m3u8", ".mpd"))], served
    async with app.work(SYSTEM) as work:
        await work.db.execute(text("UPDATE jobs SET hinted_at = NULL"))
    await deliver(times=1)

    assert (await asset_of(app, asset_id)).state == AssetState.READY
    standing = (await ada.get(f"/videos/{video['id']}/protection")).json()
    assert (standing["protection"], standing["in_force"], standing["state"]) == (kind, kind, "done")
    told = await playback(client, video)
    assert told["protection"]["protection"] == kind
    assert told["hls_url"].startswith("/media/~")
    assert told["expires_at"] is not None
    assert (told["dash_url"] is None) is (kind == "aes128")
    key = (await client.get(told["protection"]["key_url"])).content
    assert len(key) == 16
    for data in (await media_of(app, asset_id)).values():
        assert not opens(data, tmp_path, None)
        assert opens(data, tmp_path, key) is (kind == "clearkey")
    # Nothing is left of what was there on the way.
    kept = {info.key for info in [each async for each in app.port(ObjectStore).list("assets/")]}
    assert kept <= set((await files_of(app, asset_id)).values())
    assert (await inventory.verify(app)).findings == []


@pytest.mark.parametrize("kind", ["aes128", "clearkey"])
async def test_every_sound_and_codec_is_protected_or_not_offered(
    app: App, ada: Person, client: httpx2.AsyncClient, deliver: Deliver, tmp_path: Path, kind: str
) -> None:
    wishes = Wishes(SoundWishes(opus=True, loudness=LoudnessTarget(-16.0, -1.5)), (VideoCodec.HEVC,))
    rich = replace(app, ports={**app.ports, Encoder: FfmpegEncoder(concurrency=2, wishes=wishes)})
    sent = await upload(app, ada, clip("languages.mkv"))
    video = (await ada.post("/videos", {"upload_id": ids.show("upl", sent.id)})).json()
    if kind == "clearkey":
        await protect(ada, video, kind)
    await settle(rich, deliver)
    assert ("v180-hevc.mp4" in await files_of(app, sent.asset_id)) is (kind == "aes128"), (
        "only what may be served is made"
    )
    if kind == "aes128":
        await protect(ada, video, kind)
        await settle(rich, deliver)
    await every_stream_is_protected(app, client, video, sent.asset_id, tmp_path)
    names = await offered(app, sent.asset_id)
    assert {name for name in names if "hevc" in name} == ({"180p-hevc"} if kind == "aes128" else set())
    assert {name for name in names if name.startswith("audio")} == {
        f"audio{number}{codec}" for number in ("", "-2", "-3") for codec in ("", "-opus")
    }
    master = (await client.get((await playback(client, video))["hls_url"])).text
    assert [master.count(f'GROUP-ID="{group}"') for group in ("sound", "sound-opus")] == [3, 3]
    assert master.count('LANGUAGE="en"') == 4

    await protect(ada, video, "clearkey" if kind == "aes128" else "aes128")
    await settle(rich, deliver)
    assert not [name for name in await offered(app, sent.asset_id) if "hevc" in name], "what was left out stays so"
    await every_stream_is_protected(app, client, video, sent.asset_id, tmp_path)
    async with app.work(SYSTEM) as work:
        found = await work.db.execute(text("SELECT label, figures FROM renditions WHERE name = 'audio'"))
    (row,) = found
    assert row.label == "Deutsch"
    assert row.figures["gain_db"], "what was measured stays"


async def settle(app: App, deliver: Deliver) -> None:
    """All that there is to do, by this App, and what the others hear of it."""
    await to_the_end(app)
    async with app.work(SYSTEM) as work:
        await work.db.execute(text("UPDATE jobs SET hinted_at = NULL"))
    await deliver(times=1)


async def every_stream_is_protected(
    app: App, client: httpx2.AsyncClient, video: dict[str, Any], asset_id: Any, folder: Path
) -> None:
    """Whatever a master leads to needs the key that is in force, and no other file is there for long."""
    told = await playback(client, video)
    base = told["hls_url"].rpartition("/")[0]
    master = (await client.get(told["hls_url"])).text
    listed = set(re.findall(r'^(?:[^#].*|#EXT-X-(?:MEDIA|I-FRAME).*URI="([^"]+)".*)$', master, re.MULTILINE))
    listed |= {line for line in master.splitlines() if line and not line.startswith("#")}
    playlists = [(await client.get(f"{base}/{name}")).text for name in listed if name]
    assert playlists
    assert all(f'URI="keys/{told["protection"]["key_id"]}"' in each for each in playlists)
    async with app.work(SYSTEM) as work:
        lasting = set(
            await work.db.scalars(
                text("SELECT name FROM asset_files WHERE asset_id = :id AND expires_at IS NULL"), {"id": asset_id}
            )
        )
    media = {name: data for name, data in (await media_of(app, asset_id)).items() if name in lasting}
    assert media
    assert not [name for name, data in media.items() if opens(data, folder, None)]


async def offered(app: App, asset_id: Any) -> set[str]:
    async with app.work(SYSTEM) as work:
        return set(await work.db.scalars(select(Rendition.name).where(Rendition.asset_id == asset_id)))


async def test_what_is_asked_for_is_given_to_who_holds_an_address_and_to_nobody_else(
    app: App, ada: Person, bob: Person, client: httpx2.AsyncClient, deliver: Deliver
) -> None:
    asset_id, video = await made(app, ada, visibility="private")
    await protect(ada, video, "clearkey")
    await deliver(times=1)
    told = (await ada.get(f"/videos/{video['id']}")).json()["playback"]
    key_url, licence_url = told["protection"]["key_url"], told["protection"]["license_url"]
    given = await client.get(key_url)
    assert (given.status_code, given.headers["cache-control"]) == (200, "private, no-store")

    kid = crypto.to_text(bytes.fromhex(told["protection"]["key_id"]))
    asked = {"kids": [kid, "nobodys"], "type": "temporary"}
    answer = await client.post(licence_url, json=asked)
    (one,) = answer.json()["keys"]
    assert (one["kty"], one["kid"], crypto.from_text(one["k"])) == ("oct", kid, given.content)
    assert answer.headers["cache-control"] == "private, no-store"
    assert (await client.post(licence_url, json={"kids": ["nobodys"]})).status_code == 404
    for broken in (b"", b"[]", b"{", b'{"kids": []}', b'{"kids": "x"}', b"x" * 5_000):
        assert (await client.post(licence_url, content=broken)).status_code == 422, broken

    shown, other = ids.show("ast", asset_id), ids.show("ast", ids.new())
    key_id = told["protection"]["key_id"]
    assert (await client.get(f"/media/{shown}/keys/{key_id}")).status_code == 404
    assert (await client.get(key_url.replace(shown, other))).status_code == 404
    assert (await client.get(key_url.replace(key_id, "0" * 32))).status_code == 404
    assert (await client.get(key_url.replace(key_id, "../x"))).status_code == 404
    assert (await client.get(key_url.replace("/media/~", "/media/~x"))).status_code == 404
    problem(await bob.put(f"/videos/{video['id']}/protection", json={"protection": "none"}), 404, "not_found")
    await ada.post("/auth/logout", {})
    async with asyncio.timeout(10):
        # It ends with the session, as everywhere within five seconds.
        while (await client.get(key_url)).status_code != 404:
            await asyncio.sleep(0.2)


async def test_even_of_what_is_everybodys_the_key_is_signed_and_runs_out(
    app: App, api: FastAPI, ada: Person, client: httpx2.AsyncClient, deliver: Deliver
) -> None:
    _, video = await made(app, ada)
    await protect(ada, video, "aes128")
    await deliver(times=1)
    told = await playback(client, video)
    assert (await client.get(told["hls_url"])).headers["access-control-allow-origin"] == "*"
    assert (await client.get(told["protection"]["key_url"])).headers["access-control-allow-origin"] == "*"
    api.state.app = replace(app, clock=lambda: datetime.now(UTC) + timedelta(hours=3))
    try:
        assert (await client.get(told["protection"]["key_url"])).status_code in {403, 404, 410}
    finally:
        api.state.app = app
    await ada.patch(f"/videos/{video['id']}", {"visibility": "private"})
    await deliver(times=1)
    assert (await client.get(told["protection"]["key_url"])).status_code == 404


async def test_a_ready_video_is_protected_under_another_key_and_plain_again_without_being_encoded(
    app: App, ada: Person, client: httpx2.AsyncClient, deliver: Deliver, tmp_path: Path
) -> None:
    asset_id, video = await made(app, ada)
    await deliver(times=1)
    plain = await media_of(app, asset_id)
    # The stand-in is about to go.
    plain.pop("src.mp4", None)
    await ada.http.put(f"/api/v1/videos/{video['id']}/captions/en", content=b"1\n00:00:00,100 --> 00:00:00,900\nHi\n")
    problem(await ada.post(f"/videos/{video['id']}/protection/key", {}), 409, "not_protected")
    assert (await protect(ada, video, "clearkey"))["state"] == "working"
    busy = await ada.put(f"/videos/{video['id']}/protection", json={"protection": "aes128"})
    problem(busy, 409, "protection_goes_on")
    await deliver(times=2)
    first = (await playback(client, video))["protection"]
    key = (await client.get(first["key_url"])).content
    shielded = {name: data for name, data in (await media_of(app, asset_id)).items() if first["key_id"][-8:] in name}
    assert len(shielded) == len(plain)
    assert all(opens(data, tmp_path, key) and not opens(data, tmp_path, None) for data in shielded.values())
    text_of = (await client.get((await playback(client, video))["hls_url"])).text
    assert 'LANGUAGE="en"' in text_of, "captions are listed in the new manifest"

    assert (await ada.post(f"/videos/{video['id']}/protection/key", {})).status_code == 202
    await deliver(times=2)
    second = (await playback(client, video))["protection"]
    assert second["key_id"] != first["key_id"]
    assert (await client.get(first["key_url"])).content == key, "whoever plays goes on"
    later = replace(app, clock=lambda: datetime.now(UTC) + timedelta(days=2))
    await protecting.forget_keys(later)
    async with app.work(SYSTEM) as work:
        kept = list(await work.db.scalars(text("SELECT id FROM asset_keys")))
    assert [each.hex for each in kept] == [second["key_id"]]

    assert (await protect(ada, video, "none"))["state"] == "working"
    await deliver(times=1)
    told = await playback(client, video)
    assert (told["protection"], told["expires_at"]) == (None, None)
    again = await media_of(app, asset_id)
    assert {name: again[name] for name in plain} == plain


async def test_keys_are_sealed_and_follow_the_secret(app: App, ada: Person, deliver: Deliver) -> None:
    _, video = await made(app, ada)
    await protect(ada, video, "clearkey")
    await deliver(times=1)
    assert "asset_keys.secret" in vault.columns
    async with app.work(SYSTEM) as work:
        sealed = bytes(await work.db.scalar(text("SELECT secret FROM asset_keys")) or b"")
    assert len(sealed) > 32 + 60
    assert (await rotation.rotate(app))["asset_keys.secret"].unreadable == 0


async def test_one_that_cannot_be_protected_is_not_shown_and_one_that_is_ready_stays(
    app: App, ada: Person, client: httpx2.AsyncClient, deliver: Deliver
) -> None:
    broken = replace(app, ports={**app.ports, Packager: Broken()})
    asset_id, video = await made(app, ada)
    await deliver(times=1)
    before = await media_of(app, asset_id)
    await protect(ada, video, "aes128")
    await to_the_end(broken)
    assert (await ada.get(f"/videos/{video['id']}/protection")).json()["state"] == "failed"
    assert await media_of(app, asset_id) == before
    assert (await protect(ada, video, "aes128"))["state"] == "working"
    await deliver(times=1)
    assert (await ada.get(f"/videos/{video['id']}/protection")).json()["in_force"] == "aes128"

    other, hidden = await made(app, ada)
    await protect(ada, hidden, "aes128")
    await to_the_end(broken)
    assert (await asset_of(app, other)).state == AssetState.FAILED
    assert await media_of(app, other) == {}


async def test_a_protected_video_is_made_again_under_a_new_key(app: App, ada: Person, deliver: Deliver) -> None:
    asset_id, video = await made(app, ada)
    await protect(ada, video, "clearkey")
    await deliver(times=1)
    before = await files_of(app, asset_id)
    lost = next(name for name in before if name.startswith("v") and name.endswith(".mp4"))
    path_of(app, before[lost]).unlink()
    report = await inventory.verify(app)
    await repairs.repair(app, report)
    assert set(await files_of(app, asset_id)) >= set(before) - {lost}, "the rest is served meanwhile"
    await deliver(times=1)
    assert (await asset_of(app, asset_id)).state == AssetState.READY
    now = await files_of(app, asset_id)
    assert not [name for name in now if name.startswith("plain/")]
    standing = (await ada.get(f"/videos/{video['id']}/protection")).json()
    assert standing["key_id"] not in lost


async def test_a_protected_video_is_no_download(
    app: App, ada: Person, client: httpx2.AsyncClient, deliver: Deliver
) -> None:
    _, video = await made(app, ada, allow_download=True)
    await protect(ada, video, "clearkey")
    await deliver(times=1)
    problem(await client.get(f"/api/v1/videos/{video['id']}/download"), 409, "protected_from_download")


async def test_the_site_protects_all_new_videos(app: App, ada: Person, deliver: Deliver) -> None:
    media = app.settings.media.model_copy(update={"protection": "clearkey"})
    strict = replace(app, settings=app.settings.model_copy(update={"media": media}))
    asset_id, video = await made(app, ada)
    await to_the_end(strict)
    assert (await asset_of(app, asset_id)).state == AssetState.READY
    assert (await ada.get(f"/videos/{video['id']}/protection")).json()["in_force"] == "clearkey"


class Broken:
    """A packager that cannot read what there is."""

    def takes(self, *_: object) -> bool:
        return True

    async def package(self, *_: object) -> None:
        raise StreamDamaged("not what we made")


async def to_the_end(app: App) -> None:
    """Impatient workers."""

    while True:
        await make_due(app)
        if (job := await next_job(app)) is None:
            return
        await jobs.execute(app, job)
        await asyncio.sleep(0)
