"""Events: facts in the past tense. The transaction that makes one true writes it to the outbox."""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from pydantic import TypeAdapter

if TYPE_CHECKING:
    from socialflow.kernel.work import App

QUEUES = ("default", "mail", "feed", "media", "encode", "imports", "hearing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Base of every fact: frozen, ids and plain values only.

    One with a field `due_by` is dealt with in the order of these, where workers choose (`jobs.execute`).
    """

    kinds: ClassVar[dict[str, type["Event"]]] = {}

    def __init_subclass__(cls) -> None:
        # `@dataclass(slots=True)` makes the class a second time; the later one is the one in use.
        known = Event.kinds.get(cls.__name__)
        if known is not None and known.__module__ != cls.__module__:
            raise TypeError(f"two events are called {cls.__name__}")
        Event.kinds[cls.__name__] = cls

    @classmethod
    def kind(cls) -> str:
        """Name under which the fact is written down."""
        return cls.__name__


E = TypeVar("E", bound=Event)
Reaction = Callable[..., Awaitable[None]]
OnDead = Callable[["App", Any, str], Awaitable[None]]

_adapters: dict[type[Event], TypeAdapter[Any]] = {}


def _adapter(kind: type[E]) -> TypeAdapter[E]:
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


def encode(event: Event) -> dict[str, Any]:
    """The fact as JSON values."""
    plain: dict[str, Any] = _adapter(type(event)).dump_python(event, mode="json")
    return plain


def decode(kind: str, payload: dict[str, Any]) -> Event:
    """The fact again; raises KeyError for a kind that no code knows."""
    return _adapter(Event.kinds[kind]).validate_python(payload)


@dataclass(frozen=True, slots=True)
class Handler:
    """A reaction to an event, or to the clock, that workers can find by name."""

    name: str
    queue: str
    react: Reaction
    event: type[Event] | None = None
    wants_run: bool = False
    on_dead: OnDead | None = None
    shares: str | None = None


handlers: dict[str, Handler] = {}


def register(handler: Handler) -> None:
    """Make a handler known under its name; a name is given once."""
    known = handlers.get(handler.name)
    if known is not None and known.react.__module__ != handler.react.__module__:
        raise TypeError(f"two handlers are called {handler.name}")
    if handler.queue not in QUEUES:
        raise TypeError(f"{handler.name}: no queue is called {handler.queue}")
    handlers[handler.name] = handler


def name_of(react: Reaction) -> str:
    """`media.transcode` for `socialflow.domains.media.handlers.transcode`."""
    parts = react.__module__.split(".")
    floor = parts[2] if len(parts) > 2 and parts[1] == "domains" else parts[1] if len(parts) > 1 else parts[0]
    return f"{floor}.{react.__name__}"


def on(
    kind: type[Event], *, queue: str = "default", on_dead: OnDead | None = None, shares: str | None = None
) -> Callable[[Reaction], Reaction]:
    """React to an event: `async def f(app, event)` or `async def f(app, event, run)`.

    Delivery is at least once and unordered, so the reaction must be idempotent. `run` is the
    job's `JobRun` for reactions that take long. `on_dead(app, event, code)` is called when the
    last attempt has failed. `shares` is the field of the event that says who asks: workers that
    choose take theirs in turn (`turns`).
    """

    def decorate(react: Reaction) -> Reaction:
        wants_run = len(inspect.signature(react).parameters) > 2
        register(Handler(name_of(react), queue, react, kind, wants_run, on_dead, shares))
        return react

    return decorate


def subscribers(kind: str) -> list[Handler]:
    """Who reacts to events of this kind."""
    return [handler for handler in handlers.values() if handler.event is not None and handler.event.kind() == kind]
