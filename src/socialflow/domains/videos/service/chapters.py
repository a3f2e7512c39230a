"""Chapters: as the owner writes them, else as the description tells of them."""

import re
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from xml.sax.saxutils import escape

from socialflow.domains.media import service as media
from socialflow.domains.videos import policy, queries
from socialflow.domains.videos.events import VideoUpdated
from socialflow.domains.videos.models import Video, VideoSource
from socialflow.domains.videos.queries import Hold
from socialflow.domains.videos.schemas import LONGEST_CHAPTER, MOST_CHAPTERS, Chapter, ChapterSource
from socialflow.domains.videos.service import publishing, rights
from socialflow.domains.videos.service.catalogue import visible
from socialflow.kernel.work import SYSTEM, App, Work

FILE, EXTRA = "chapters.vtt", "chapters"
FEWEST_TOLD = 3
"""A description that names one or two times speaks of moments and not of parts."""
# `0:00 Title`, `1:02:03 - Title`, with a sign of a list or brackets around the time.
_LINE = re.compile(
    r"[ \t*\u2022\-\u2013\u2014(\[]*(?:(\d{1,2}):)?(\d{1,2}):(\d{2})(?!\d)[)\]]?[ \t:|\-\u2013\u2014]*(\S.*)"
)


@dataclass(frozen=True, slots=True)
class Told:
    """The chapters of a video, and where they come from."""

    chapters: list[dict[str, Any]]
    source: ChapterSource


async def of_video(work: Work, video_id: uuid.UUID) -> Told:
    """The chapters of a video that the actor may see; raises NotFound."""
    video = await visible(work, video_id)
    return told(video, await queries.duration_of(work.db, video.asset_id))


async def write(work: Work, video: Video, chapters: Sequence[Chapter]) -> Told:
    """Give a video chapters, or leave it to the description; the caller holds the video's lock."""
    await rights.demand(work, video)
    duration_ms = await queries.duration_of(work.db, video.asset_id)
    rows = [chapter.model_dump() for chapter in chapters]
    policy.may_stand(rows, duration_ms)
    if video.chapters != rows:
        video.chapters = rows
        video.edition += 1
        video.updated_at = work.now
        work.emit(VideoUpdated(video_id=video.id))
        await publishing.settle(work, video, was_listed=video.is_listed)
    return told(video, duration_ms)


async def held(work: Work, video_id: uuid.UUID) -> Video:
    """A video whose chapters are to be written."""
    return await visible(work, video_id, hold=Hold.CHANGE)


async def publish(app: App, *, video_id: uuid.UUID | None = None, asset_id: uuid.UUID | None = None) -> None:
    """Serve the chapters of a video as they stand now."""
    async with app.work(SYSTEM) as work:
        found = await queries.to_chapter(work.db, video_id=video_id, asset_id=asset_id)
    if found is None:
        return
    video, duration_ms = found
    chapters = told(video, duration_ms).chapters
    text = to_vtt(chapters, duration_ms) if chapters else None
    await media.put_text(app, video.asset_id, FILE, text, extra=EXTRA, edition=video.edition)


def told(video: Video, duration_ms: int | None) -> Told:
    """The owner's chapters, else those of the description."""
    if video.chapters:
        return Told(video.chapters, ChapterSource.OWNER)
    found = of_description(video.description, duration_ms)
    return Told(found, ChapterSource.DESCRIPTION if found else ChapterSource.NOTHING)


def of_description(description: str, duration_ms: int | None) -> list[dict[str, Any]]:
    """Chapters of which a description tells, a line each, time and title: all of them in order, or none."""
    found = []
    for line in map(_LINE.match, description.split("\n")):
        if line is None:
            continue
        hours, minutes, seconds, title = line.groups()
        start_ms = ((int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)) * 1_000
        found.append({"start_ms": start_ms, "title": title.strip()[:LONGEST_CHAPTER]})
    if not FEWEST_TOLD <= len(found) <= MOST_CHAPTERS or not policy.are_in_order(found, duration_ms):
        return []
    return found


async def pass_over(work: Work, video: Video, passage: media.Passage, *, former: VideoSource | None) -> None:
    """Chapters go along with an edit to where they belong now, and come back when it is undone.

    `former` is the line of the file that was edited: it keeps those that the video had. Told by the description they
    would be wrong from now on: the owner's own they become.
    """
    timeline = passage.timeline
    if former is None or not timeline.changes:
        return
    if not passage.back:
        before = told(video, await queries.duration_of(work.db, former.asset_id)).chapters
        former.chapters = video.chapters
        _have(work, video, moved(before, timeline.soon_after, timeline.length_ms))
    elif former.chapters is not None:
        length_ms = await queries.duration_of(work.db, former.asset_id)
        before = former.chapters or of_description(video.description, length_ms)
        if video.chapters == moved(before, timeline.soon_after, timeline.length_ms):
            _have(work, video, former.chapters)
        else:
            _have(work, video, moved(video.chapters, timeline.before, length_ms))


def moved(
    chapters: Sequence[dict[str, Any]], place: Callable[[int], int | None], length_ms: int | None
) -> list[dict[str, Any]]:
    """Chapters at other times; those of which nothing is left, or too little, are left out."""
    found: list[dict[str, Any]] = []
    for chapter in chapters:
        at = place(chapter["start_ms"])
        if at is not None and (length_ms is None or at < length_ms):
            found.append({**chapter, "start_ms": at})
    found.sort(key=lambda each: int(each["start_ms"]))
    kept: list[dict[str, Any]] = []
    for chapter in found:
        if kept and chapter["start_ms"] == kept[-1]["start_ms"]:
            # Nothing of the one before is left.
            kept.pop()
        if not kept:
            kept.append({**chapter, "start_ms": 0})
        elif chapter["start_ms"] - kept[-1]["start_ms"] >= policy.SHORTEST_CHAPTER_MS:
            kept.append(chapter)
    return kept if policy.are_in_order(kept, length_ms) else []


def _have(work: Work, video: Video, chapters: list[dict[str, Any]]) -> None:
    if video.chapters != chapters:
        video.chapters = chapters
        video.edition += 1
        video.updated_at = work.now


def to_vtt(chapters: Sequence[dict[str, Any]], duration_ms: int | None) -> str:
    """WebVTT of chapters: each lasts until the next."""
    last = chapters[-1]["start_ms"]
    ends = [chapter["start_ms"] for chapter in chapters[1:]] + [max(duration_ms or 0, last + 1_000)]
    spans = pairwise([chapters[0]["start_ms"], *ends])
    cues = [
        media.Cue(start, end, escape(chapter["title"])) for (start, end), chapter in zip(spans, chapters, strict=True)
    ]
    return media.to_vtt(cues)
