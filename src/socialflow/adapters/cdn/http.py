"""A cache that forgets by an HTTP request, as Varnish, nginx with a purge module and several services do.

PURGE <purge_url>/media/ast_.../        or the method that is set, such as BAN
Surrogate-Key: ast_...                  the mark on the answers that are to go
Authorization: Bearer <token>           where there is one
"""

import httpx2

from socialflow.adapters.cdn.unsigned import Unsigned
from socialflow.ports.cdn import CdnUnavailable

TIMEOUT_S = 10.0
# Nothing of it was kept.
NOT_FOUND = 404


class HttpCdn(Unsigned):
    """Forgets by a request for each folder."""

    keeps = True

    def __init__(
        self, url: str, *, purge_url: str, method: str = "PURGE", token: str | None = None, timeout_s: float = TIMEOUT_S
    ) -> None:
        self.url = url
        self._purge_url = purge_url.rstrip("/")
        self._method = method
        self._token = token
        self._timeout_s = timeout_s

    async def purge(self, folder: str, tag: str) -> None:
        """Send the order."""
        headers = {"Surrogate-Key": tag, "Cache-Tag": tag}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        try:
            async with httpx2.AsyncClient(timeout=self._timeout_s, trust_env=False) as client:
                answer = await client.request(self._method, self._purge_url + folder, headers=headers)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise CdnUnavailable(type(error).__name__) from None
        if not answer.is_success and answer.status_code != NOT_FOUND:
            raise CdnUnavailable(f"answered {answer.status_code}")
