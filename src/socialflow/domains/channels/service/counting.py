"""The numbers on a channel's card."""

import uuid
from collections.abc import Sequence

from sqlalchemy import ScalarSelect

from socialflow.domains.channels import queries
from socialflow.domains.channels.models import Channel
from socialflow.kernel import counters
from socialflow.kernel.work import Work

RECOUNTED = 500


async def adjust_followers(work: Work, channel_id: uuid.UUID, by: int) -> None:
    """Count followers that came or went."""
    await counters.adjust(work.db, Channel.follower_count, channel_id, by)


async def adjust_following(work: Work, account_id: uuid.UUID, by: int) -> None:
    """Count channels that an account follows, or follows no more."""
    channel = await queries.of_account(work.db, account_id)
    if channel is not None:
        await counters.adjust(work.db, Channel.following_count, channel.id, by)


async def adjust_videos(work: Work, channel_id: uuid.UUID, by: int) -> None:
    """Count public videos that came or went."""
    await counters.adjust(work.db, Channel.video_count, channel_id, by)


async def some(work: Work, after: uuid.UUID) -> Sequence[uuid.UUID]:
    """Some channels' ids, in order: for those who count anew."""
    return await queries.ids_after(work.db, after, RECOUNTED)


async def recount_followers(work: Work, channel_ids: Sequence[uuid.UUID], truth: ScalarSelect[int]) -> int:
    """Set the followers of some channels to what `truth` counts for each; returns how many were wrong."""
    return await counters.recount(work.db, Channel.follower_count, channel_ids, truth)


async def recount_following(work: Work, channel_ids: Sequence[uuid.UUID], truth: ScalarSelect[int]) -> int:
    """The same for what their owners follow."""
    return await counters.recount(work.db, Channel.following_count, channel_ids, truth)


async def recount_videos(work: Work, channel_ids: Sequence[uuid.UUID], truth: ScalarSelect[int]) -> int:
    """The same for public videos."""
    return await counters.recount(work.db, Channel.video_count, channel_ids, truth)
