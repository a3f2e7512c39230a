"""What could go wrong on this machine, and the remedy of each finding."""

import asyncio
import os
import shutil
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from socialflow.entrypoints import bootstrap, cdns, encoders, ports, schema, stores
from socialflow.entrypoints.engines import folders, postgres, valkey
from socialflow.entrypoints.engines import identity as unix
from socialflow.entrypoints.engines.errors import EngineError
from socialflow.kernel import db, ids, presence
from socialflow.kernel.config import InvalidSettings, Settings
from socialflow.kernel.events import QUEUES
from socialflow.migrations import heads
from socialflow.ports.identity import ProviderTrouble
from socialflow.ports.storage import ObjectMissing, ObjectStore, StoreFull

OLDEST_PYTHON = (3, 11)
SCARCE_BYTES, LITTLE_BYTES = 1024**3, 5 * 1024**3
WRONG_CLOCK_SECONDS = 5.0
PATIENCE_SECONDS = 20.0
PROBE_FOLDER = "doctor/"
Check = Callable[[Settings], Coroutine[Any, Any, "Finding"]]


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, how it stands, and what to do where it does not stand well."""

    subject: str
    level: str
    text: str
    remedy: str = ""


def good(subject: str, text: str) -> Finding:
    """All is well."""
    return Finding(subject, "ok", text)


def warning(subject: str, text: str, remedy: str) -> Finding:
    """It works, but less well than it could."""
    return Finding(subject, "warning", text, remedy)


def fault(subject: str, text: str, remedy: str) -> Finding:
    """It does not work."""
    return Finding(subject, "fault", text, remedy)


async def examine(
    settings: Settings, checks: "tuple[Check, ...] | None" = None, *, patience: float = PATIENCE_SECONDS
) -> AsyncIterator[Finding]:
    """Look at everything, one finding after another; a check that fails itself is a finding too."""
    for check in CHECKS if checks is None else checks:
        name = check.__name__.replace("_", " ")
        try:
            async with asyncio.timeout(patience):
                yield await check(settings)
        except TimeoutError:
            yield fault(name, f"no answer in {patience:g} s", "see whether the service is overloaded or out of reach")
        except Exception as error:
            yield fault(name, f"{type(error).__name__}: {error}", "report this together with this command's output")


async def python(_: Settings) -> Finding:
    """The interpreter is new enough."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST_PYTHON:
        return fault("python", version, "install Python 3.11 or newer")
    return good("python", version)


async def configuration(settings: Settings) -> Finding:
    """The settings could be read, or we would not be here."""
    return good("configuration", f"environment is {settings.environment}")


async def encoder(settings: Settings) -> Finding:
    """The encoder's programs can do what is asked of them."""
    health = await encoders.encoder(settings).health()
    if not health.ffmpeg or not health.ffprobe:
        remedy = "reinstall the packages, or set FFMPEG_BIN and FFPROBE_BIN to 7.1 or newer"
        return fault("encoder", "; ".join(health.problems), remedy)
    return good("encoder", f"{health.ffmpeg}; {health.ffprobe}")


async def sandbox(settings: Settings) -> Finding:
    """Uploads are decoded behind bars."""
    health = await encoders.encoder(settings).health()
    if health.sandbox != "none":
        return good("sandbox", health.sandbox)
    said = "; ".join(health.problems) or "none works here"
    remedy = "install bubblewrap (apt install bubblewrap), or use a kernel with Landlock (5.19 or newer)"
    return (warning if health.ready else fault)("sandbox", said, remedy)


async def hardware(settings: Settings) -> Finding:
    """The encoders in hardware that settings ask for can encode; without them it is done in software."""
    health = await encoders.encoder(settings).health()
    if settings.media.hardware == "off" or not health.ffmpeg:
        return good("hardware", "not asked for; encoding in software")
    if health.hardware:
        return good("hardware", health.hardware)
    remedy = "see that driver and device are there and may be opened, or set SF_MEDIA__HARDWARE=off"
    return warning("hardware", f"encoding in software; {'; '.join(health.hardware_problems)}", remedy)


async def speech(settings: Settings) -> Finding:
    """Whether captions can be written by a program; an installation without that lacks nothing."""
    health = await bootstrap.speech(settings).health()
    if health.ready:
        return good("speech", f"automatic captions by {health.name}")
    return good("speech", f"no automatic captions; for them: {health.remedy}")


async def database(settings: Settings) -> Finding:
    """PostgreSQL answers and has our schema."""
    if settings.database.url is None:
        try:
            binaries = postgres.find_binaries()
        except EngineError as error:
            return fault("database", str(error), "install the packages again, or set DATABASE_URL")
        how = {"userns": " in a user namespace", "nobody": " as nobody"}.get(unix.for_postgres(), "")
        return good("database", f"embedded PostgreSQL {postgres.major(binaries)}{how}; starts with `socialflow run`")
    try:
        present = await schema.at(settings.database.url.get_secret_value())
    except (SQLAlchemyError, OSError) as error:
        return fault("database", f"cannot be reached: {error}"[:300], "start it, or correct DATABASE_URL")
    if present != heads():
        stands = ", ".join(sorted(present)) or "empty"
        return fault("database", f"schema is {stands}, {', '.join(sorted(heads()))} is needed", "socialflow db migrate")
    return good("database", "reachable and migrated")


async def redis(settings: Settings) -> Finding:
    """Redis or Valkey answers and does not throw jobs' hints away."""
    if settings.redis.url is None:
        try:
            return good("redis", f"embedded {valkey.find_binary().name}; starts with `socialflow run`")
        except EngineError as error:
            return fault("redis", str(error), "install the packages again, or set REDIS_URL")
    client = bootstrap.connect_redis(settings)
    try:
        info = await client.info("memory")
    except Exception as error:
        return fault("redis", f"cannot be reached: {error}", "start it, or correct REDIS_URL")
    finally:
        with suppress(Exception):
            await client.aclose()
    policy = info.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        return warning(
            "redis", f"evicts ({policy})", "set maxmemory-policy noeviction; hints that are lost cost a minute"
        )
    return good("redis", "reachable")


async def providers(settings: Settings) -> Finding:
    """Those who may vouch for people can be asked."""
    known = bootstrap.identity_providers(settings)
    found, silent = [], []
    for key, provider in known.by_key.items():
        try:
            found.append(f"{key}: {await provider.health()}")
        except ProviderTrouble as trouble:
            silent.append(f"{key}: {trouble}")
    await known.close()
    if silent:
        return fault("identity", "; ".join(silent), "correct SF_IDENTITY__PROVIDERS, or let this machine reach them")
    return good("identity", "; ".join(found) or "nobody else vouches for people here")


async def storage(settings: Settings) -> Finding:
    """An object can be written, read and removed."""
    chosen = settings.storage
    if chosen.kind == "local" and not settings.storage_root.exists():
        return await _folder("storage", settings.data_dir)
    try:
        store = bootstrap.object_store(settings)
        try:
            trouble = await _try_store(store)
        finally:
            await store.close()
    except Exception as error:
        return _no_store(settings, error)
    if trouble:
        return fault("storage", trouble, "check the disk or the bucket")
    if chosen.kind == "local":
        return good("storage", str(settings.storage_root))
    return good("storage", f"{stores.place_of(settings)}; {'takes' if store.direct else 'no'} direct uploads")


def _no_store(settings: Settings, error: Exception) -> Finding:
    chosen = settings.storage
    if isinstance(error, InvalidSettings):
        return fault("storage", str(error), "set it, or choose another SF_STORAGE__KIND")
    if isinstance(error, StoreFull):
        return fault("storage", "it is full", "make room, or raise the limit of the disk or account")
    said = f"{type(error).__name__}: {' '.join(str(error.__cause__ or error).split())[:200]}"
    if chosen.kind == "local":
        return fault("storage", said, f"make {settings.storage_root} writable for this user")
    remedy = (
        f"see that {chosen.bucket} exists, that its address is right and reachable, "
        "and that the key or identity may read, write, list and delete there"
    )
    return fault("storage", said, remedy)


async def _try_store(store: ObjectStore) -> str:
    """What does not work, in words."""
    key = f"{PROBE_FOLDER}{ids.new()}"
    await store.put(key, b"probe", content_type="text/plain")
    if await store.get(key) != b"probe":
        return "gives back other bytes than it was given"
    if key not in [info.key async for info in store.list(PROBE_FOLDER)]:
        return "does not list what it was given"
    await store.delete(key)
    with suppress(ObjectMissing):
        await store.head(key)
        return "keeps what was deleted"
    return ""


async def mail(settings: Settings) -> Finding:
    """Mails reach people, or everybody here knows that they do not."""
    chosen = settings.mail
    try:
        bootstrap.mailer(settings)
    except InvalidSettings as error:
        return fault("mail", str(error), "set it, or choose another SF_MAIL__KIND")
    if chosen.kind in {"maildir", "console"}:
        said = f"kept in {settings.mail_folder}" if chosen.kind == "maildir" else "printed"
        if settings.environment != "production":
            return good("mail", f"{said}, not delivered")
        remedy = "set SF_MAIL__KIND to smtp or sendgrid, then try `socialflow mail test ADDRESS`"
        return fault("mail", f"{said}: nobody can confirm an address or reset a password", remedy)
    if chosen.kind == "smtp" and chosen.smtp_tls == "none" and chosen.smtp_user is not None:
        return warning("mail", f"{chosen.smtp_host} gets a password in the clear", "set SF_MAIL__SMTP_TLS=starttls")
    return good("mail", f"{chosen.kind}, as {bootstrap.mail_sender(settings)}; try `socialflow mail test ADDRESS`")


async def _folder(subject: str, folder: Path) -> Finding:
    existing = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    if not os.access(existing, os.W_OK | os.X_OK):
        return fault(subject, f"{existing} is not writable", "choose another folder with SF_DATA_DIR or --data-dir")
    return good(subject, f"{folder} (made at the first start)")


async def disk_space(settings: Settings) -> Finding:
    """There is room for uploads."""
    folder = settings.data_dir.absolute()
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(existing).free
    said = f"{free / 1024**3:.1f} GiB free at {existing}"
    if free < SCARCE_BYTES:
        return fault("disk space", said, "make room, or choose another folder with SF_DATA_DIR or --data-dir")
    if free < LITTLE_BYTES:
        return warning("disk space", said, "a film and its renditions need several GiB: make room soon")
    return good("disk space", said)


async def port(settings: Settings) -> Finding:
    """The API can listen."""
    host, number = settings.http.host, settings.http.port
    running = folders.recall(settings.data_dir)
    if running:
        return good("port", f"{running['address']} (running, process {running['pid']})")
    if not ports.is_free(host, number):
        return warning("port", f"{host}:{number} is in use", "`socialflow run` takes the next free one, or use --port")
    return good("port", f"{host}:{number} is free")


async def clock(settings: Settings) -> Finding:
    """This machine's clock and the database's agree."""
    if settings.database.url is None:
        return good("clock", time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime()))
    engine = db.connect(settings, pool_size=1)
    try:
        async with engine.connect() as connection:
            theirs = float(await connection.scalar(text("SELECT extract(epoch FROM clock_timestamp())")) or 0)
    except (SQLAlchemyError, OSError):
        return warning("clock", "cannot be compared with the database's", "see the finding about the database")
    finally:
        await engine.dispose()
    apart = time.time() - theirs
    if abs(apart) > WRONG_CLOCK_SECONDS:
        return fault("clock", f"{apart:+.1f} s against the database", "set both clocks by NTP: tokens depend on it")
    return good("clock", f"{apart * 1000:+.0f} ms against the database")


async def cdn(settings: Settings) -> Finding:
    """What stands before public files, and whether private ones may go by it."""
    chosen = settings.cdn
    try:
        port = cdns.cdn(settings)
    except InvalidSettings as error:
        return fault("cdn", str(error), "complete the settings, see docs/how-to/use-a-cdn.md")
    if chosen.kind == "none":
        return good("cdn", "none")
    if not port.signs:
        return good("cdn", f"{chosen.kind}; private videos do not go by it")
    domain, site = (chosen.cookie_domain or "").lstrip("."), urlsplit(settings.public_url).hostname or ""
    if site != domain and not site.endswith(f".{domain}"):
        said = f"cookies for {domain} are no cookies that {site} may set"
        return warning("cdn", said, "set SF_CDN__COOKIE_DOMAIN to a parent of both hosts, or let players use the query")
    return good("cdn", f"{chosen.kind}; private videos by signed cookies of {domain}")


async def workers(settings: Settings) -> Finding:
    """Somebody works off every queue."""
    if settings.redis.url is None:
        return good("workers", "start with `socialflow run`")
    client = bootstrap.connect_redis(settings)
    try:
        there = [worker for worker in await presence.workers(client) if not worker.is_silent]
    finally:
        with suppress(Exception):
            await client.aclose()
    unserved = [queue for queue in QUEUES if not any(queue in worker.queues for worker in there)]
    if settings.media.speech == "off" and "hearing" in unserved:
        unserved.remove("hearing")
    if unserved:
        names = ", ".join(unserved)
        return warning("workers", f"nobody works off {names}", f"socialflow worker --queues {names.replace(' ', '')}")
    return good("workers", f"{len(there)} at work, no queue without one")


CHECKS: tuple[Check, ...] = (
    python,
    configuration,
    encoder,
    sandbox,
    hardware,
    speech,
    database,
    redis,
    workers,
    cdn,
    storage,
    mail,
    providers,
    disk_space,
    port,
    clock,
)
