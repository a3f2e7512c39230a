"""No CDN: files have our own address, and nobody keeps them but browsers."""

from socialflow.adapters.cdn.unsigned import Unsigned


class NoCdn(Unsigned):
    """Keeps nothing."""

    url = ""
    keeps = False

    async def purge(self, folder: str, tag: str) -> None:
        """Nothing is kept."""
