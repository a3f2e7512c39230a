"""The files of text tracks follow what is written of them: WebVTT, playlists, and the manifests that list them.

Before an asset is ready its manifests are still being written by others: until then players find the tracks beside
them, and from then on in them, too.
"""

import hashlib
import uuid
from dataclasses import dataclass
from typing import Any

from socialflow.domains.media.events import AssetPlayable, AssetReady, CaptionsChanged
from socialflow.domains.media.models import AssetState, CaptionKind
from socialflow.domains.media.queries import captions as queries
from socialflow.domains.media.service import cues, dressing, subtitles
from socialflow.domains.media.service.dressing import Dress
from socialflow.domains.media.service.subtitles import DASH_TYPE, HLS_TYPE, VTT_TYPE, Track
from socialflow.kernel.events import on
from socialflow.kernel.work import SYSTEM, App, Work
from socialflow.ports.storage import ObjectMissing, ObjectStore

TRIES = 5
PLAYABLE = (AssetState.PARTIALLY_PLAYABLE, AssetState.READY)


class OutOfStep(Exception):
    """Tracks were changed as often as their files were made; another attempt makes them anew."""


@dataclass(frozen=True, slots=True)
class Wardrobe:
    """What is said of an asset's tracks at one moment, and what is served of them."""

    asset_id: uuid.UUID
    ready: bool
    duration_ms: int
    shown: list[dict[str, Any]]
    """What players are told of the tracks until now."""
    wanted: list[dict[str, Any]]
    """What they are to be told."""
    served: dict[str, queries.Served]

    @property
    def tracks(self) -> list[Track]:
        """The tracks as manifests list them."""
        return [
            Track(row["language"], row["label"], row["default"], row["kind"] == CaptionKind.CAPTIONS)
            for row in self.wanted
        ]

    async def agrees(self, work: Work) -> bool:
        """Nobody has changed a track or a manifest since."""
        now = await queries.served(work.db, self.asset_id)
        if any(now.get(name) != self.served.get(name) for name in queries.MANIFESTS):
            return False
        editions = {row["language"]: row["edition"] for row in self.wanted}
        return await queries.editions(work.db, self.asset_id) == editions


@on(CaptionsChanged)
async def publish_captions(app: App, event: CaptionsChanged) -> None:
    """Serve tracks as they are written now."""
    await _publish(app, event.asset_id)


@on(AssetPlayable)
async def show_captions(app: App, event: AssetPlayable) -> None:
    """Tracks that came before there was something to watch."""
    await _publish(app, event.asset_id)


@on(AssetReady)
async def list_captions(app: App, event: AssetReady) -> None:
    """From now on the manifests stay as they are, and tracks are listed in them."""
    await _publish(app, event.asset_id)


async def _publish(app: App, asset_id: uuid.UUID) -> None:
    for _ in range(TRIES):
        async with app.work(SYSTEM) as work:
            found = await _look(work, asset_id)
        if found is None:
            return
        dress = await _dress(app, found)
        if dress is None or await dressing.put_on(app, asset_id, dress, agrees=found.agrees):
            return
    raise OutOfStep(str(asset_id))


async def _look(work: Work, asset_id: uuid.UUID) -> Wardrobe | None:
    asset = await queries.asset(work.db, asset_id)
    if asset is None or asset.state not in PLAYABLE:
        return None
    wanted = [
        {
            "language": row.language,
            "label": row.label,
            "kind": row.kind,
            "default": row.is_default,
            "automatic": row.automatic,
            "edition": row.edition,
        }
        for row in await queries.of_asset(work.db, asset_id)
    ]
    return Wardrobe(
        asset_id,
        asset.state == AssetState.READY,
        asset.duration_ms or 0,
        asset.extras.get("captions", []),
        wanted,
        await queries.served(work.db, asset_id),
    )


async def _dress(app: App, found: Wardrobe) -> Dress | None:
    """What has to be served otherwise than it is; None where nothing has."""
    known = {row["language"]: row["edition"] for row in found.shown}
    made: dict[str, tuple[str, str]] = {}
    for row, track in zip(found.wanted, found.tracks, strict=True):
        made[f"{track.stem}.m3u8"] = (subtitles.playlist(track, found.duration_ms), HLS_TYPE)
        if known.get(track.language) != row["edition"] or f"{track.stem}.vtt" not in found.served:
            made[f"{track.stem}.vtt"] = (await _vtt(app, found.asset_id, track.language), VTT_TYPE)
    if found.ready:
        made |= await _manifests(app, found)

    kept = {f"{track.stem}.{end}" for track in found.tracks for end in ("vtt", "m3u8")}
    gone = [name for name in found.served if name not in kept and name not in queries.MANIFESTS]
    files = {
        name: (text.encode(), kind)
        for name, (text, kind) in made.items()
        if name not in found.served or found.served[name].sha256 != hashlib.sha256(text.encode()).hexdigest()
    }
    if not files and not gone and found.shown == found.wanted:
        return None
    return Dress(files, gone, {"captions": found.wanted or None})


async def _vtt(app: App, asset_id: uuid.UUID, language: str) -> str:
    async with app.work(SYSTEM) as work:
        rows = await queries.cues(work.db, asset_id, language)
    return cues.to_vtt([cues.Cue(**row) for row in rows])


async def _manifests(app: App, found: Wardrobe) -> dict[str, tuple[str, str]]:
    made = {}
    for name, kind, listed in (
        ("master.m3u8", HLS_TYPE, subtitles.hls),
        ("manifest.mpd", DASH_TYPE, subtitles.dash),
    ):
        if name in found.served:
            try:
                text = (await app.port(ObjectStore).get(found.served[name].key)).decode()
            except ObjectMissing:
                # Replaced and collected while we looked: the next look finds the new one.
                continue
            made[name] = (listed(text, found.tracks), kind)
    return made
