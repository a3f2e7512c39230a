"""Which workers are there: each says so every few seconds, in Redis, and is forgotten when it leaves or is silent."""

import contextlib
import time
from collections.abc import Iterator
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
    with _redis(url) as redis:
        redis.hset(_key(_database(redis)), f"{worker.host}:{worker.pid}", orjson.dumps(asdict(worker)))


def leave(url: str, host: str, pid: int) -> None:
    """Say that a worker has ended as it should, and is to be forgotten; silence when Redis is away."""
    with _redis(url) as redis:
        redis.hdel(_key(_database(redis)), f"{host}:{pid}")


async def workers(redis: "Redis") -> list[Worker]:
    """Every worker that was heard of within the hour, by host; none when Redis is away."""
    key = _key(_database(redis))
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


@contextlib.contextmanager
def _redis(url: str) -> Iterator[BlockingRedis]:
    with (
        contextlib.suppress(RedisError, OSError),
        BlockingRedis.from_url(url, socket_timeout=PATIENCE_SECONDS, socket_connect_timeout=PATIENCE_SECONDS) as redis,
    ):
        yield redis


def _database(redis: "Redis | BlockingRedis") -> int:
    return redis.connection_pool.connection_kwargs.get("db") or 0


def _key(database: int) -> str:
    return f"sf:{database}:workers"
