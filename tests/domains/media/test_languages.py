"""Sounds of an upload, from the file to rows and manifests."""

import re
from collections.abc import Awaitable, Callable

from sqlalchemy import select
from tests.factories.accounts import Person
from tests.factories.assets import asset_of, files_of, upload
from tests.factories.clips import clip

from socialflow.domains.media.models import AssetState, Rendition
from socialflow.domains.media.queries import downloads
from socialflow.domains.media.service import playlists
from socialflow.kernel.work import SYSTEM, App
from socialflow.ports.storage import ObjectStore

Deliver = Callable[..., Awaitable[int]]


async def test_each_language_is_a_rendition_with_its_loudness(app: App, ada: Person, deliver: Deliver) -> None:
    made = await upload(app, ada, clip("languages.mkv"))
    await deliver()

    assert (await asset_of(app, made.asset_id)).state == AssetState.READY
    async with app.work(SYSTEM) as work:
        found = select(Rendition).where(Rendition.asset_id == made.asset_id, Rendition.kind == "audio")
        rows = {row.name: row for row in await work.db.scalars(found)}
        offered = await downloads.offered(work.db, made.asset_id)
    told = {name: (row.language, row.label, row.is_default) for name, row in rows.items()}
    assert told == {
        "audio": ("de", "Deutsch", True),
        "audio-2": ("en", "English", False),
        "audio-3": ("en", "The 'director' speaks", False),
    }
    target = app.settings.media.loudness_lufs
    for row in rows.values():
        figures = row.figures
        assert set(figures) == {"integrated_lufs", "range_lu", "true_peak_dbtp", "target_lufs", "gain_db"}
        assert figures["target_lufs"] == target
        assert abs(figures["integrated_lufs"] + figures["gain_db"] - target) < 0.1
    assert offered == ["180p", "audio"], "what plays everywhere"


async def test_the_stand_in_leaves_the_manifests_and_its_file_stays_a_while(
    app: App, ada: Person, deliver: Deliver
) -> None:
    made = await upload(app, ada, clip("plain.mp4"))
    await deliver(times=1)

    files = await files_of(app, made.asset_id)
    master = (await app.port(ObjectStore).get(files["master.m3u8"])).decode()
    assert "as.m3u8" not in master
    assert playlists.sound(master) == "a.m3u8"
    assert "as.mp4" in files, "somebody may be listening to it"
    async with app.work(SYSTEM) as work:
        names = set(await work.db.scalars(select(Rendition.name).where(Rendition.asset_id == made.asset_id)))
    assert names == {"360p", "audio"}


def test_what_is_made_of_renditions_uses_h264_and_each_rung_once() -> None:
    lines = [
        '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="Deutsch",DEFAULT=YES,URI="a.m3u8"',
        '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound-opus",NAME="Deutsch",DEFAULT=YES,URI="a-opus.m3u8"',
    ]
    for name, codec in (("v360", "avc1.64001e"), ("v720", "avc1.64001f"), ("v720-av1", "av01.0.05M.08")):
        side = int(re.findall(r"\d+", name)[0])
        for sound in ("mp4a.40.2", "opus"):
            size = f"RESOLUTION={side * 16 // 9}x{side}"
            lines += [f'#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="{codec},{sound}",{size}', f"{name}.m3u8"]
    lines += ['#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="mp4a.40.2",AUDIO="sound"', "a.m3u8", ""]
    master = "\n".join(lines)

    assert [each.playlist for each in playlists.variants(master)] == ["v360.m3u8", "v720.m3u8"]
    assert playlists.sound(master) == "a.m3u8"
