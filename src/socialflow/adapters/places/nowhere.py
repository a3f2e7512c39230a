"""No places: what is used where no database is given."""


class NowherePlaces:
    """Knows nothing."""

    def of(self, address: str) -> str | None:
        """None, always."""
        del address
        return None
