"""Films that can be downloaded, without an encoder."""

from typing import Any

from sqlalchemy import text

from socialflow.domains.videos import service as videos
from socialflow.kernel import ids
from socialflow.kernel.work import SYSTEM, App
from socialflow.ports.storage import ObjectStore
from tests.factories.accounts import Person
from tests.factories.uploads import create, ready_asset

FILM = b"one whole film, as it might be" * 50_000


async def film(app: App, person: Person, *, rendition: str = "480p", data: bytes = FILM, **fields: Any) -> str:
    """A video whose download has been made already; its id."""
    files = {"v480.mp4": (b"picture", "video/mp4"), "a.mp4": (b"sound", "video/mp4")}
    asset = await ready_asset(app, person, files=files)
    address = (await create(person, 10)).headers["location"]
    made = await person.post("/videos", {"upload_id": address.rpartition("/")[2], "title": "A walk", **fields})
    assert made.status_code == 201, made.text
    key = f"assets/{ids.parse('ast', asset)}/get/x.mp4"
    await app.port(ObjectStore).put(key, data, content_type="video/mp4")
    async with app.sessions() as session, session.begin():
        values = {"asset": ids.parse("ast", asset), "video": ids.parse("vid", made.json()["id"]), "key": key}
        await session.execute(text("UPDATE videos SET asset_id = :asset WHERE id = :video"), values)
        for name, kind, height in (("480p", "video", 480), ("audio", "audio", None)):
            await session.execute(
                text(
                    "INSERT INTO renditions (asset_id, name, kind, height, codecs, bandwidth, average_bandwidth, size,"
                    " created_at) VALUES (:asset, :name, :kind, :height, 'avc1', 1, 1, 1, now())"
                ),
                values | {"name": name, "kind": kind, "height": height},
            )
        await session.execute(
            text(
                "INSERT INTO asset_files (asset_id, name, key, content_type, size, sha256, created_at, expires_at)"
                " VALUES (:asset, :name, :key, 'video/mp4', :size, repeat('ab', 32), now(), now() + interval '7 days')"
            ),
            values | {"name": f"get/{rendition}.mp4", "size": len(data)},
        )
    async with app.work(SYSTEM) as work:
        await videos.follow_asset(work, ids.parse("ast", asset))
    return str(made.json()["id"])
