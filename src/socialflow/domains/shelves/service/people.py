"""What becomes of what people put aside when its subject is gone."""

import uuid

from socialflow.domains.shelves.queries import watching as queries
from socialflow.domains.shelves.service import saving
from socialflow.kernel.work import Work


async def forget_video(work: Work, video_id: uuid.UUID) -> int:
    """Forget some of who has watched, or saved, a video that is gone; returns how many. Lists keep its place."""
    watched = await queries.forget_video(work.db, video_id, saving.FORGOTTEN_AT_ONCE)
    return watched or await saving.forget(work, video_id)


async def forget_post(work: Work, post_id: uuid.UUID) -> int:
    """Forget some of who has saved a post that is gone; returns how many."""
    return await saving.forget(work, post_id)
