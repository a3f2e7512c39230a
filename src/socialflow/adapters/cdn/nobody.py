"""No CDN: files have our own address, and nobody keeps them but browsers."""


class NoCdn:
    """Keeps nothing."""

    url = ""
    keeps = False

    async def purge(self, folder: str, tag: str) -> None:
        """Nothing is kept."""
