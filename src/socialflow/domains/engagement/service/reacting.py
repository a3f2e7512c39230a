"""Reacting by an emoji: one a person and subject, of those that the installation offers."""

import uuid
from collections.abc import Sequence
from typing import Any

from socialflow.domains.engagement.errors import EmojiNotOffered
from socialflow.domains.engagement.events import Reacted, ReactionWithdrawn
from socialflow.domains.engagement.models import ReactionCount, tally_id
from socialflow.domains.engagement.queries import reactions as queries
from socialflow.domains.engagement.queries.subjects import seen_by
from socialflow.domains.engagement.schemas import EmojisRead, ReactionsRead
from socialflow.domains.engagement.schemas.reactions import EmojiRead, ReactionTally
from socialflow.domains.engagement.service import liking
from socialflow.domains.media import service as media
from socialflow.domains.posts import service as posts
from socialflow.kernel import counters
from socialflow.kernel.errors import FieldError
from socialflow.kernel.work import Actor, App, Work


async def react(work: Work, app: App, subject: str, emoji: str) -> ReactionsRead:
    """Make the actor react to something by an emoji, in place of any other; twice is once."""
    found = await liking.find(work, subject)
    own = await queries.own_reaction(work, found.id)
    if own == emoji:
        return await _present(work, subject)
    # What is not offered any more may stay, and may not be chosen.
    if emoji not in app.settings.reactions.emojis and not await queries.is_offered(work.db, emoji):
        plain = EmojiNotOffered()
        raise EmojiNotOffered(errors=[FieldError("/emoji", plain.code(), plain.detail)])
    if own is not None:
        await count(work, found.id, own, -1)
    await queries.put_reaction(work, found.kind, found.id, emoji)
    await count(work, found.id, emoji, 1)
    work.emit(Reacted(account_id=found.account_id, subject_id=found.id, subject_kind=found.kind, emoji=emoji))
    return await _present(work, subject)


async def withdraw(work: Work, subject: str) -> ReactionsRead:
    """Make the actor react to it no more; they need not have."""
    found = await liking.find(work, subject)
    own = await queries.remove_reaction(work, found.id)
    if own is not None:
        await count(work, found.id, own, -1)
        work.emit(
            ReactionWithdrawn(account_id=found.account_id, subject_id=found.id, subject_kind=found.kind, emoji=own)
        )
    return await _present(work, subject)


async def count(work: Work, subject_id: uuid.UUID, symbol: str, by: int) -> None:
    """Count those who came or went, under an emoji or as dislikes."""
    await queries.begin_tally(work.db, subject_id, symbol)
    await counters.adjust(work.db, ReactionCount.number, tally_id(subject_id, symbol), by)


async def offered(app: App) -> EmojisRead:
    """What one can react by: what the operator has chosen, then the pictures that staff have named."""
    own = [EmojiRead(emoji=emoji, url=None, alt="") for emoji in app.settings.reactions.emojis]
    rows = await queries.OFFERED.rows(app)
    return EmojisRead(
        emojis=[*own, *(EmojiRead(emoji=f":{row['name']}:", url=_url(row), alt=row["alt"]) for row in rows)]
    )


async def of_many(app: App, viewer: Actor, wanted: Sequence[tuple[str, uuid.UUID]]) -> list[ReactionsRead]:
    """How people react to these things; of what the viewer may not see, nothing."""
    rows = await queries.OF_MANY.rows(app, ids=[subject_id for _, subject_id in wanted], **_asked(viewer))
    return _read(rows, wanted)


async def _present(work: Work, subject: str) -> ReactionsRead:
    wanted = [(subject, liking.parse(subject)[1])]
    rows = await queries.OF_MANY.rows_in(work, ids=[wanted[0][1]], **_asked(work.actor))
    return _read(rows, wanted)[0]


def _asked(viewer: Actor) -> dict[str, Any]:
    """Whom the rules ask about. Who judges posts does not see every video, so each rule gets its own answer."""
    return {**seen_by(viewer), "sees_any_post": posts.seen_by(viewer)["sees_any"]}


def _read(rows: Sequence[Any], wanted: Sequence[tuple[str, uuid.UUID]]) -> list[ReactionsRead]:
    by_id = {row["id"]: row for row in rows}
    return [_one(shown, by_id[subject_id]) for shown, subject_id in wanted if subject_id in by_id]


def _one(shown: str, row: Any) -> ReactionsRead:
    tallies = [
        ReactionTally(emoji=each["symbol"], url=_url(each), alt=each["alt"] or "", count=each["number"])
        for each in row["tallies"] or ()
    ]
    return ReactionsRead(
        subject_id=shown,
        reactions=tallies,
        own=row["own"],
        disliked=row["disliked"],
        dislike_count=row["dislikes"] if row["is_owner"] else None,
    )


def _url(row: Any) -> str | None:
    asset_id = row["asset_id"]
    if not asset_id:
        return None
    return media.emoji_url(asset_id if isinstance(asset_id, uuid.UUID) else uuid.UUID(asset_id))
