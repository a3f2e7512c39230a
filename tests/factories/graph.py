"""The graph for tests: people who are private, follow, block."""

from typing import Any

from tests.factories.accounts import Person


async def make_private(person: Person, *, private: bool = True) -> None:
    """Have somebody decide on who follows them, or let everybody follow them again."""
    answer = await person.patch("/me", {"is_private": private})
    assert answer.status_code == 200, answer.text
    assert answer.json()["is_private"] is private


async def follow(follower: Person, followed: Person) -> str:
    """Follow somebody, or ask to: which of the two it was."""
    answer = await follower.put(f"/follows/{followed.channel_id}")
    assert answer.status_code == 200, answer.text
    state: str = answer.json()["state"]
    return state


async def block(person: Person, other: Person) -> None:
    """Block somebody; whoever waits too long for another's transaction comes again."""
    answer = await person.put(f"/blocks/{other.channel_id}")
    while answer.status_code == 503:
        answer = await person.put(f"/blocks/{other.channel_id}")
    assert answer.status_code == 204, answer.text


async def handles(person: Person, path: str) -> list[str]:
    """Whose cards are on the first page of a list."""
    answer = await person.get(path)
    assert answer.status_code == 200, answer.text
    return [(item.get("channel") or item)["handle"] for item in answer.json()["items"]]


async def relation(person: Person, other: Person) -> dict[str, Any] | None:
    """How somebody stands to another."""
    answer = await person.get("/me/relations", params={"channel_ids": other.channel_id})
    assert answer.status_code == 200, answer.text
    found = answer.json()["relations"]
    return found[0] if found else None


async def counts(person: Person) -> tuple[int, int]:
    """How many follow somebody, and how many they follow, as their card says."""
    read = (await person.get(f"/channels/{person.channel_id}")).json()
    return read["follower_count"], read["following_count"]
