"""Whom one may want to mention: the first letters, and who is part of the talk."""

import re
from typing import Any

from socialflow.domains.channels.schemas import ChannelCard, card_of
from socialflow.domains.engagement.queries import mentions as queries
from socialflow.domains.engagement.queries.subjects import seen_by
from socialflow.domains.engagement.schemas import MentionablesRead
from socialflow.domains.engagement.schemas.comments import MentionableRead
from socialflow.domains.engagement.service import liking
from socialflow.kernel.errors import Unauthorized
from socialflow.kernel.work import Actor, App

MOST = 8
# Of what handles are made.
_HANDLE = re.compile(r"[a-z0-9_]{0,30}")


async def mentionable(app: App, viewer: Actor, prefix: str, subject: str | None) -> MentionablesRead:
    """People whom the viewer can meet and whose handle begins so, each once, the nearest first; raises NotFound."""
    if not viewer.known:
        raise Unauthorized
    subject_id = liking.parse(subject)[1] if subject else None
    beginning = prefix.lower().removeprefix("@")
    if not _HANDLE.fullmatch(beginning):
        return MentionablesRead(people=[])
    rows = await queries.MENTIONABLE.rows(app, subject_id=subject_id, beginning=beginning, most=MOST, **seen_by(viewer))
    return MentionablesRead(people=[_read(row) for row in rows])


def _read(row: Any) -> MentionableRead:
    return MentionableRead(channel=ChannelCard.model_validate(card_of(row)), reason=row["reason"])
