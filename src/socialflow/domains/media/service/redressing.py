"""Lost files that stand beside a video are made again of what else is there: its rows, its streams, other pictures.

No source is needed for them, and nothing is encoded anew but the preview.
"""

import re
import uuid
from collections.abc import Sequence

from socialflow.domains.media.events import AssetDressed, CaptionsChanged, PosterChosen
from socialflow.domains.media.models import AssetState
from socialflow.domains.media.queries import assets as queries
from socialflow.domains.media.service.delivery import CHAPTERS, POSTER, PREVIEW, WAVEFORM
from socialflow.kernel.work import Work

_GLIMPSE = re.compile(rf"{re.escape(PREVIEW)}|{re.escape(WAVEFORM)}|poster-\d+\.jpg")
# Without these it is looked at again.
_LOOKED = (queries.GLIMPSED, "preview", "waveform")


async def dress_again(work: Work, asset_id: uuid.UUID, lost: Sequence[str]) -> set[str]:
    """Have lost files of a ready asset made again; the names of those for which that can be done."""
    asset = await queries.locked(work.db, asset_id)
    if asset is None or asset.state != AssetState.READY:
        return set()
    kept = {row.name for row in await queries.files(work.db, asset_id)}.difference(lost)
    captions = {name for name in lost if name.startswith("captions-")}
    glimpses = {name for name in lost if _GLIMPSE.fullmatch(name)}
    chapters = {CHAPTERS}.intersection(lost)
    chosen = asset.extras.get("chosen")
    has_choice = "poster" in asset.extras and chosen is not None and chosen["name"] in kept
    posters = {POSTER}.intersection(lost) if has_choice else set[str]()

    again = captions | glimpses | chapters | posters
    if not again:
        return set()
    await queries.forget_named(work.db, asset_id, list(again))
    forgotten = {*(_LOOKED if glimpses else ()), *({"chapters"} if chapters else ())}
    asset.extras = {name: value for name, value in asset.extras.items() if name not in forgotten}
    asset.updated_at = work.now
    if captions:
        work.emit(CaptionsChanged(asset_id=asset_id))
    if chapters:
        work.emit(AssetDressed(asset_id=asset_id))
    if posters and chosen is not None:
        work.emit(PosterChosen(asset_id=asset_id, edition=chosen["edition"]))
    return again
