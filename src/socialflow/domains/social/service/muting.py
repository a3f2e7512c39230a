"""What somebody does not want to see: whoever is muted is not told, and sees as much as before."""

import uuid
from datetime import datetime

from socialflow.domains.accounts import service as accounts
from socialflow.domains.channels import service as channels
from socialflow.domains.social import policy
from socialflow.domains.social.errors import TooManyMutes
from socialflow.domains.social.models import MuteKind
from socialflow.domains.social.queries import aside as queries
from socialflow.domains.social.schemas import MutePage, MuteRead, TermCreate
from socialflow.domains.social.service.paging import card, known, page
from socialflow.kernel import ids
from socialflow.kernel.crypto import Keys
from socialflow.kernel.errors import NotFound
from socialflow.kernel.work import Work

# Words are compared with every text that is shown: so many are enough for anybody.
MOST_MUTES = 2_000
DROPPED_AT_ONCE = 1_000
# What a thread hangs on.
THREADS = ("cmt", "vid", "pst")


async def mute(work: Work, subject: str, expires_at: datetime | None) -> None:
    """Mute the owner of a channel, or the thread on a comment, video or post, until a time or for ever."""
    known(work)
    await accounts.hold_own(work)
    prefix = subject.partition("_")[0]
    if prefix == "chn":
        owner_id = (await channels.visible(work, _id("chn", subject))).account_id
        policy.may_mute(work.actor, owner_id)
        await queries.mute(work, MuteKind.ACCOUNT, owner_id, None, expires_at)
    elif prefix in THREADS:
        # Whether there is such a thing is told to nobody here.
        await queries.mute(work, MuteKind.THREAD, _id(prefix, subject), prefix, expires_at)
    else:
        raise NotFound
    await _has_room(work)
    _forget(work)


async def unmute(work: Work, subject: str) -> None:
    """Take that back; it need not have been so."""
    known(work)
    prefix = subject.partition("_")[0]
    muted_id = _id(prefix, subject) if prefix in THREADS else await channels.owner_of(work, _id("chn", subject))
    if muted_id is None:
        raise NotFound
    await queries.unmute(work, muted_id)
    _forget(work)


async def mute_term(work: Work, body: TermCreate) -> MuteRead:
    """Mute a word or a hashtag until a time or for ever; doing it again sets the time anew."""
    known(work)
    await accounts.hold_own(work)
    made = await queries.mute_term(work, MuteKind(body.kind), body.term, body.expires_at)
    await _has_room(work)
    _forget(work)
    return MuteRead(
        id=made.id,
        kind=MuteKind(made.kind),
        channel=None,
        thread_id=None,
        term=made.term,
        expires_at=made.expires_at,
        created_at=made.created_at,
    )


async def forget_mute(work: Work, mute_id: uuid.UUID) -> None:
    """Take anything back that the actor has muted; it need not be there."""
    known(work)
    await queries.forget_mute(work, mute_id)
    _forget(work)


async def muted(work: Work, keys: Keys, kind: MuteKind | None, *, limit: int, cursor: str | None) -> MutePage:
    """What the actor has muted, the latest first; what is over is left out."""
    me = known(work)
    rows, next_cursor = await page(
        keys,
        "muted",
        (me, kind),
        lambda before, most: queries.muted(work, kind, before, most),
        limit=limit,
        cursor=cursor,
    )
    items = [
        MuteRead(
            id=row["id"],
            kind=MuteKind(row["kind"]),
            channel=card({**row, "id": row["channel_id"]}) if row["channel_id"] is not None else None,
            thread_id=ids.show(row["prefix"], row["muted_id"]) if row["kind"] == MuteKind.THREAD else None,
            term=row["term"],
            expires_at=row["expires_at"],
            created_at=row["created_at"],
        )
        for row in rows
    ]
    return MutePage(items=items, next_cursor=next_cursor)


async def drop_over(work: Work) -> int:
    """Drop some mutes whose time is over; returns how many, 0 when none is left."""
    return await queries.drop_over(work.db, DROPPED_AT_ONCE)


async def _has_room(work: Work) -> None:
    """Asked afterwards: whoever has as many as one can may still change when one of them ends."""
    if await queries.count(work) > MOST_MUTES:
        raise TooManyMutes


def _forget(work: Work) -> None:
    work.forget(accounts.circle_name(known(work)))


def _id(prefix: str, subject: str) -> uuid.UUID:
    try:
        return ids.parse(prefix, subject)
    except ids.MalformedId:
        raise NotFound from None
