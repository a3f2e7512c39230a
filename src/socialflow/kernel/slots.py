"""How many of a thing somebody has going at once, in all processes together.

A slot is leased: whoever dies or stands still without renewing it loses it after a while. Without Redis
nobody is counted.
"""

import uuid

from redis.asyncio import Redis
from redis.exceptions import RedisError

from socialflow.kernel.limits import veiled

LEASE_SECONDS = 60
# KEYS[1] the set; ARGV: name of the slot, how many there are, length of the lease. Time is Redis's own.
TAKE = """
local now = tonumber(redis.call('TIME')[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[3]), ARGV[1])
redis.call('EXPIRE', KEYS[1], tonumber(ARGV[3]))
return 1
"""


class Slots:
    """Slots of one kind."""

    def __init__(self, redis: "Redis", name: str, most: int) -> None:
        self._redis = redis
        self._script = redis.register_script(TAKE)
        self._name = name
        self._most = most

    async def take(self, key: str) -> str | None:
        """A slot of somebody's; None when all are taken."""
        slot = uuid.uuid4().hex
        return slot if await self.renew(key, slot) else None

    async def renew(self, key: str, slot: str) -> bool:
        """Keep a slot for another while."""
        try:
            return bool(await self._script(keys=[self._of(key)], args=[slot, self._most, LEASE_SECONDS]))
        except (RedisError, OSError):
            return True

    async def give_back(self, key: str, slot: str) -> None:
        """Let others have it."""
        try:
            await self._redis.zrem(self._of(key), slot)
        except (RedisError, OSError):
            return

    def _of(self, key: str) -> str:
        return f"sf:slots:{self._name}:{veiled(key)}"
