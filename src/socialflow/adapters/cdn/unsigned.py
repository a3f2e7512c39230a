"""What a CDN answers that checks no signatures."""

from collections.abc import Mapping
from datetime import datetime


class Unsigned:
    """The half of a Cdn that is about what is not everybody's, where nothing of that goes through it."""

    signs = False

    def permit(self, folder: str, until: datetime) -> Mapping[str, str]:
        """Nothing: it knows no signatures."""
        del folder, until
        return {}

    def query_of(self, permit: Mapping[str, str]) -> str:
        """Nothing."""
        del permit
        return ""
