"""A fresh pair of engines for a run of tests: quick, forgetful, gone afterwards even if the run is killed."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from socialflow.entrypoints.engines.daemon import Daemon
from socialflow.entrypoints.engines.postgres import DATABASE, Postgres
from socialflow.entrypoints.engines.valkey import Valkey


@dataclass(frozen=True, slots=True)
class Pair:
    """A running PostgreSQL and a running Valkey."""

    folder: Path
    postgres: Daemon
    valkey: Daemon
    database_url: str
    redis_url: str

    def database(self, name: str) -> str:
        """Address of another database of the same cluster (`postgres` is the one to create from)."""
        return self.database_url.replace(f"/{DATABASE}?", f"/{name}?", 1)

    def redis(self, number: int) -> str:
        """Address of another of Valkey's databases, 0 to 63."""
        return self.redis_url.partition("?")[0] + f"?db={number}"


@contextmanager
def throwaway(folder: Path | None = None) -> Iterator[Pair]:
    """Start both in `folder` (default: a temporary one), stop and remove them at the end."""
    home = folder or Path(tempfile.mkdtemp(prefix="sf-"))
    postgres = Daemon(Postgres(home / "postgres", home / "postgresql.log", durable=False))
    valkey = Daemon(Valkey(home / "valkey", home / "valkey.log", durable=False))
    try:
        home.mkdir(parents=True, exist_ok=True)
        postgres.start()
        valkey.start()
        yield Pair(home, postgres, valkey, postgres.engine.url, valkey.engine.url)
    finally:
        valkey.halt()
        postgres.halt()
        if folder is None:
            shutil.rmtree(home, ignore_errors=True)
