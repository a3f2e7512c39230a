"""What is commented on: found by an id of any kind, as its own domain lets the actor see it.

`queries/subjects.py` says how the rows of each kind are read; this says how one is held and counted.
"""

import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import ScalarSelect

from socialflow.domains.channels import service as channels
from socialflow.domains.channels.service import TeamRole
from socialflow.domains.engagement.models import Subject
from socialflow.domains.engagement.queries.subjects import BY_KIND, COMMENTABLE
from socialflow.domains.videos import service as videos
from socialflow.kernel import ids
from socialflow.kernel.errors import NotFound
from socialflow.kernel.work import Work


@dataclass(frozen=True, slots=True)
class Card:
    """A subject that the actor may see."""

    kind: Subject
    id: uuid.UUID
    owner_id: uuid.UUID
    channel_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class _Verbs:
    visible: Callable[[Work, uuid.UUID, bool], Awaitable[Card]]
    count: Callable[[Work, uuid.UUID, int], Awaitable[None]]
    recount: Callable[[Work, Sequence[uuid.UUID], ScalarSelect[int]], Awaitable[int]]


async def _video(work: Work, video_id: uuid.UUID, keep: bool) -> Card:  # noqa: FBT001  # called by `visible` alone
    video = await videos.visible(work, video_id, hold=videos.Hold.KEEP if keep else videos.Hold.NOT)
    return Card(Subject.VIDEO, video.id, video.account_id, video.channel_id)


_VERBS = {Subject.VIDEO: _Verbs(_video, videos.adjust_comments, videos.recount_comments)}


def parse(subject: str) -> tuple[Subject, uuid.UUID]:
    """Of which kind something is, and its id; raises NotFound for what cannot be commented on."""
    prefix = subject.partition("_")[0]
    try:
        return COMMENTABLE[prefix].kind, ids.parse(prefix, subject)
    except (KeyError, ids.MalformedId):
        raise NotFound from None


def show(kind: str, subject_id: uuid.UUID) -> str:
    """The id as clients know it."""
    return ids.show(BY_KIND[Subject(kind)].prefix, subject_id)


async def visible(work: Work, kind: str, subject_id: uuid.UUID, *, keep: bool = False) -> Card:
    """A subject that the actor may see, kept from being deleted meanwhile where that is asked for; raises NotFound."""
    return await _VERBS[Subject(kind)].visible(work, subject_id, keep)


async def role_on(work: Work, subject: Card) -> TeamRole | None:
    """What the actor is on the team of a subject's channel."""
    return await channels.role_in(work, subject.channel_id, subject.owner_id)


async def count(work: Work, kind: str, subject_id: uuid.UUID, by: int) -> None:
    """Count comments that came or went."""
    await _VERBS[Subject(kind)].count(work, subject_id, by)
