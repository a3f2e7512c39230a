"""Which engines this machine must bring along, and how a short command reaches them."""

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import SecretStr

from socialflow.entrypoints.engines import folders
from socialflow.entrypoints.engines.daemon import Daemon
from socialflow.entrypoints.engines.postgres import Postgres
from socialflow.entrypoints.engines.valkey import Valkey
from socialflow.kernel.config import Settings


def wanted(settings: Settings) -> list[Daemon]:
    """The engines for which the settings name no service, not yet started."""
    home = settings.data_dir
    logs = folders.private(home / "logs")
    found = []
    if settings.database.url is None:
        found.append(Daemon(Postgres(home / "postgres", logs / "postgresql.log")))
    if settings.redis.url is None:
        found.append(Daemon(Valkey(home / "valkey", logs / "valkey.log")))
    return found


def addressed(settings: Settings, engines: list[Daemon]) -> Settings:
    """The settings with the engines' addresses filled in."""
    urls = {type(daemon.engine): daemon.engine.url for daemon in engines}
    return _with(settings, urls.get(Postgres), urls.get(Valkey))


@contextmanager
def reachable(settings: Settings) -> Iterator[Settings]:
    """For one short command: services as set, else the running instance's, else engines of our own meanwhile."""
    if settings.database.url is not None and settings.redis.url is not None:
        yield settings
        return
    # Engines are started elsewhere than where the command was given: a relative folder would be another one there.
    settings = settings.model_copy(update={"data_dir": settings.data_dir.expanduser().resolve()})
    facts = folders.recall(settings.data_dir)
    if facts:
        yield _with(settings, facts.get("database_url"), facts.get("redis_url"))
        return

    with folders.held(settings.data_dir):
        engines = wanted(settings)
        try:
            for daemon in engines:
                daemon.start()
            yield addressed(settings, engines)
        finally:
            for daemon in reversed(engines):
                daemon.halt()


def _with(settings: Settings, database: str | None, redis: str | None) -> Settings:
    update: dict[str, object] = {}
    if settings.database.url is None and database is not None:
        update["database"] = settings.database.model_copy(update={"url": SecretStr(database)})
    if settings.redis.url is None and redis is not None:
        update["redis"] = settings.redis.model_copy(update={"url": SecretStr(redis)})
    return settings.model_copy(update=update)
