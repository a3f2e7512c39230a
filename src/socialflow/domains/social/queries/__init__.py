"""Questions about the graph, one file a subject."""

import uuid

from socialflow.domains.accounts.service import apart, hidden

# Ids are ordered by time: every one comes before this.
LAST = uuid.UUID(int=2**128 - 1)
VIEWER = "CAST(:viewer AS uuid)"
# A channel that the viewer may see.
SHOWN = (
    f"channels.deleted_at IS NULL AND NOT {hidden('channels.account_id')}"
    f" AND NOT {apart('channels.account_id', VIEWER)}"
)
