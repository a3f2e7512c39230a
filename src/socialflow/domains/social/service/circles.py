"""Whom a viewer is apart from, and whether there is anything that they do not want to see, or see more of.

Answers that look the same to everybody are shared. They are no answers for those few who would see something else:
this tells, by memory, who they are. It is forgotten by name, in every process, when one of these changes.
"""

import uuid
from dataclasses import dataclass

from socialflow.domains.accounts import service as accounts
from socialflow.domains.social.queries import aside
from socialflow.kernel.cache import Shared
from socialflow.kernel.work import Actor, App

_BYTES = 16


@dataclass(frozen=True, slots=True)
class Circle:
    """What is different for somebody."""

    apart: frozenset[uuid.UUID] = frozenset()
    # They have muted something, or work for somebody's channel.
    special: bool = False

    def __bool__(self) -> bool:
        return bool(self.apart) or self.special


NOTHING = Circle()


async def circle(app: App, viewer: Actor) -> Circle:
    """What is different for a viewer; nothing is for nobody in particular."""
    if viewer.id is None:
        return NOTHING
    account_id = viewer.id

    async def ask() -> Shared:
        rows = await aside.CIRCLE.rows(app, viewer=account_id)
        found = b"".join(row["id"].bytes for row in rows if row["id"] is not None)
        special = any(row["id"] is None for row in rows)
        return Shared(bytes([special]) + found, "", frozenset({accounts.circle_name(account_id)}))

    body = (await app.cache.get(("circle", account_id), ask, viewer=account_id)).body
    apart = [uuid.UUID(bytes=body[at : at + _BYTES]) for at in range(1, len(body), _BYTES)]
    return Circle(frozenset(apart), bool(body[0])) if len(body) > 1 or body[0] else NOTHING
