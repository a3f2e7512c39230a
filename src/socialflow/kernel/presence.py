"""Which workers are there: each says so every few seconds, in Redis, and is forgotten when it falls silent."""

import contextlib
import time
from dataclasses import asdict, dataclass

import orjson
from redis import Redis as BlockingRedis
from redis.asyncio import Redis
from redis.exceptions import RedisError

BEAT_SECONDS = 10.0
SILENT_SECONDS = 45.0
FORGOTTEN_SECONDS = 3_600.0
# Of a worker's parent, which serves its pool meanwhile.
PATIENCE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker as it described itself; times in seconds since 1970, by its own clock."""

    host: str
    pid: int
    queues: tuple[str, ...]
    concurrency: int
    version: str
    started_at: float
    seen_at: float

    @property
    def is_silent(self) -> bool:
        """It has not been heard of for longer than it should."""
        return time.time() - self.seen_at > SILENT_SECONDS


def beat(url: str, worker: Worker) -> None:
    """Say that a worker is there; silence when Redis is away."""
    with (
        contextlib.suppress(RedisError, OSError),
        BlockingRedis.from_url(url, socket_timeout=PATIENCE_SECONDS, socket_connect_timeout=PATIENCE_SECONDS) as redis,
    ):
        database = redis.connection_pool.connection_kwargs.get("db") or 0
        redis.hset(_key(database), f"{worker.host}:{worker.pid}", orjson.dumps(asdict(worker)))


async def workers(redis: "Redis") -> list[Worker]:
    """Every worker that was heard of within the hour, by host; none when Redis is away."""
    key = _key(redis.connection_pool.connection_kwargs.get("db") or 0)
    found: list[Worker] = []
    with contextlib.suppress(RedisError, OSError):
        for field, body in (await redis.hgetall(key)).items():
            plain = orjson.loads(body)
            worker = Worker(**{**plain, "queues": tuple(plain["queues"])})
            if time.time() - worker.seen_at > FORGOTTEN_SECONDS:
                await redis.hdel(key, field)
            else:
                found.append(worker)
    return sorted(found, key=lambda worker: (worker.host, worker.pid))


def _key(database: int) -> str:
    return f"sf:{database}:workers"
