"""Playlists for tests: made through the API."""

from typing import Any

from tests.factories.accounts import Person


async def playlist(person: Person, title: str = "For a rainy day", **fields: Any) -> dict[str, Any]:
    """A list, as its owner reads it."""
    answer = await person.post("/playlists", {"title": title, **fields})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def put(person: Person, playlist_id: str, video_id: str, **place: Any) -> dict[str, Any]:
    """A video on a list, as whoever put it there reads it."""
    answer = await person.post(f"/playlists/{playlist_id}/items", {"video_id": video_id, **place})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def on(person: Person, playlist_id: str, *, limit: int = 2) -> list[dict[str, Any]]:
    """All that somebody sees of what is on a list, in its order, read by small pages."""
    found: list[dict[str, Any]] = []
    params: dict[str, Any] = {"limit": limit}
    for _ in range(200):
        page = await person.get(f"/playlists/{playlist_id}/items", params=params)
        assert page.status_code == 200, page.text
        found += page.json()["items"]
        if page.json()["next_cursor"] is None:
            return found
        params["cursor"] = page.json()["next_cursor"]
    raise AssertionError("a list without end")


async def titles(person: Person, playlist_id: str, *, limit: int = 2) -> list[str | None]:
    """What stands on a list, by the titles of its videos; None where nothing is told."""
    return [item["video"] and item["video"]["title"] for item in await on(person, playlist_id, limit=limit)]


async def invite(owner: Person, playlist_id: str, other: Person, *, join: bool = True) -> None:
    """Ask somebody to work on a list, and have them join."""
    asked = await owner.put(f"/playlists/{playlist_id}/collaborators/{other.channel_id}")
    assert asked.status_code == 204, asked.text
    if join:
        assert (await other.put(f"/playlists/{playlist_id}/collaboration")).status_code == 204
