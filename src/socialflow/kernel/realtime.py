"""Topics: what clients may listen to while they are connected.

A domain says how the present state of a topic is read and which signals may have changed it. A
signal is only a nudge: what is sent is always read anew, as the listener may see it at that moment.
So nothing is lost with a lost signal, and nothing is told to who may not see it any more.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from socialflow.kernel.errors import NotFound
from socialflow.kernel.work import Actor, App


@dataclass(frozen=True, slots=True)
class State:
    """What a topic has to tell: the type of the message and its data (JSON values)."""

    type: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as one listener sees it; `read` raises NotFound when they may not any more."""

    name: str
    channels: frozenset[str]
    read: Callable[[], Awaitable[State]]


Opener = Callable[[App, Actor, str], Awaitable[Topic]]
openers: dict[str, Opener] = {}


def topic(kind: str) -> Callable[[Opener], Opener]:
    """Offer topics `kind:...`; the opener gets the whole name and raises NotFound for who may not listen."""

    def decorate(opener: Opener) -> Opener:
        openers[kind] = opener
        return opener

    return decorate


async def open_topic(app: App, actor: Actor, name: str) -> Topic:
    """A topic for one listener; raises NotFound."""
    opener = openers.get(name.partition(":")[0])
    if opener is None:
        raise NotFound
    return await opener(app, actor, name)
