"""Channels and teams for tests: made through the API."""

from datetime import timedelta
from typing import Any

from sqlalchemy import text

from socialflow.kernel import ids
from socialflow.kernel.work import SYSTEM, App
from tests.factories.accounts import Person


async def channel(person: Person, handle: str, **fields: Any) -> dict[str, Any]:
    """Another channel of somebody's, as they read it."""
    answer = await person.post("/channels", {"handle": handle, "display_name": handle.capitalize(), **fields})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def invite(owner: Person, channel_id: str, person: Person, role: str) -> None:
    """Ask somebody to work for a channel."""
    answer = await owner.put(f"/channels/{channel_id}/collaborators/{person.channel_id}", json={"role": role})
    assert answer.status_code == 200, answer.text


async def employ(owner: Person, person: Person, role: str, channel_id: str | None = None) -> None:
    """Have somebody work for a channel, who says yes; the one of the owner's account if none is named."""
    wanted = channel_id or owner.channel_id
    await invite(owner, wanted, person, role)
    answer = await person.put(f"/me/collaborations/{wanted}")
    assert answer.status_code == 200, answer.text


async def rename(person: Person, channel_id: str, handle: str) -> dict[str, Any]:
    """Give a channel another handle."""
    answer = await person.put(f"/channels/{channel_id}/handle", json={"handle": handle})
    assert answer.status_code == 200, answer.text
    renamed: dict[str, Any] = answer.json()
    return renamed


async def let_handles_go(app: App) -> None:
    """The time for which former handles are kept is over."""
    async with app.work(SYSTEM) as work:
        past = {"past": work.now - timedelta(seconds=1)}
        await work.db.execute(text("UPDATE handles SET kept_until = :past WHERE kept_until IS NOT NULL"), past)
    app.cache.clear()


async def verify(app: App, channel_id: str) -> None:
    """Staff vouch for a channel."""
    async with app.work(SYSTEM) as work:
        mark = text("UPDATE channels SET verified_at = now() WHERE id = :id")
        await work.db.execute(mark, {"id": ids.parse("chn", channel_id)})
    app.cache.clear()
