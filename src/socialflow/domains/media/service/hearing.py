"""Captions that a program writes: asked for by the owner, who may correct them afterwards."""

import textwrap
import uuid
from collections.abc import Iterator
from typing import Any

from socialflow.domains.media.errors import NoFileYet, NothingIsSaid
from socialflow.domains.media.events import CaptionsWanted
from socialflow.domains.media.models import Asset, AssetState
from socialflow.domains.media.queries import assets as queries
from socialflow.domains.media.queries import captions as reading
from socialflow.domains.media.schemas import HearingState
from socialflow.domains.media.service import captions
from socialflow.domains.media.service.captions import Wished
from socialflow.domains.media.service.cues import Cue
from socialflow.kernel.work import Work
from socialflow.ports.speech import Transcript

LINE_LETTERS, MOST_LINES = 42, 2
"""Of a caption that can be read as fast as it is said (https://www.bbc.co.uk/accessibility/forproducts/guides/subtitles)."""
IDLE: dict[str, Any] = {"state": HearingState.NOT_ASKED, "progress": 0.0, "language": None}


async def standing(work: Work, asset_id: uuid.UUID) -> dict[str, Any]:
    """How far the writing has come."""
    asset = await reading.asset(work.db, asset_id)
    return {**IDLE, **(asset.extras.get("hearing") or {})} if asset is not None else IDLE


async def ask(work: Work, asset_id: uuid.UUID, language: str | None) -> dict[str, Any]:
    """Have captions written; asking while they are being written changes nothing."""
    asset = await queries.locked(work.db, asset_id)
    if asset is None or asset.state != AssetState.READY:
        raise NoFileYet
    if not asset.has_audio:
        raise NothingIsSaid
    tag = captions.tag_of(language) if language else None
    if asset.extras.get("hearing", {}).get("state") != HearingState.WORKING:
        _say(work, asset, HearingState.WORKING, 0.0, tag)
        work.emit(CaptionsWanted(asset_id=asset_id, language=tag))
    return {**IDLE, **asset.extras["hearing"]}


def ask_again(work: Work, asset: Asset, language: str | None) -> None:
    """Have captions written for a file that takes the place of one that had some; the caller holds it."""
    if asset.has_audio and "hearing" not in asset.extras:
        _say(work, asset, HearingState.WORKING, 0.0, language)
        work.emit(CaptionsWanted(asset_id=asset.id, language=language))


async def tell(work: Work, asset_id: uuid.UUID, state: HearingState, progress: float, language: str | None) -> None:
    """Say how far it is; a video that is gone is told nothing."""
    asset = await queries.locked(work.db, asset_id)
    if asset is not None:
        _say(work, asset, state, progress, language)


async def write_down(work: Work, asset_id: uuid.UUID, heard: Transcript) -> None:
    """Keep what was heard, except where a person has written already."""
    asset = await queries.locked(work.db, asset_id)
    if asset is None:
        return
    language = captions.tag_of(heard.language)
    found = await reading.one(work.db, asset_id, language)
    cues = list(cues_of(heard))
    if cues and (found is None or found.automatic):
        await captions.put(work, asset_id, language, cues, Wished(automatic=True))
    _say(work, asset, HearingState.READY if cues else HearingState.NOTHING_SAID, 1.0, language)


def cues_of(heard: Transcript) -> Iterator[Cue]:
    """What was said in pieces that can be read: two lines at most, each for its share of the time."""
    for phrase in heard.phrases:
        lines = textwrap.wrap(" ".join(phrase.text.split()), LINE_LETTERS)
        pieces = ["\n".join(lines[at : at + MOST_LINES]) for at in range(0, len(lines), MOST_LINES)]
        letters, said = sum(map(len, pieces)), 0
        for piece in pieces:
            begins, said = said, said + len(piece)
            length = phrase.end_s - phrase.start_s
            start, end = (phrase.start_s + length * at / letters for at in (begins, said))
            yield Cue(round(start * 1_000), round(end * 1_000), piece)


def _say(work: Work, asset: Asset, state: HearingState, progress: float, language: str | None) -> None:
    told = {"state": state.value, "progress": round(progress, 2), "language": language}
    asset.extras = {**asset.extras, "hearing": told}
    asset.updated_at = work.now
