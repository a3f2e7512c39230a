"""Questions about previews of links."""

import hashlib
import uuid
from datetime import datetime

from sqlalchemy import delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from socialflow.domains.posts.models import LinkPreview, Post, PreviewState
from socialflow.kernel import ids
from socialflow.kernel.work import Work


async def of_url(work: Work, url: str, stale: datetime) -> tuple[uuid.UUID, bool]:
    """The preview of an address, and whether it is to be fetched: nobody has asked, or not for long."""
    digest = hashlib.sha256(url.encode()).digest()
    made = insert(LinkPreview).values(id=ids.new(), url=url, digest=digest, created_at=work.now)
    new = await work.db.scalar(made.on_conflict_do_nothing(index_elements=["digest"]).returning(LinkPreview.id))
    if new is not None:
        return new, True
    again = (
        update(LinkPreview)
        .where(LinkPreview.digest == digest, LinkPreview.fetched_at < stale)
        .values(fetched_at=work.now)
        .returning(LinkPreview.id)
    )
    old = await work.db.scalar(again)
    if old is not None:
        return old, True
    found = await work.db.scalar(select(LinkPreview.id).where(LinkPreview.digest == digest))
    assert found is not None
    return found, False


async def by_id(db: AsyncSession, preview_id: uuid.UUID) -> LinkPreview | None:
    """One preview, held until the transaction ends."""
    return (await db.scalars(select(LinkPreview).where(LinkPreview.id == preview_id).with_for_update())).one_or_none()


async def forget_spare(db: AsyncSession, before: datetime, most: int) -> int:
    """Forget some previews that no post has any more; how many."""
    used = select(Post.id).where(Post.preview_id == LinkPreview.id).exists()
    old = or_(LinkPreview.fetched_at < before, LinkPreview.state == PreviewState.PENDING)
    some = select(LinkPreview.id).where(LinkPreview.created_at < before, old, ~used).limit(most)
    gone = await db.execute(delete(LinkPreview).where(LinkPreview.id.in_(some.scalar_subquery())))
    count: int = gone.rowcount  # type: ignore[attr-defined]  # a DELETE's result has one
    return count
