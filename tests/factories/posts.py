"""Posts for tests: made through the API."""

from typing import Any

from sqlalchemy import update

from socialflow.domains.posts.models import Poll, Post
from socialflow.kernel import ids
from socialflow.kernel.work import SYSTEM, App
from tests.factories.accounts import Person
from tests.factories.pictures import picture
from tests.factories.uploads import send, started


async def post(person: Person, text: str = "A walk along the sea", **fields: Any) -> dict[str, Any]:
    """A post, as its author reads it."""
    answer = await person.post("/posts", {"text": text, **fields})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def read(person: Person, post_id: str) -> dict[str, Any]:
    """A post as somebody reads it, who must see it."""
    answer = await person.get(f"/posts/{post_id}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def texts(person: Person, path: str, **params: Any) -> list[str]:
    """The words of a list of posts, all pages of it, two at a time."""
    found: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(20):
        page = await person.get(path, params={"limit": 2, **params, **cursor})
        assert page.status_code == 200, page.text
        found += [item.get("post", item)["text"] for item in page.json()["items"]]
        if page.json()["next_cursor"] is None:
            return found
        cursor = {"cursor": page.json()["next_cursor"]}
    raise AssertionError("a list without end")


async def photo(person: Person, data: bytes | None = None) -> str:
    """The upload of a photo, which has arrived and was not looked at yet; its id."""
    data = data or picture("JPEG")
    address = await started(person, len(data), purpose="photo", filename="sea.jpg", filetype="image/jpeg")
    answer = await send(person, address, 0, data)
    assert answer.status_code == 204, answer.text
    return address.rsplit("/", 1)[-1]


async def let_time_pass(app: App, post_id: str) -> None:
    """The time that a post waits for, and the end of its poll, are over."""
    known = ids.parse("pst", post_id)
    async with app.work(SYSTEM) as work:
        past = work.now.replace(year=work.now.year - 1)
        waits = update(Post).where(Post.id == known, Post.publish_at.is_not(None))
        await work.db.execute(waits.values(publish_at=past))
        await work.db.execute(update(Poll).where(Poll.id == known).values(ends_at=past))
