"""Rate limits by GCRA, the generic cell rate algorithm (ITU-T I.371): a leaky bucket kept as one number.

Shared limits live in Redis. Without Redis each process falls back to its own buckets: limits on
log-in and money stay closed, and reads, which are counted in the process anyway, go on.
"""

import hashlib
import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache, lru_cache

from redis.asyncio import Redis
from redis.exceptions import RedisError

from socialflow.kernel import metrics
from socialflow.kernel.errors import TooManyRequests

LOCAL_BUCKETS = 50_000
# Sums of binary fractions are off by less than this many seconds.
ROUNDING = 1e-6

# KEYS[1] bucket; ARGV: emission interval and burst tolerance in seconds, cost. Time is Redis's own.
# Returns {allowed, seconds to wait (as text), points left}. A negative cost gives points back.
GCRA = """
local t = redis.call('TIME')
local now = t[1] + t[2] / 1e6
local interval, burst, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local tat = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
local after = tat + interval * cost
local wait = after - burst - now
if wait > 1e-6 then return {0, tostring(wait), math.floor((burst - (tat - now)) / interval + 1e-6)} end
if after <= now then redis.call('DEL', KEYS[1])
else redis.call('SET', KEYS[1], string.format('%.6f', after), 'PX', math.ceil((after - now) * 1000) + 1) end
return {1, '0', math.floor((burst - math.max(after - now, 0)) / interval + 1e-6)}
"""


@dataclass(frozen=True, slots=True)
class Rate:
    """`count` points per `seconds`, all of which may come at once."""

    count: int
    seconds: float

    @classmethod
    @cache
    def parse(cls, text: str) -> "Rate":
        """`"10/300"` is ten points in five minutes."""
        count, _, seconds = text.partition("/")
        return cls(int(count), float(seconds))

    def times(self, factor: float) -> "Rate":
        """So many times as many points in the same time; never none."""
        return self if factor == 1 else Rate(max(round(self.count * factor), 1), self.seconds)

    @property
    def interval(self) -> float:
        """Seconds in which one point comes back."""
        return self.seconds / self.count


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a limit says to one request."""

    allowed: bool
    retry_after: float
    left: int
    rate: Rate

    def headers(self) -> dict[str, str]:
        """The fields of draft-ietf-httpapi-ratelimit-headers."""
        window = math.ceil(self.rate.seconds)
        left = max(self.left, 0)
        full = math.ceil(self.rate.interval * (self.rate.count - left))
        return {
            "RateLimit-Policy": f'"default";q={self.rate.count};w={window}',
            "RateLimit": f'"default";r={left};t={full}',
        }


class Local:
    """Buckets of this process, the least used forgotten first."""

    def __init__(self, size: int = LOCAL_BUCKETS) -> None:
        self._arrivals: OrderedDict[str, float] = OrderedDict()
        self._size = size

    def take(self, key: str, rate: Rate, cost: int = 1) -> Verdict:
        """Count `cost` points against `key`; a negative cost gives points back."""
        now = time.monotonic()
        arrival = max(self._arrivals.get(key, now), now)
        after = arrival + rate.interval * cost
        wait = after - rate.seconds - now
        if wait > ROUNDING:
            return Verdict(False, wait, int((rate.seconds - (arrival - now)) / rate.interval + ROUNDING), rate)
        self._arrivals[key] = after
        self._arrivals.move_to_end(key)
        if len(self._arrivals) > self._size:
            self._arrivals.popitem(last=False)
        return Verdict(True, 0.0, int((rate.seconds - max(after - now, 0.0)) / rate.interval + ROUNDING), rate)


class Limiter:
    """Counts points against named buckets."""

    def __init__(self, redis: "Redis") -> None:
        self._script = redis.register_script(GCRA)
        self.local = Local()
        # Apart, so that a flood of reads cannot push out what was counted against a log-in.
        self._fallback = Local()

    async def take(self, name: str, key: str, rate: Rate, cost: int = 1) -> Verdict:
        """Count against a bucket that all processes share; by this process alone while Redis is away."""
        try:
            allowed, wait, left = await self._script(
                keys=[f"sf:limit:{name}:{veiled(key)}"], args=[rate.interval, rate.seconds, cost]
            )
        except (RedisError, OSError):
            metrics.LIMITER_DEGRADED.inc()
            return self._fallback.take(f"{name}:{key}", rate, cost)
        return Verdict(bool(allowed), float(wait), int(left), rate)

    async def demand(self, name: str, key: str, rate: Rate, cost: int = 1) -> Verdict:
        """As `take`; raises TooManyRequests when there is nothing left."""
        verdict = await self.take(name, key, rate, cost)
        refuse(name, verdict)
        return verdict

    @asynccontextmanager
    async def failures(self, *buckets: tuple[str, str, Rate]) -> AsyncIterator[None]:
        """Count the block against buckets of `(name, key, rate)` only if it fails; raises TooManyRequests.

        The points are taken in advance, so that parallel tries count, too, and given back at the end.
        """
        for name, key, rate in buckets:
            await self.demand(name, key, rate)
        yield
        for name, key, rate in buckets:
            await self.take(name, key, rate, cost=-1)


def veiled(key: str) -> str:
    """What a bucket is of, unreadable: it may be an e-mail address, and lies in Redis and its backups."""
    return hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def refuse(name: str, verdict: Verdict) -> None:
    """Raise TooManyRequests unless the verdict allows the request."""
    if verdict.allowed:
        return
    metrics.LIMITED.labels(name).inc()
    raise TooManyRequests(retry_after=verdict.retry_after, headers=verdict.headers())


@lru_cache(maxsize=10_000)
def address_key(address: str) -> str:
    """Whom an address stands for: itself, or its /64 for IPv6, where one household has 2**64 addresses."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False).network_address) + "/64"
    return address
