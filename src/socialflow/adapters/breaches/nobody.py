"""Nobody is asked: what an installation does that has named no service."""


class NobodyAsked:
    """Knows of no loss."""

    async def times_seen(self, password: str) -> int:  # noqa: ARG002  # the port names it
        """Always none."""
        return 0
