"""Edits of protected videos: nothing of them is ever served in the clear."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.edits import edit, film, look, read

from socialflow.domains.media.handlers import collect as media_collect
from socialflow.kernel import ids
from socialflow.kernel.work import SYSTEM, App

Deliver = Callable[..., Awaitable[int]]
TRIM = {"kind": "trim", "start_ms": 1_480, "end_ms": 7_000}


async def test_an_edit_of_a_protected_video_is_protected_from_the_beginning_and_so_is_what_it_was_made_of(
    app: App, ada: Person, deliver: Deliver
) -> None:
    video = await film(ada)
    await deliver(times=1)
    address = f"/videos/{video['id']}/protection"
    assert (await ada.put(address, json={"protection": "clearkey"})).status_code == 202
    await deliver(times=1)
    settings = app.settings.model_copy(
        update={"media": app.settings.media.model_copy(update={"keep_original": "until_ready"})}
    )
    await media_collect.forget_originals(replace(app, settings=settings))
    first = (await read(ada, video))["playback"]
    made = await edit(ada, video, TRIM)
    await deliver(times=1)
    after = (await read(ada, video))["playback"]
    assert (await look(ada, made))["state"] == "applied"
    assert (after["duration_ms"], after["protection"]["protection"]) == (5_520, "clearkey")
    assert after["protection"]["key_id"] != first["protection"]["key_id"]
    names = await asset_names(app, video["id"])
    assert not [name for name in names if name.startswith("plain/") or name in {"v180.mp4", "src.mp4", "a.mp4"}]

    # Whatever is asked for now holds for what is shown when the edit is undone.
    assert (await ada.put(address, json={"protection": "aes128"})).status_code == 202
    await deliver(times=1)
    assert (await ada.post(f"/videos/{video['id']}/edits/{made['id']}/revert")).status_code in {200, 202}
    back = (await read(ada, video))["playback"]
    assert (back["duration_ms"], back["protection"]["protection"]) == (first["duration_ms"], "aes128")


async def asset_names(app: App, video_id: str) -> list[str]:
    """Every name under which something of a video is served, or waits to be."""
    async with app.work(SYSTEM) as work:
        found = text("SELECT f.name FROM asset_files f JOIN videos v ON v.asset_id = f.asset_id WHERE v.id = :id")
        return list(await work.db.scalars(found, {"id": ids.parse("vid", video_id)}))
