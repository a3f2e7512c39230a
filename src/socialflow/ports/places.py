"""Places: roughly where an address is, so that people recognise their own log-ins."""

from typing import Protocol


class Places(Protocol):
    """Knows addresses, without asking anybody over the network."""

    def of(self, address: str) -> str | None:
        """City and country, `Berlin, Germany`, as far as they are known; None for what is known nothing of."""
