"""From Settings to App: the only place that picks adapters."""

import contextlib
import os
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.driver_info import DriverInfo
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker

from socialflow.adapters.breaches.nobody import NobodyAsked
from socialflow.adapters.breaches.ranges import RangeBreaches
from socialflow.adapters.encoder.ffmpeg.shield import ShieldPackager
from socialflow.adapters.fetching.guarded import GuardedFetcher
from socialflow.adapters.glimpses.ffmpeg import FfmpegGlimpses
from socialflow.adapters.identity import choosing
from socialflow.adapters.images.pillow import PillowImages
from socialflow.adapters.mail.console import ConsoleMailer
from socialflow.adapters.mail.maildir import MaildirMailer
from socialflow.adapters.mail.sendgrid import SendGridMailer
from socialflow.adapters.mail.smtp import SmtpMailer
from socialflow.adapters.places.maxmind import MaxMindPlaces
from socialflow.adapters.places.nowhere import NowherePlaces
from socialflow.adapters.speech.nobody import NobodyListens
from socialflow.adapters.speech.whisper import WhisperSpeech
from socialflow.domains.accounts.service import AccessTokens, Authenticator, Passwords, ReportKeys, new_signing_keys
from socialflow.entrypoints import registry
from socialflow.entrypoints.cdns import cdn
from socialflow.entrypoints.encoders import editor, encoder
from socialflow.entrypoints.stores import object_store
from socialflow.kernel import db, faults, texts
from socialflow.kernel.breaker import BreakingRedis
from socialflow.kernel.config import InvalidSettings, Settings
from socialflow.kernel.crypto import Keys
from socialflow.kernel.signals import Signals
from socialflow.kernel.work import App
from socialflow.ports.breaches import Breaches
from socialflow.ports.cdn import Cdn
from socialflow.ports.editing import Editor
from socialflow.ports.encoder import Encoder
from socialflow.ports.fetching import Fetcher
from socialflow.ports.glimpses import Glimpses
from socialflow.ports.identity import IdentityProviders
from socialflow.ports.images import ImageMaker
from socialflow.ports.mail import Mailer
from socialflow.ports.packaging import Packager
from socialflow.ports.places import Places
from socialflow.ports.speech import Speech
from socialflow.ports.storage import ObjectStore

__all__ = ["object_store", "open_app", "registry"]

# Made once: the client would look up its version among the installed packages for each connection.
DRIVER = DriverInfo()


@asynccontextmanager
async def open_app(settings: Settings, *, ports: Mapping[type[Any], Any] | None = None) -> AsyncIterator[App]:
    """Everything a process holds, opened and closed; `ports` replace the adapters chosen by the settings."""
    faults.arm(os.environ.get(faults.VARIABLE, ""), environment=settings.environment)
    engine = connect_database(settings)
    redis = connect_redis(settings)
    keys = own_keys(settings)
    tokens = access_tokens(settings)
    chosen: dict[type[Any], Any] = {
        ObjectStore: object_store(settings),
        Cdn: cdn(settings),
        Encoder: encoder(settings),
        ImageMaker: image_maker(settings),
        Glimpses: glimpses(settings),
        Editor: editor(settings),
        Packager: ShieldPackager(),
        Speech: speech(settings),
        Mailer: mailer(settings),
        Breaches: breaches(settings),
        IdentityProviders: identity_providers(settings),
        AccessTokens: tokens,
        Passwords: Passwords(concurrency=settings.auth.hash_concurrency, queue=settings.auth.hash_queue),
        Places: places(settings),
        Fetcher: fetcher(settings),
        ReportKeys: report_keys(settings),
        **(ports or {}),
    }
    passwords: Passwords = chosen[Passwords]
    signals = Signals(redis)
    app = App(settings, engine, async_sessionmaker(engine, expire_on_commit=False), redis, signals, keys, chosen)
    # The one port that needs the App itself: it reads sessions by the way of a Work.
    chosen[Authenticator] = Authenticator(app, tokens)
    # The last first, and each of them whatever becomes of the others.
    async with contextlib.AsyncExitStack() as closing:
        closing.push_async_callback(engine.dispose)
        closing.push_async_callback(_part, redis)
        closing.push_async_callback(signals.close)
        closing.push_async_callback(app.port(ObjectStore).close)
        closing.push_async_callback(app.port(IdentityProviders).close)
        closing.callback(passwords.close)
        yield app


async def _part(redis: "Redis") -> None:
    with contextlib.suppress(Exception):
        await redis.aclose()


def connect_database(settings: Settings) -> AsyncEngine:
    """The pool of connections; raises InvalidSettings for an address that cannot be one."""
    try:
        return db.connect(settings)
    except ArgumentError as error:
        raise InvalidSettings(f"SF_DATABASE__URL cannot be used: {error}") from None


def access_tokens(settings: Settings) -> AccessTokens:
    """The issuer of access tokens; raises InvalidSettings for keys that cannot be used."""
    try:
        return AccessTokens(
            own_signing_keys(settings),
            issuer=settings.auth.issuer,
            ttl_seconds=settings.auth.access_ttl_s,
            changed=Watched(signing_keys_file(settings)).changed if settings.auth.signing_keys is None else _never,
        )
    except ValueError as error:
        raise InvalidSettings(f"SF_AUTH__SIGNING_KEYS cannot be used: {error}") from None


def connect_redis(settings: Settings) -> "Redis":
    """A client for signals, limits and caches; a command that is not answered fails soon, the next ones at once."""
    url = settings.redis.url
    if url is None:
        raise InvalidSettings("no Redis: set REDIS_URL, or use `socialflow run`, which brings one")
    timeout = settings.redis.timeout_seconds
    try:
        return BreakingRedis.from_url(
            url.get_secret_value(),
            driver_info=DRIVER,
            socket_timeout=timeout,
            socket_connect_timeout=timeout,
            retry=Retry(NoBackoff(), 1),
            health_check_interval=15,
        )
    except ValueError as error:
        raise InvalidSettings(f"SF_REDIS__URL cannot be used: {error}") from None


def mailer(settings: Settings) -> Mailer:
    """Who delivers mail; raises InvalidSettings where the chosen one lacks something."""
    chosen, sender = settings.mail, mail_sender(settings)
    match chosen.kind:
        case "console":
            return ConsoleMailer()
        case "maildir":
            return MaildirMailer(settings.mail_folder, sender=sender, reply_to=chosen.reply_to)
        case "smtp":
            if chosen.smtp_host is None:
                raise InvalidSettings("SF_MAIL__SMTP_HOST is needed with SF_MAIL__KIND=smtp")
            return SmtpMailer(
                chosen.smtp_host,
                sender=sender,
                reply_to=chosen.reply_to,
                port=chosen.smtp_port,
                tls=chosen.smtp_tls,
                ca_file=chosen.smtp_ca,
                user=chosen.smtp_user,
                password=_revealed(chosen.smtp_password),
                timeout=chosen.timeout_seconds,
            )
        case "sendgrid":
            if chosen.sendgrid_key is None:
                raise InvalidSettings("SF_MAIL__SENDGRID_KEY is needed with SF_MAIL__KIND=sendgrid")
            return SendGridMailer(
                chosen.sendgrid_key.get_secret_value(),
                sender=sender,
                reply_to=chosen.reply_to,
                url=chosen.sendgrid_url,
                timeout=chosen.timeout_seconds,
            )


def mail_sender(settings: Settings) -> str:
    """`Name <address>` of our own mails."""
    if settings.mail.sender is not None:
        return settings.mail.sender
    host = urlsplit(settings.public_url).hostname or "localhost"
    name = texts.clean_line(settings.instance_name).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{name}" <no-reply@{"localhost" if ":" in host else host}>'


def _revealed(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None


def breaches(settings: Settings) -> Breaches:
    """The service that knows lost passwords; none unless one is named."""
    url = settings.auth.breached_passwords_url
    return RangeBreaches(url) if url else NobodyAsked()


def image_maker(settings: Settings) -> ImageMaker:
    """Pillow behind the encoder's bars."""
    media = settings.media
    return PillowImages(sandbox=media.sandbox, ffmpeg=media.ffmpeg_bin, ffprobe=media.ffprobe_bin)


def glimpses(settings: Settings) -> Glimpses:
    """The same ffmpeg, for what is shown beside a video."""
    media = settings.media
    return FfmpegGlimpses(ffmpeg=media.ffmpeg_bin, ffprobe=media.ffprobe_bin, sandbox=media.sandbox)


def speech(settings: Settings) -> Speech:
    """Who writes captions, where the packages for it are there."""
    if settings.media.speech == "off":
        return NobodyListens("set SF_MEDIA__SPEECH=auto")
    return WhisperSpeech(settings.data_dir / "models", threads=settings.media.speech_threads)


def identity_providers(settings: Settings) -> IdentityProviders:
    """Who else may vouch for people; raises InvalidSettings for a key that cannot be used."""
    try:
        return choosing.providers(settings.identity)
    except ValueError as error:
        raise InvalidSettings(f"SF_IDENTITY__PROVIDERS cannot be used: {error}") from None


def own_keys(settings: Settings) -> Keys:
    """The installation's secret, and those that it replaced."""
    kept = previous_file(settings)
    former = kept.read_text(encoding="utf-8").split() if settings.auth.secret is None and kept.exists() else []
    return Keys(own_secret(settings), [*(each.get_secret_value() for each in settings.auth.previous_secrets), *former])


def places(settings: Settings) -> Places:
    """The file that knows where addresses are, if there is one; raises InvalidSettings for one that is no such file."""
    path = settings.auth.place_database
    if path is None:
        return NowherePlaces()
    try:
        return MaxMindPlaces(path)
    except (OSError, ValueError) as error:
        raise InvalidSettings(f"SF_AUTH__PLACE_DATABASE cannot be used: {error}") from None


def fetcher(settings: Settings) -> Fetcher:
    """Who fetches from addresses that people give us, within the operator's bounds."""
    chosen = settings.fetch
    return GuardedFetcher(
        ports=chosen.ports,
        allowed=chosen.allowed_networks,
        proxy=_revealed(chosen.proxy),
        user_agent=f"SocialFlow (+{settings.public_url})",
    )


def report_keys(settings: Settings) -> ReportKeys:
    """Who may report leaked tokens; raises InvalidSettings for keys that cannot be used."""
    published = settings.auth.leak_report_keys
    try:
        return ReportKeys(published.get_secret_value() if published else None)
    except ValueError as error:
        raise InvalidSettings(f"SF_AUTH__LEAK_REPORT_KEYS cannot be used: {error}") from None


def own_secret(settings: Settings) -> str:
    """The installation's secret: from the settings, or, outside of production, one made once and kept."""
    if settings.auth.secret is not None:
        return settings.auth.secret.get_secret_value()
    return _kept(secret_file(settings), lambda: secrets.token_urlsafe(48))


def secret_file(settings: Settings) -> Path:
    """Where an installation keeps the secret that it has made."""
    return settings.data_dir / "secrets" / "secret"


def previous_file(settings: Settings) -> Path:
    """Where it keeps those that were replaced, one a line, the latest first."""
    return settings.data_dir / "secrets" / "previous_secrets"


def write_secret(path: Path, value: str) -> None:
    """Put a secret into its file: whole or not at all, and for nobody else's eyes."""
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    fresh.touch(mode=0o600)
    fresh.write_text(value, encoding="utf-8")
    fresh.replace(path)


def own_signing_keys(settings: Settings) -> str:
    """The private keys of access tokens, in the same manner."""
    if settings.auth.signing_keys is not None:
        return settings.auth.signing_keys.get_secret_value()
    return _kept(signing_keys_file(settings), new_signing_keys)


def signing_keys_file(settings: Settings) -> Path:
    """Where the private keys are kept that do not come from the settings."""
    return settings.data_dir / "secrets" / "signing_keys.json"


def _never() -> None:
    """What comes from the environment changes with a restart only."""


class Watched:
    """A small file that is replaced now and then."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = self._mark()

    def changed(self) -> str | None:
        """The text, when it is another file than the last time; what is away or unreadable counts as unchanged."""
        mark = self._mark()
        if mark is None or mark == self._seen:
            return None
        try:
            text = self._path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return None
        self._seen = mark
        return text

    def _mark(self) -> tuple[int, int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size


def _kept(path: Path, make: "Any") -> str:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        fresh.touch(mode=0o600)
        fresh.write_text(str(make()), encoding="utf-8")
        # Of several processes that start at once the first one's file stays.
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(fresh)
        fresh.unlink()
    return path.read_text(encoding="utf-8").strip()
