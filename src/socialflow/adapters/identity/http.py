"""Calls to providers: short, small, straight, and by no proxy that the environment names."""

import asyncio
from collections.abc import Mapping
from typing import Any, TypeAlias

import httpx2
import orjson

from socialflow.ports.identity import ProviderTrouble

Json: TypeAlias = dict[str, Any]
SECONDS = 8.0
LARGEST_ANSWER = 262_144


class Http:
    """One pool of connections for all providers."""

    def __init__(self, *, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._client = httpx2.AsyncClient(
            timeout=seconds,
            follow_redirects=False,
            trust_env=False,
            limits=httpx2.Limits(max_connections=20, max_keepalive_connections=4),
            headers={"Accept": "application/json", "User-Agent": "SocialFlow"},
        )

    async def get(
        self, url: str, *, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Json]:
        """Status and JSON object of a resource; raises ProviderTrouble where there is none."""
        return await self._ask("GET", url, params=dict(params) if params else None, headers=headers)

    async def post(
        self, url: str, form: Mapping[str, str], *, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Json]:
        """The same of what a form is answered with."""
        return await self._ask("POST", url, data=dict(form), headers=headers)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _ask(self, method: str, url: str, **options: Any) -> tuple[int, Json]:
        host = httpx2.URL(url).host
        try:
            # Of the whole answer: a server that sends a byte a second would keep within every other limit.
            async with asyncio.timeout(self._seconds), self._client.stream(method, url, **options) as answer:
                body = bytearray()
                async for chunk in answer.aiter_bytes():
                    body += chunk
                    if len(body) > LARGEST_ANSWER:
                        raise ProviderTrouble(f"{host} answered with more than {LARGEST_ANSWER} bytes")
        except TimeoutError:
            raise ProviderTrouble(f"{host} did not answer within {self._seconds:g} s") from None
        except httpx2.HTTPError as error:
            raise ProviderTrouble(f"{host} cannot be reached ({type(error).__name__})") from None
        status = answer.status_code
        if httpx2.codes.MULTIPLE_CHOICES <= status < httpx2.codes.BAD_REQUEST:
            raise ProviderTrouble(f"{host} answered with a redirect")
        try:
            said = orjson.loads(bytes(body))
        except orjson.JSONDecodeError:
            raise ProviderTrouble(f"{host} answered {status} without JSON") from None
        if not isinstance(said, dict) or status >= httpx2.codes.INTERNAL_SERVER_ERROR:
            raise ProviderTrouble(f"{host} answered {status}")
        return status, said
