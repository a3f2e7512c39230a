"""Places from a file in MaxMind's format (GeoLite2-City, DB-IP City Lite and the like), read into memory at the start.

https://maxmind.github.io/MaxMind-DB/
"""

from pathlib import Path
from typing import Any

import maxminddb


class MaxMindPlaces:
    """One open database."""

    def __init__(self, path: Path) -> None:
        """Open the file; raises OSError or ValueError for one that cannot be read."""
        try:
            self._reader = maxminddb.open_database(path)
        except maxminddb.InvalidDatabaseError as error:
            raise ValueError(str(error)) from None

    def of(self, address: str) -> str | None:
        """City and country in English, as far as the file knows them."""
        try:
            found: Any = self._reader.get(address)
        except (ValueError, TypeError, maxminddb.InvalidDatabaseError):
            # No address, an IPv6 one in a file of IPv4, or a file that is damaged there: nothing is known.
            return None
        if not isinstance(found, dict):
            return None
        names = [_name(found.get(part)) for part in ("city", "country")]
        return ", ".join(name for name in names if name) or None


def _name(part: Any) -> str | None:
    names = part.get("names") if isinstance(part, dict) else None
    name = names.get("en") if isinstance(names, dict) else None
    return name if isinstance(name, str) else None
