"""Words go along with an edit, to where they belong; and back, when it is undone."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from socialflow.domains.media.models import Asset, Captions, Edit
from socialflow.domains.media.queries import captions as queries
from socialflow.domains.media.queries import edits as edit_queries
from socialflow.domains.media.service import edits
from socialflow.domains.media.service.cues import MOST_CUES, Cue, tidy
from socialflow.domains.media.service.timelines import Timeline
from socialflow.kernel.work import Work
from socialflow.ports.editing import Sound


@dataclass(frozen=True, slots=True)
class Passage:
    """From a film to its edit, or `back` from the edit to the film of before."""

    edit: Edit
    back: bool

    @property
    def timeline(self) -> Timeline:
        """What the edit does to time."""
        return edits.timeline_of(self.edit)


async def passage(work: Work, from_id: uuid.UUID, to_id: uuid.UUID) -> Passage | None:
    """How one asset became another, if one is an edit of the other."""
    forth = await edit_queries.between(work.db, from_id, to_id)
    if forth is not None:
        return Passage(forth, back=False)
    back = await edit_queries.between(work.db, to_id, from_id)
    return Passage(back, back=True) if back is not None else None


async def words(work: Work, way: Passage, giver: Asset, heir: Asset) -> bool:
    """Give one asset the tracks of the other; whether a program has to listen anew for what it had written.

    Back, only what was written since is new: a track that nobody has touched is there as it was.
    """
    if way.back:
        await _back(work, way, giver, heir)
        return False
    listen = False
    for language in await _languages(work, giver.id):
        track = await queries.one(work.db, giver.id, language)
        if track is None:
            continue
        if track.automatic and way.edit.sound != Sound.KEPT:
            # What it has heard is not said any more.
            listen = way.edit.sound == Sound.REPLACED
            continue
        found = way.timeline.cues_after(_cues(track))
        for number, asset_id in enumerate(way.edit.inputs[1:], 1):
            other = await queries.cues(work.db, asset_id, language)
            found += way.timeline.cues_after([Cue(**row) for row in other], number)
        await _put(work, heir.id, track, found, is_default=track.is_default)
    return listen


async def _back(work: Work, way: Passage, giver: Asset, heir: Asset) -> None:
    has_default = await queries.has_default(work.db, heir.id)
    for language in await _languages(work, giver.id):
        track, former = await queries.one(work.db, giver.id, language), await queries.one(work.db, heir.id, language)
        if track is None:
            continue
        old = _cues(former) if former is not None else []
        if former is not None and tidy(way.timeline.cues_after(old)) == _of_edited(way, _cues(track)):
            continue
        found = way.timeline.cues_before(_cues(track), old)
        is_default = former.is_default if former is not None else track.is_default and not has_default
        has_default = has_default or is_default
        await _put(work, heir.id, track, found, is_default=is_default)


def _of_edited(way: Passage, cues: Iterable[Cue]) -> list[Cue]:
    """Of the words of an edit those that come from the film that was edited."""
    return [cue for cue in cues if way.timeline.before(cue.start_ms) is not None]


async def _languages(work: Work, asset_id: uuid.UUID) -> list[str]:
    return sorted(await queries.editions(work.db, asset_id))


async def _put(work: Work, asset_id: uuid.UUID, like: Captions, cues: Iterable[Cue], *, is_default: bool) -> None:
    """Write a track anew; there is none in that language, or another."""
    rows: list[dict[str, Any]] = [cue.row() for cue in tidy(sorted(cues, key=_begins)[:MOST_CUES])]
    found = await queries.one(work.db, asset_id, like.language)
    if found is None:
        found = Captions(asset_id=asset_id, language=like.language, edition=0, created_at=work.now)
    found.kind, found.label, found.is_default = like.kind, like.label, is_default
    found.automatic, found.cues, found.cue_count = like.automatic, rows, len(rows)
    found.edition, found.updated_at = max(found.edition, like.edition) + 1, work.now
    work.db.add(found)
    await work.db.flush()


def _begins(cue: Cue) -> int:
    return cue.start_ms


def _cues(track: Captions) -> list[Cue]:
    return [Cue(**row) for row in track.cues]
