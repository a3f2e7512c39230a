"""Who may still use a signed address of a photo in a comment."""

import uuid

from socialflow.domains.engagement.queries.pages import JUDGED
from socialflow.kernel.work import App


async def may_still(app: App, asset_id: uuid.UUID, viewer: uuid.UUID | None) -> bool | None:
    """Whether a viewer may still see the comment that a photo belongs to; None where it is no comment's."""
    row = await JUDGED.row(app, asset_id=asset_id, viewer=viewer)
    return bool(row["fine"]) if row is not None else None
