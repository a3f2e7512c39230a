"""What the kernel's own tables keep of people."""

from socialflow.kernel import personal
from socialflow.kernel.personal import Erasure, Level

_ABOUT = "account_id = CAST(:account AS uuid)"
_BY = "actor_id = CAST(:account AS uuid)"
_DETAILS = "event_id IN (SELECT id FROM audit_events WHERE {})"

personal.holds(
    "audit_events",
    by=f"{_ABOUT} OR {_BY}",
    level=Level.INTERNAL,
    kept="for ever",
    erasure=Erasure.KEEP,
    why="ids, times and kinds of facts alone; the log would not hold without them, and its details go",
    export="security_events",
    # What others did is told, and not who they are.
    shows=_ABOUT,
    hidden=("seq", "actor_id"),
)
personal.holds(
    "audit_details",
    by=_DETAILS.format(f"{_ABOUT} OR {_BY}"),
    level=Level.PERSONAL,
    text=("details",),
    kept="until the account is erased",
    export="security_event_details",
    # Of what others did the details are of those others: their addresses.
    shows=_DETAILS.format(f"{_ABOUT} AND coalesce(actor_id, account_id) = account_id"),
)
personal.holds("audit_heads", level=Level.INTERNAL, kept="for ever: one row, of nobody")
personal.holds("count_changes", level=Level.INTERNAL, kept="for seconds: numbers of nobody")
personal.holds("idempotency_keys", level=Level.SECRET, kept="24 hours; sealed under what the client alone knows")
personal.holds("jobs", level=Level.INTERNAL, kept="a week after they are done; ids alone")
personal.holds("outbox", level=Level.INTERNAL, kept="a week after delivery; ids alone")
