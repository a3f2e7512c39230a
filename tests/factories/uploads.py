"""Uploads for tests: by the protocol, and made ready without an encoder."""

import base64
import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2

from socialflow.domains.media.models import Access, Asset, AssetFile, AssetState
from socialflow.kernel import ids
from socialflow.kernel.work import SYSTEM, App
from socialflow.ports.storage import ObjectStore
from tests.factories.accounts import Person

TUS = {"Tus-Resumable": "1.0.0"}
PIECE = {**TUS, "Content-Type": "application/offset+octet-stream"}
UPLOADS = "/api/v1/uploads"


def metadata(**values: str) -> str:
    """An Upload-Metadata header."""
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in values.items())


def checksum(data: bytes, algorithm: str = "sha1") -> str:
    """An Upload-Checksum header."""
    return f"{algorithm} {base64.b64encode(hashlib.new(algorithm, data).digest()).decode()}"


async def create(person: Person, length: int, **meta: str) -> httpx2.Response:
    """Ask for an upload."""
    given = {"Upload-Length": str(length), "Upload-Metadata": metadata(**{"filename": "clip.mp4", **meta})}
    return await person.http.post(UPLOADS, headers={**TUS, **given})


async def started(person: Person, length: int, **meta: str) -> str:
    """The address of a new upload."""
    answer = await create(person, length, **meta)
    assert answer.status_code == 201, answer.text
    return str(answer.headers["location"])


async def send(person: Person, address: str, offset: int, data: Any, **headers: str) -> httpx2.Response:
    """Send bytes of an upload."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await person.http.patch(address, content=data, headers={**PIECE, "Upload-Offset": str(offset), **named})


async def offset_of(person: Person, address: str) -> int:
    """Where an upload stands."""
    answer = await person.http.head(address, headers=TUS)
    assert answer.status_code == 200, answer.status_code
    return int(answer.headers["upload-offset"])


def problem(answer: httpx2.Response, status: int, code: str) -> dict[str, Any]:
    """The answer's problem document, which must be this one."""
    assert answer.status_code == status, (answer.status_code, answer.text)
    assert answer.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    assert found["code"] == code, found
    return found


async def uploaded(person: Person, data: bytes, **meta: str) -> str:
    """The address of an upload whose bytes are all there."""
    address = await started(person, len(data), **meta)
    answer = await send(person, address, 0, data)
    assert answer.status_code == 204, answer.text
    return address


async def state_of(person: Person, address: str) -> dict[str, Any]:
    """An upload as JSON."""
    answer = await person.http.get(address)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def ready_asset(
    app: App, person: Person, *, files: dict[str, tuple[bytes, str]] | None = None, access: Access = Access.OPEN
) -> str:
    """An asset as the pipeline leaves it, with these files (name -> bytes, content type); its outside id."""
    given = files if files is not None else DEMO_FILES
    asset_id = ids.new()
    async with app.work(SYSTEM) as work:
        work.db.add(
            Asset(
                id=asset_id,
                account_id=ids.parse("acc", person.id),
                purpose="video",
                source_size=0,
                counted=0,
                access=access,
                state=AssetState.READY,
                duration_ms=10_000,
                width=640,
                height=360,
                has_video=True,
                has_audio=True,
                version=1,
                created_at=work.now,
                updated_at=work.now,
            )
        )
        await work.db.flush()
        for name, (data, content_type) in given.items():
            digest = hashlib.sha256(data).hexdigest()
            key = f"assets/{asset_id}/{digest[:16]}/{name}"
            await app.port(ObjectStore).put(key, data, content_type=content_type)
            work.db.add(
                AssetFile(
                    asset_id=asset_id,
                    name=name,
                    key=key,
                    content_type=content_type,
                    size=len(data),
                    sha256=digest,
                    created_at=work.now,
                )
            )
    return ids.show("ast", asset_id)


DEMO_FILES = {
    "master.m3u8": (b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv360.m3u8\n", "application/vnd.apple.mpegurl"),
    "v360.m3u8": (b"#EXTM3U\n#EXTINF:4,\n#EXT-X-BYTERANGE:10@0\nv360.mp4\n", "application/vnd.apple.mpegurl"),
    "v360.mp4": (bytes(range(256)) * 16, "video/mp4"),
    "manifest.mpd": (b"<MPD/>", "application/dash+xml"),
    "poster.jpg": (b"\xff\xd8poster", "image/jpeg"),
    "storyboard.jpg": (b"\xff\xd8board", "image/jpeg"),
    "storyboard.vtt": (b"WEBVTT\n", "text/vtt"),
}


def keeping(app: App, policy: str, *, after: timedelta = timedelta()) -> App:
    """The App of a site with a policy about originals, some time from now."""
    media = app.settings.media.model_copy(update={"keep_original": policy})
    settings = app.settings.model_copy(update={"media": media})
    return replace(app, settings=settings, clock=lambda: datetime.now(UTC) + after)


async def part(person: Person, data: bytes, *, sent: int | None = None) -> str:
    """The address of a part that is to be joined with others, of which so many bytes have come."""
    headers = {**TUS, "Upload-Length": str(len(data)), "Upload-Concat": "partial"}
    answer = await person.http.post(UPLOADS, headers=headers)
    assert answer.status_code == 201, answer.text
    address = str(answer.headers["location"])
    assert (await send(person, address, 0, data[:sent])).status_code == 204
    return address


async def join(person: Person, *parts: str, **meta: str) -> httpx2.Response:
    """Ask for one upload of these parts."""
    given = {"Upload-Concat": f"final;{' '.join(parts)}", "Upload-Metadata": metadata(filename="clip.mp4", **meta)}
    return await person.http.post(UPLOADS, headers={**TUS, **given})
