"""Uploads that somebody sends for another, for whom they work: whose they are, and whose room they take."""

import uuid

from socialflow.domains.media import policy
from socialflow.domains.media.errors import QuotaExceeded
from socialflow.domains.media.models import UploadKind
from socialflow.domains.media.queries import assets as asset_queries
from socialflow.domains.media.queries import uploads as queries
from socialflow.kernel.config import MediaSettings
from socialflow.kernel.errors import NotFound
from socialflow.kernel.work import Actor, Work


async def entrust(work: Work, upload_id: uuid.UUID, owner: Actor, settings: MediaSettings) -> None:
    """Make the actor's upload, and what becomes of it, another's; the actor may go on sending it.

    It takes room of the new owner's: raises QuotaExceeded where there is none, and NotFound for what is not the
    actor's. Doing it twice is doing it once.
    """
    quota = policy.quota_of(owner, settings)
    upload = await queries.own(work.db, work.actor.id, upload_id, lock=True)
    if upload is None or upload.kind == UploadKind.PARTIAL or owner.id is None:
        raise NotFound
    if upload.account_id == owner.id:
        return
    if upload.account_id != work.actor.id:
        raise NotFound
    asset = await asset_queries.locked(work.db, upload.asset_id)
    size = upload.counted if asset is None else asset.counted
    if not await queries.reserve(work.db, owner.id, size, quota):
        raise QuotaExceeded(extra={"quota_bytes": quota})
    await queries.release(work.db, upload.account_id, size)
    upload.account_id, upload.sender_id = owner.id, work.actor.id
    if asset is not None:
        asset.account_id = owner.id
    await work.db.flush()


async def forget_sender(work: Work, sender_id: uuid.UUID, owner_id: uuid.UUID | None = None) -> None:
    """Whoever works for an owner no more sends nothing for them; what is unfinished expires."""
    await queries.forget_sender(work.db, sender_id, owner_id)
