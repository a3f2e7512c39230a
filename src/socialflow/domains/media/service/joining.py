"""Parts that were sent in parallel, joined into one upload: rows are moved, no byte is."""

import uuid
from collections.abc import Sequence
from dataclasses import replace

from socialflow.domains.media import policy
from socialflow.domains.media.errors import PartsIncomplete, UnknownPart, UploadExpired
from socialflow.domains.media.models import Upload
from socialflow.domains.media.policy import Wanted
from socialflow.domains.media.queries import uploads as queries
from socialflow.domains.media.service import uploads
from socialflow.kernel import faults
from socialflow.kernel.config import MediaSettings
from socialflow.kernel.errors import Unauthorized
from socialflow.kernel.work import Work


async def join(work: Work, wanted: Wanted, settings: MediaSettings) -> Upload:
    """Make one complete upload of parts that are whole, in the order given; the parts are none any more.

    Asked again for the same, as by somebody who did not hear the answer, it is the same upload. The room that the
    parts took is the room that the joined upload takes.
    """
    account_id = work.actor.id
    if account_id is None:
        raise Unauthorized
    policy.may_upload(work.actor)
    filename = policy.shown_name(wanted.filename)
    found = await queries.parts(work.db, account_id, wanted.parts)
    if not found:
        # Whoever held the parts before us has joined them.
        before = await queries.joined_of(work.db, account_id, wanted.parts)
        if before is not None:
            return before

    parts = _whole(work, wanted.parts, found)
    wanted = replace(wanted, length=sum(part.total for part in parts))
    policy.may_start(wanted, settings)
    upload = uploads.row_of(work, account_id, wanted, filename, settings)
    upload.received = upload.total
    await uploads.complete(work, upload)
    work.db.add(upload)
    await work.db.flush()
    at = 0
    for part in parts:
        await queries.move_pieces(work.db, part, upload.id, at=at)
        at += part.total
    await work.db.flush()
    faults.point("media.parts_joined")
    return upload


def _whole(work: Work, wanted: Sequence[uuid.UUID], found: dict[uuid.UUID, Upload]) -> list[Upload]:
    if len(found) != len(wanted):
        raise UnknownPart
    parts = [found[part_id] for part_id in wanted]
    if any(uploads.is_over(part, work) for part in parts):
        raise UploadExpired
    if any(part.received < part.total for part in parts):
        raise PartsIncomplete
    return parts
