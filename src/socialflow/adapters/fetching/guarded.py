"""A fetcher that does not let itself be led astray (server-side request forgery, OWASP API7).

A name is resolved once, every one of its addresses is judged, and the connection is made to a judged
address itself: a name that answers otherwise a moment later changes nothing. TLS still proves the
name. Redirects are followed here, each as a request of its own. Answers are asked for, and taken,
uncompressed only, so that a small answer cannot become a large one.
"""

import asyncio
import functools
import re
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace

import httpx2

from socialflow.adapters.fetching import addresses
from socialflow.ports.fetching import (
    AddressRefused,
    Answer,
    AnswerRefused,
    AnswerTooLarge,
    Ask,
    TimedOut,
    Unreachable,
)

Resolver = Callable[[str], Awaitable[Sequence[str]]]

LONGEST_URL = 2_048
PORTS = {"http": 80, "https": 443}
CONNECT_SECONDS = 5.0
MOST_ADDRESSES = 4
REDIRECTS = frozenset({301, 302, 303, 307, 308})
# Sent along to another server, these would tell it what was meant for the first one.
_PRIVATE_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization"})
_LOCAL_NAMES = ("localhost", "local", "internal", "intranet", "lan", "home", "corp", "private", "home.arpa", "onion")
_HOST = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*", re.ASCII)
# 127.1, 0x7f.1, 017700000001 and 2130706433: forms that only a resolver of numbers understands.
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*", re.ASCII)
_PLAIN_V4 = re.compile(r"(?:(?:0|[1-9]\d{0,2})\.){3}(?:0|[1-9]\d{0,2})", re.ASCII)


class GuardedFetcher:
    """Reaches ports and networks that it is told of, and of the rest only what is public.

    `allowed` are private networks that may be reached all the same; `proxy` is where everything goes through,
    which then connects to the judged address. `trust` replaces the system's certificates.
    """

    def __init__(
        self,
        *,
        ports: Collection[int] = (80, 443),
        allowed: Iterable[str] = (),
        proxy: str | None = None,
        user_agent: str = "SocialFlow",
        resolver: Resolver | None = None,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._ports = frozenset(ports)
        self._allowed = addresses.networks(allowed)
        self._proxy = httpx2.Proxy(proxy) if proxy else None
        self._user_agent = user_agent
        self._resolve = resolver or system_resolver
        self._trust = trust or _system_trust()

    def vet(self, url: str) -> str:
        """See the port."""
        return str(self._parsed(url))

    @asynccontextmanager
    async def open(self, ask: Ask) -> AsyncIterator[Answer]:
        """See the port."""
        loop = asyncio.get_running_loop()
        until = loop.time() + ask.total_seconds
        with _told():
            url = self._parsed(ask.url)
            async with asyncio.timeout(min(ask.head_seconds, ask.total_seconds)):
                url, response, transport = await self._followed(ask, url)
        try:
            length = _judge(response, ask)
            headers = {name.lower(): value for name, value in response.headers.items()}
            chunks = _chunks(response, ask, until)
            yield Answer(str(url), response.status_code, headers, length, chunks)
        finally:
            await response.aclose()
            await transport.aclose()

    def _parsed(self, text: str) -> httpx2.URL:
        """The address as the client understands it, so that nobody reads it in another way than we judge it."""
        if len(text) > LONGEST_URL or "\\" in text or not text.isprintable() or " " in text:
            raise AddressRefused("not an address that is written in the usual way")
        try:
            url = httpx2.URL(text)
            host = url.raw_host.decode("ascii").lower()
        except (httpx2.InvalidURL, UnicodeError, ValueError, TypeError) as error:
            raise AddressRefused("not an address") from error
        if url.scheme not in PORTS or not host or url.userinfo:
            raise AddressRefused("neither http nor https, without a host, or with credentials")
        if (PORTS[url.scheme] if url.port is None else url.port) not in self._ports:
            raise AddressRefused("a port that is not reached")
        if ":" not in host:
            self._judge_name(host)
        elif not addresses.may_reach(host, self._allowed):
            raise AddressRefused("not a public address")
        return url.copy_with(fragment=None)

    def _judge_name(self, host: str) -> None:
        name = host.rstrip(".")
        last = name.rpartition(".")[2]
        if not _HOST.fullmatch(name) or len(name) > 253:
            raise AddressRefused("not a host")
        if _NUMBER.fullmatch(last):
            if not _PLAIN_V4.fullmatch(name) or not addresses.may_reach(name, self._allowed):
                raise AddressRefused("not a public address")
            return
        # Where an operator allows private networks, the names in them are theirs, too.
        if not self._allowed and (name == last or name.endswith(tuple(f".{each}" for each in _LOCAL_NAMES))):
            raise AddressRefused("not a public name")

    async def _judged(self, url: httpx2.URL) -> list[str]:
        """The addresses of a host, each of which may be reached; one that may not spoils them all."""
        host = url.raw_host.decode("ascii").rstrip(".")
        if ":" in host or _PLAIN_V4.fullmatch(host):
            return [host]
        try:
            found = list(dict.fromkeys(await self._resolve(host)))
        except OSError as error:
            raise AddressRefused("no such host") from error
        if not found or not all(addresses.may_reach(each, self._allowed) for each in found):
            raise AddressRefused("no such host, or not a public one")
        return found[:MOST_ADDRESSES]

    async def _followed(
        self, ask: Ask, url: httpx2.URL
    ) -> tuple[httpx2.URL, httpx2.Response, httpx2.AsyncHTTPTransport]:
        for _ in range(ask.max_redirects + 1):
            response, transport = await self._sent(ask, url)
            if response.status_code not in REDIRECTS or "location" not in response.headers:
                return url, response, transport
            location = response.headers["location"]
            await response.aclose()
            await transport.aclose()
            url, ask = self._next(ask, url, location)
        raise AnswerRefused("too many redirects")

    def _next(self, ask: Ask, url: httpx2.URL, location: str) -> tuple[httpx2.URL, Ask]:
        if ask.method not in {"GET", "HEAD"}:
            raise AnswerRefused("a redirect of something that is not to be repeated")
        try:
            target = self._parsed(str(url.join(location)))
        except (httpx2.InvalidURL, ValueError) as error:
            raise AddressRefused("a redirect to what is no address") from error
        if url.scheme == "https" and target.scheme == "http":
            raise AddressRefused("a redirect from a secret line to an open one")
        if (target.scheme, target.host, target.port) == (url.scheme, url.host, url.port):
            return target, ask
        kept = {name: value for name, value in ask.headers.items() if name.lower() not in _PRIVATE_HEADERS}
        return target, replace(ask, headers=kept)

    async def _sent(self, ask: Ask, url: httpx2.URL) -> tuple[httpx2.Response, httpx2.AsyncHTTPTransport]:
        """The answer of the first address that takes a connection, over a connection of its own."""
        failure: Exception | None = None
        for address in await self._judged(url):
            transport = httpx2.AsyncHTTPTransport(
                verify=self._trust,
                trust_env=False,
                proxy=self._proxy,
                limits=httpx2.Limits(max_connections=1, max_keepalive_connections=0),
            )
            try:
                return await transport.handle_async_request(self._request(ask, url, address)), transport
            except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
                failure = error
                await transport.aclose()
            except BaseException:
                await transport.aclose()
                raise
        raise Unreachable("no connection") from failure

    def _request(self, ask: Ask, url: httpx2.URL, address: str) -> httpx2.Request:
        headers = {
            "Accept": "*/*",
            "User-Agent": self._user_agent,
            **ask.headers,
            "Host": url.netloc.decode("ascii"),
            "Accept-Encoding": "identity",
            "Connection": "close",
        }
        seconds = ask.stall_seconds
        return httpx2.Request(
            ask.method,
            url.copy_with(host=address),
            headers=headers,
            content=ask.body if ask.method not in {"GET", "HEAD"} else None,
            extensions={
                "sni_hostname": url.raw_host.decode("ascii").rstrip("."),
                "timeout": {"connect": CONNECT_SECONDS, "read": seconds, "write": seconds, "pool": CONNECT_SECONDS},
            },
        )


@functools.cache
def _system_trust() -> ssl.SSLContext:
    """The system's certificates; reading them takes tens of milliseconds, so a process does it once."""
    return ssl.create_default_context()


async def system_resolver(host: str) -> Sequence[str]:
    """All addresses of a name, as this machine resolves it; raises OSError."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise OSError("not a name") from error
    return [str(entry[4][0]) for entry in found]


@contextmanager
def _told() -> Iterator[None]:
    """What goes wrong within, in the words of the port."""
    try:
        yield
    except (TimeoutError, httpx2.TimeoutException) as error:
        raise TimedOut("no answer in time") from error
    except (httpx2.TransportError, httpx2.InvalidURL, ssl.SSLError) as error:
        raise Unreachable(type(error).__name__) from error


def _judge(response: httpx2.Response, ask: Ask) -> int | None:
    """How long the body is said to be; raises for an answer that is not to be read."""
    coding = response.headers.get("content-encoding", "identity").strip().lower()
    if coding not in {"", "identity"}:
        raise AnswerRefused("a compressed answer, which was not asked for")
    said = response.headers.get("content-length")
    length = int(said) if said is not None and said.isascii() and said.isdigit() else None
    if ask.method == "HEAD":
        return length
    if length is not None and length > ask.max_bytes:
        raise AnswerTooLarge(f"{length} bytes")
    return length


async def _chunks(response: httpx2.Response, ask: Ask, until: float) -> AsyncIterator[bytes]:
    """The body, for as long as it comes fast enough and is not too long. Only waiting for it counts as slow."""
    loop = asyncio.get_running_loop()
    stream = aiter(response.stream)  # type: ignore[arg-type]  # an answer to an asynchronous client has such a stream
    waited, taken = 0.0, 0
    while True:
        began = loop.time()
        try:
            with _told():
                async with asyncio.timeout(min(ask.stall_seconds, until - began)):
                    chunk = await anext(stream)
        except StopAsyncIteration:
            return
        waited += loop.time() - began
        taken += len(chunk)
        if taken > ask.max_bytes:
            raise AnswerTooLarge(f"more than {ask.max_bytes} bytes")
        if waited > ask.stall_seconds and taken < ask.least_rate * waited:
            raise TimedOut(f"{taken} bytes in {waited:.0f} s")
        yield chunk
