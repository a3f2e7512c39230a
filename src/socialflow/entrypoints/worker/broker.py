"""The way to the broker: kombu's Redis transport, guarded against what is no hint and against the broker's absence."""

from typing import Any
from urllib.parse import quote, unquote, urlsplit

from kombu import Connection as KombuConnection
from kombu.transport import TRANSPORT_ALIASES, virtual
from kombu.transport import redis as kombu_redis

from socialflow.entrypoints.worker.hint import NoHint, read_hint, refuse
from socialflow.kernel import logs
from socialflow.kernel.config import InvalidSettings, Settings

LONGEST_RETRY_SECONDS = 3.0

# Kombu finds a transport by the scheme of the URL: under these it shall find the guarded one.
TRANSPORT_ALIASES.update(dict.fromkeys(("redis", "rediss"), f"{__name__}:GuardedTransport"))

log = logs.named(__name__)


def broker_url(settings: Settings) -> str:
    """The address of `settings.redis` as kombu writes it."""
    if settings.redis.url is None:
        raise InvalidSettings("no broker: set REDIS_URL, or use `socialflow run`, which brings one")
    url = settings.redis.url.get_secret_value()
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return url
    database = dict(pair.partition("=")[::2] for pair in parts.query.split("&")).get("db", "0")
    return f"redis+socket://{quote(unquote(parts.path), safe='/')}?virtual_host={database}"


class Connection(KombuConnection):  # type: ignore[misc]  # kombu is not typed
    """Looks for a broker that is away every few seconds; Celery alone would wait longer and longer."""

    def ensure_connection(self, *arguments: Any, **options: Any) -> Any:
        """Connect, or try again within `LONGEST_RETRY_SECONDS`."""
        pace = {"interval_start": 0.2, "interval_step": 0.4, "interval_max": LONGEST_RETRY_SECONDS}
        return super().ensure_connection(*arguments, **{**pace, **options})


class ForgivingQoS(kombu_redis.QoS):  # type: ignore[misc]  # kombu is not typed
    """Counts a hint as acknowledged even where the broker cannot be told.

    Otherwise the hints that were running when the broker went would fill the worker's window for
    ever: it would never read again, and so never notice that the broker is back. What was not
    taken off the broker's books comes again, and finds its job done.
    """

    def ack(self, delivery_tag: str) -> None:
        """Acknowledge one hint."""
        try:
            super().ack(delivery_tag)
        except self.channel.connection_errors as error:
            log.warning("hint_not_acknowledged", error=str(error)[:200])
            virtual.QoS.ack(self, delivery_tag)


class GuardedChannel(kombu_redis.Channel):  # type: ignore[misc]  # kombu is not typed
    """A Redis channel that survives an element it cannot read."""

    QoS = ForgivingQoS

    def _brpop_read(self, **options: Any) -> Any:
        try:
            return super()._brpop_read(**options)
        except (ValueError, RecursionError) as error:
            # The element has left its list already: nothing to acknowledge.
            refuse("unknown", error)
            return True


class GuardedTransport(kombu_redis.Transport):  # type: ignore[misc]  # kombu is not typed
    """Delivers hints, and nothing else, to Celery."""

    Channel = GuardedChannel

    def _deliver(self, message: Any, queue: str) -> None:
        try:
            read_hint(message)
        except NoHint as error:
            refuse(queue, error)
            return
        super()._deliver(message, queue)
